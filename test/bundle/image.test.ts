import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const ROOT = path.resolve(__dirname, '../..');
const { version } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as { version: string };
const REVISION = '0123456789abcdef0123456789abcdef01234567';
const CREATED = '2030-01-15T14:00:00+00:00';
const REPO = '123456789012.dkr.ecr.eu-west-1.amazonaws.com/audit-anchor';

let bin: string;
beforeEach(() => {
  bin = mkdtempSync(path.join(tmpdir(), 'audit-anchor-bin-'));
});
afterEach(() => rmSync(bin, { recursive: true, force: true }));

/** Puts a program on the PATH: `answers` by the first words of its arguments, `else` for all others. */
function install(
  name: string,
  answers: Readonly<Record<string, { status?: number; out?: string; err?: string }>>,
): void {
  const source = `#!${process.execPath}
const line = process.argv.slice(2).join(' ');
require('node:fs').appendFileSync(${JSON.stringify(path.join(bin, 'calls'))}, ${JSON.stringify(name)} + ' ' + line + '\\n');
const answers = ${JSON.stringify(answers)};
const key = Object.keys(answers).find((start) => line.startsWith(start));
const { status = 0, out = '', err = '' } = key === undefined ? { status: 1, err: 'unexpected: ' + line } : answers[key];
process.stdout.write(out);
process.stderr.write(err);
process.exitCode = status;
`;
  writeFileSync(path.join(bin, name), source, { mode: 0o755 });
}

function installGit(changes = ''): void {
  install('git', {
    'rev-parse HEAD': { out: `${REVISION}\n` },
    'status --porcelain': { out: changes },
    'show -s': { out: `${CREATED}\n` },
  });
}

const WORKING = {
  'buildx version': {},
  'buildx inspect': {},
  'buildx imagetools inspect --format': { out: 'sha256:feed\n' },
  'buildx imagetools inspect': { status: 1, err: 'not found' },
  'buildx build': {},
};

function run(...args: readonly string[]): { code: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['.config/image.mjs', ...args], {
    cwd: ROOT,
    env: { PATH: bin },
    encoding: 'utf8',
  });
  return { code: status, stdout, stderr };
}

function dockerCalls(): string[] {
  const calls = path.join(bin, 'calls');
  const lines = existsSync(calls) ? readFileSync(calls, 'utf8').split('\n') : [];
  return lines.filter((call) => call.startsWith('docker '));
}

const COMMAND = [
  'docker buildx build --file runtime/Dockerfile --platform linux/arm64,linux/amd64',
  `--build-arg VERSION=${version} --build-arg REVISION=${REVISION} --build-arg CREATED=${CREATED}`,
  `--provenance=true --tag ${REPO}:${version}-${REVISION.slice(0, 12)} --push .`,
].join(' ');

describe('what is run', () => {
  test('by default: both platforms, tagged with version and revision', () => {
    installGit();
    expect(run('--push', REPO, '--dry-run')).toEqual({ code: 0, stdout: `${COMMAND}\n`, stderr: '' });
  });

  test('a tag, a platform, build arguments', () => {
    installGit(' M README.md\n');
    const { code, stdout } = run(
      ...['--push', 'localhost:5000/audit-anchor:1.2.3', '--platform', 'linux/arm64'],
      ...[
        '--build-arg',
        'SOURCE=https://example.com/a b',
        '--build-arg',
        'RDS_CERTIFICATES=ca.pem',
        '--dry-run',
      ],
    );
    expect(code).toBe(0);
    expect(stdout).toContain('--platform linux/arm64 --build-arg');
    expect(stdout).toContain(`--build-arg REVISION=${REVISION}-changed `);
    expect(stdout).toContain(
      `--build-arg 'SOURCE=https://example.com/a b' --build-arg RDS_CERTIFICATES=ca.pem`,
    );
    expect(stdout).toContain('--tag localhost:5000/audit-anchor:1.2.3 --push .');
  });

  test('without Git: only under a tag that is given, of no revision', () => {
    const { code, stdout } = run('--push', `${REPO}:1`, '--dry-run');
    expect(code).toBe(0);
    expect(stdout).toContain('--build-arg REVISION= ');
    expect(run('--push', REPO, '--dry-run')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('no Git revision') as string,
    });
  });

  test('builds, pushes, and says under which digest', () => {
    installGit();
    install('docker', WORKING);
    const tag = `${REPO}:${version}-${REVISION.slice(0, 12)}`;
    expect(run('--push', REPO)).toEqual({ code: 0, stdout: `pushed ${tag}@sha256:feed\n`, stderr: '' });
    expect(dockerCalls()).toContain(COMMAND);
  });
});

describe('what is refused, with exit code 2', () => {
  beforeEach(() => {
    installGit();
    install('docker', WORKING);
  });
  afterEach(() => expect(dockerCalls().filter((call) => call.includes('buildx build'))).toEqual([]));

  test.each([
    ['no repository', [], '--push: found nothing'],
    ['latest', ['--push', `${REPO}:latest`], 'found the tag "latest"'],
    ['an empty tag', ['--push', `${REPO}:`], 'found the tag ""'],
    ['a tag of nonsense', ['--push', `${REPO}:a/b`], 'found'],
    ['a URL', ['--push', `https://${REPO}`], 'allowed REPO or REPO:TAG'],
    ['capitals', ['--push', 'Example/Image'], 'in lower case'],
    ['a digest', ['--push', `${REPO}@sha256:${'a'.repeat(64)}`], 'allowed REPO or REPO:TAG'],
    [
      'another platform',
      ['--push', REPO, '--platform', 'linux/arm64,windows/amd64'],
      'found "windows/amd64"',
    ],
    ['a build argument without a value', ['--push', REPO, '--build-arg', 'SOURCE'], 'allowed NAME=VALUE'],
    ['a build argument of its own', ['--push', REPO, '--build-arg', 'VERSION=9'], 'found VERSION'],
    ['an unknown option', ['--push', REPO, '--load'], "'--load'"],
    ['an argument', [REPO], 'Unexpected argument'],
  ])('%s', (_name, args, message) => {
    const { code, stdout, stderr } = run(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
  });

  test('a tag that is there already', () => {
    install('docker', { ...WORKING, 'buildx imagetools inspect': { out: 'Name: x' } });
    expect(run('--push', `${REPO}:1`)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`found ${REPO}:1 in the registry already`) as string,
    });
  });

  test('the revision as a tag of sources that it does not name', () => {
    installGit(' M runtime/cli.ts\n');
    expect(run('--push', REPO)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('changes that are not committed') as string,
    });
  });
});

describe('where it cannot be done, with exit code 3', () => {
  beforeEach(() => installGit());

  test.each([
    ['no docker', null, 'SKIPPED, no image was pushed: found no docker on the PATH'],
    [
      'no buildx',
      { 'buildx version': { status: 1 } },
      'SKIPPED, no image was pushed: found docker without its buildx',
    ],
    [
      'no engine',
      { ...WORKING, 'buildx inspect': { status: 1, err: 'Cannot connect to the Docker daemon\nmore\n' } },
      'SKIPPED, no image was pushed: no builder of docker buildx answers (Cannot connect to the Docker daemon)',
    ],
    [
      'a build that fails',
      { ...WORKING, 'buildx build': { status: 17 } },
      'error: no image was pushed: docker buildx build failed with exit code 17',
    ],
  ])('%s', (_name, answers, message) => {
    if (answers) install('docker', answers);
    const { code, stdout, stderr } = run('--push', REPO);
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toContain(message);
  });
});

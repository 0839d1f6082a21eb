import { execFileSync } from 'node:child_process';
import {
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  jsonFilesIn,
  readText,
  requireWritable,
  writeText,
} from '../../../../runtime/adapters/files/text-files';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'text-files-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const inFolder = (name: string): string => path.join(folder, name);

test('a file is replaced as a whole, and belongs to its user alone', async () => {
  const file = inFolder('state.json');
  await writeFile(file, 'a longer text that was there before', { mode: 0o644 });
  await writeText(file, 'new');
  expect(await readText(file)).toBe('new');
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await readdir(folder)).toEqual(['state.json']);
});

describe('a symbolic link stays, and its file is replaced', () => {
  test.each([
    ['that is there', 'disk/s.json', 'old'],
    ['that is not there yet', 'disk/s.json', null],
    ['behind another link', 'second.json', 'old'],
  ])('a file %s', async (_name, to, before) => {
    await mkdir(inFolder('disk'));
    await symlink('disk/s.json', inFolder('second.json'));
    await symlink(to, inFolder('state.json'));
    if (before !== null) await writeFile(inFolder('disk/s.json'), before);
    await writeText(inFolder('state.json'), 'new');
    expect((await lstat(inFolder('state.json'))).isSymbolicLink()).toBe(true);
    expect(await readFile(inFolder('disk/s.json'), 'utf8')).toBe('new');
    expect(await readText(inFolder('state.json'))).toBe('new');
    expect(await readdir(inFolder('disk'))).toEqual(['s.json']);
  });

  test('one that points to itself is refused', async () => {
    await symlink('state.json', inFolder('state.json'));
    await expect(writeText(inFolder('state.json'), 'new')).rejects.toThrow(/cannot be written \(ELOOP\)/);
  });
});

describe('what is no regular file is neither read nor replaced', () => {
  const special = async (): Promise<[string, RegExp][]> => {
    await mkdir(inFolder('a-folder'));
    execFileSync('mkfifo', [inFolder('fifo')]);
    await symlink('/dev/null', inFolder('null'));
    return [
      [inFolder('a-folder'), /a-folder" is a folder: allowed is a regular file/],
      [inFolder('fifo'), /fifo" is a FIFO: allowed/],
      [inFolder('null'), /null" is a device: allowed/],
      ['/dev/null', /^"\/dev\/null" is a device: allowed is a regular file$/],
    ];
  };

  test.each<[string, (file: string) => Promise<unknown>]>([
    ['read', readText],
    ['written', (file) => writeText(file, 'x')],
    ['meant to be written', requireWritable],
  ])('%s', async (_name, use) => {
    for (const [file, message] of await special()) {
      const refusal = { code: 'FILE_UNUSABLE', message: expect.stringMatching(message) };
      await expect(use(file)).rejects.toMatchObject(refusal);
    }
    expect((await stat('/dev/null')).isCharacterDevice()).toBe(true);
    expect((await stat(inFolder('fifo'))).isFIFO()).toBe(true);
    expect((await readdir(folder)).sort()).toEqual(['a-folder', 'fifo', 'null']);
  });
});

test('writers at the same time leave one whole text and nothing else', async () => {
  const texts = Array.from({ length: 20 }, (_, at) => String(at).repeat(10_000));
  await Promise.all(texts.map((text) => writeText(inFolder('state.json'), text)));
  expect(texts).toContain(await readText(inFolder('state.json')));
  expect(await readdir(folder)).toEqual(['state.json']);
});

test('a file that is not there has no text', async () => {
  expect(await readText(inFolder('nothing'))).toBeNull();
});

test('what cannot be read or written is said, with its path', async () => {
  await writeFile(inFolder('a-file'), '');
  await expect(readText(inFolder('a-file/state.json'))).rejects.toMatchObject({
    code: 'FILE_UNUSABLE',
    message: expect.stringMatching(/state.json" cannot be read \(ENOTDIR\)/),
  });
  await expect(requireWritable(inFolder('a-file/state.json'))).rejects.toThrow(
    /cannot be written \(ENOTDIR\)/,
  );
  await expect(writeText(inFolder('no/such/folder.json'), 'x')).rejects.toThrow(
    /cannot be written \(ENOENT\)/,
  );
  await expect(jsonFilesIn(inFolder('nowhere'))).rejects.toThrow(/cannot be read \(ENOENT\)/);
  await expect(requireWritable(inFolder('no/such/folder.json'))).rejects.toThrow(
    /cannot be written \(ENOENT\)/,
  );
  await requireWritable(inFolder('free.json'));
  expect(await readdir(folder)).toEqual(['a-file']);
});

test('a file that is far too large is not read', async () => {
  await writeFile(inFolder('huge.json'), '');
  await truncate(inFolder('huge.json'), 600 * 1024 * 1024);
  await expect(readText(inFolder('huge.json'))).rejects.toThrow(/has 629145600 bytes: allowed are at most/);
});

test('the JSON files of a folder, in order', async () => {
  for (const name of ['b.json', 'a.json', 'c.json.0.tmp', 'notes.txt']) await writeFile(inFolder(name), '');
  expect(await jsonFilesIn(folder)).toEqual(['a.json', 'b.json']);
});

import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { jsonFilesIn, readText, writeText } from '../../../../runtime/adapters/files/text-files';

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

test('a symbolic link is replaced, and what it points to is left alone', async () => {
  await writeFile(inFolder('precious'), 'precious');
  await symlink(inFolder('precious'), inFolder('state.json'));
  await writeText(inFolder('state.json'), 'new');
  expect(await readFile(inFolder('precious'), 'utf8')).toBe('precious');
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
  await mkdir(inFolder('a-folder'));
  await expect(readText(inFolder('a-folder'))).rejects.toMatchObject({
    code: 'FILE_UNUSABLE',
    message: expect.stringMatching(/a-folder" cannot be read \(EISDIR\)/),
  });
  await expect(writeText(inFolder('a-folder'), 'x')).rejects.toMatchObject({ code: 'FILE_UNUSABLE' });
  await expect(writeText(inFolder('no/such/folder.json'), 'x')).rejects.toThrow(
    /cannot be written \(ENOENT\)/,
  );
  await expect(jsonFilesIn(inFolder('nowhere'))).rejects.toThrow(/cannot be read \(ENOENT\)/);
  expect(await readdir(folder)).toEqual(['a-folder']);
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

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readSettingFile } from '../../../../runtime/adapters/files/setting-file';

const folder = mkdtempSync(path.join(tmpdir(), 'setting-file-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('a FIFO that nobody writes to, and a device, are refused at once', () => {
  const fifo = path.join(folder, 'fifo');
  execFileSync('mkfifo', [fifo]);
  for (const file of [fifo, '/dev/zero']) {
    expect(() => readSettingFile(file)).toThrow(expect.objectContaining({ code: 'ENOTREG' }) as Error);
  }
});

test('a file is read, also behind a link, as secrets are mounted; a folder stays one', () => {
  const file = path.join(folder, 'file');
  writeFileSync(file, 'secret');
  symlinkSync(file, path.join(folder, 'link'));
  expect(readSettingFile(path.join(folder, 'link'))).toBe('secret');
  expect(() => readSettingFile(folder)).toThrow(expect.objectContaining({ code: 'EISDIR' }) as Error);
});

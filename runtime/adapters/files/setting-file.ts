import { readFileSync, statSync } from 'node:fs';

/**
 * Text of a file that a setting names. A FIFO would hold the whole process for as long as nobody writes to it, signals
 * included, and a device for ever.
 * @throws what `fs.readFileSync` throws; an error with code `ENOTREG` for what is no regular file
 */
export function readSettingFile(path: string): string {
  const stats = statSync(path);
  if (!stats.isFile() && !stats.isDirectory()) throw Object.assign(new Error(path), { code: 'ENOTREG' });
  return readFileSync(path, 'utf8');
}

import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { quoted } from '../../config-faults';
import { ConfigError } from '../../errors';
import { writeText } from '../files/text-files';

/**
 * Keeps a plan or a report in a file, which it replaces; the folder is made when it is not there.
 * @throws ConfigError `FILE_UNUSABLE`
 */
export async function writeReport(file: string, text: string): Promise<void> {
  const folder = path.dirname(file);
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    const { code = 'no reason given' } = error as NodeJS.ErrnoException;
    throw new ConfigError(
      'FILE_UNUSABLE',
      `${quoted(file)} cannot be written: its folder cannot be made (${code})`,
      { cause: error, hint: 'Name a file in a folder that this user may write to.' },
    );
  }
  await writeText(file, text);
}

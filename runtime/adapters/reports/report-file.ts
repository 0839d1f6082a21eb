import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { quoted } from '../../config-faults';
import { ConfigError } from '../../errors';
import { mediumFailure, requireWritable, writeText } from '../files/text-files';

/**
 * Makes the folder of a plan or report, and refuses a name under which nothing can be written: before hours of reading,
 * not after them.
 * @throws ConfigError `FILE_UNUSABLE`
 */
export async function prepareReport(file: string): Promise<void> {
  await makeFolderOf(file);
  await requireWritable(file);
}

/**
 * Keeps a plan or a report in a file, which it replaces; the folder is made when it is not there.
 * @throws ConfigError `FILE_UNUSABLE`
 */
export async function writeReport(file: string, text: string): Promise<void> {
  await makeFolderOf(file);
  await writeText(file, text);
}

async function makeFolderOf(file: string): Promise<void> {
  try {
    await mkdir(path.dirname(file), { recursive: true });
  } catch (error) {
    const medium = mediumFailure(file, error);
    if (medium) throw medium;
    const { code = 'no reason given' } = error as NodeJS.ErrnoException;
    throw new ConfigError(
      'FILE_UNUSABLE',
      `${quoted(file)} cannot be written: its folder cannot be made (${code})`,
      { cause: error, hint: 'Name a file in a folder that this user may write to.' },
    );
  }
}

import { readFileSync } from 'node:fs';
import { ConstructError } from '../errors';
import { isRawSettings, type RawSettings } from './setting-reader';

/**
 * The `context` of cdktf.json. The cdktf CLI passes it on by itself; read here, so that a synth without the
 * CLI gives the same result. A missing file is an empty context.
 *
 * @throws ConstructError `SETTINGS_INVALID` when the file is not JSON
 */
export function projectContext(file = 'cdktf.json'): RawSettings {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
  try {
    const project: unknown = JSON.parse(text);
    return isRawSettings(project) && isRawSettings(project.context) ? project.context : {};
  } catch (error) {
    throw new ConstructError('SETTINGS_INVALID', file, [
      { prop: file, found: (error as Error).message, allowed: 'JSON', fix: 'correct the file' },
    ]);
  }
}

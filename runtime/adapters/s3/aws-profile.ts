import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { printable } from './s3-failure';

const HEADER = /^\s*\[\s*(?:profile\s+)?(?:"([^"]*)"|'([^']*)'|([^\]]*?))\s*\]/;

/**
 * What is wrong with the profile that the environment names, as the rest of a sentence: the SDK names neither it nor the
 * files it looked into. Empty when there is such a profile, or none is named.
 */
export function profileProblem(env: NodeJS.ProcessEnv): string {
  const profile = env['AWS_PROFILE'];
  if (!profile) return '';
  const folder = join(homedir(), '.aws');
  const files = [
    env['AWS_CONFIG_FILE'] || join(folder, 'config'),
    env['AWS_SHARED_CREDENTIALS_FILE'] || join(folder, 'credentials'),
  ].map((path) => ({ path, profiles: profilesIn(path) }));
  if (files.some(({ profiles }) => profiles?.includes(profile))) return '';
  const looked = files.map(({ path, profiles }) => (profiles ? path : `${path} (cannot be read)`));
  return printable(`; AWS_PROFILE is "${profile}", which is neither in ${looked.join(' nor in ')}`);
}

function profilesIn(path: string): string[] | null {
  try {
    return readFileSync(path, 'utf8')
      .split('\n')
      .flatMap((line) => {
        const [, doubly, singly, plain] = HEADER.exec(line) ?? [];
        return doubly ?? singly ?? plain ?? [];
      });
  } catch {
    return null;
  }
}

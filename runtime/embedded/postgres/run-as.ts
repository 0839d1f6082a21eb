import { chmod, chown, stat } from 'node:fs/promises';
import path from 'node:path';
import { ConfigError } from '../../errors';

/** The user that server processes run as; null: the user of this process. */
export interface RunAs {
  readonly uid: number;
  readonly gid: number;
}

/** `nobody` on every system this runs on; used by number, so it need not have an entry in /etc/passwd. */
const NOBODY = 65_534;

const OTHERS_MAY_TRAVERSE = 0o001;
const GROUP_MAY_TRAVERSE = 0o010;
const OWNER_MAY_TRAVERSE = 0o100;

/** PostgreSQL refuses to run as root, so root hands over to an unprivileged user. */
export function runAs(): RunAs | null {
  return process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : null;
}

/** Makes `file` private to the user that the server runs as. */
export async function giveTo(user: RunAs | null, file: string, mode: number): Promise<void> {
  if (user) await chown(file, user.uid, user.gid);
  await chmod(file, mode);
}

function mayTraverse(user: RunAs, folder: { uid: number; gid: number; mode: number }): boolean {
  if (folder.uid === user.uid) return (folder.mode & OWNER_MAY_TRAVERSE) !== 0;
  if (folder.gid === user.gid) return (folder.mode & GROUP_MAY_TRAVERSE) !== 0;
  return (folder.mode & OTHERS_MAY_TRAVERSE) !== 0;
}

/**
 * Checks that the server's user can reach `directory` through all folders above it.
 * @throws ConfigError `CONFIG_INVALID` naming the folder that is closed
 */
export async function requireReachable(user: RunAs | null, directory: string): Promise<void> {
  if (!user) return;
  for (let folder = path.dirname(directory); ; folder = path.dirname(folder)) {
    if (!mayTraverse(user, await stat(folder))) {
      throw new ConfigError(
        'CONFIG_INVALID',
        `the embedded PostgreSQL cannot use directory "${directory}": started by root it runs as user ${user.uid}, ` +
          `which may not enter "${folder}"`,
        { hint: 'Name a directory below /tmp, or start it as an unprivileged user.' },
      );
    }
    if (folder === path.dirname(folder)) return;
  }
}

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';

/** What has to be gone at the end. */
export interface Leftovers {
  /** Leaders of process groups. */
  readonly pids: readonly number[];
  readonly ports: readonly number[];
  readonly folder: string;
}

/** That no process, no listener and no file is left. */
export async function assertGone({ pids, ports, folder }: Leftovers): Promise<void> {
  for (const pid of pids) {
    assert.throws(() => process.kill(-pid, 0), { code: 'ESRCH' }, `process group ${pid} is still there`);
  }
  for (const port of ports) {
    assert.equal(await listens(port), false, `somebody still listens on port ${port}`);
  }
  assert.equal(existsSync(folder), false, `${folder} is still there`);
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

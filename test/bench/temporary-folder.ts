import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Cleanup } from '../support/programs/cleanup';

/** A folder for what a bench makes. */
export function temporaryFolder(cleanup: Cleanup): string {
  const folder = mkdtempSync(join(tmpdir(), 'audit-anchor-bench-'));
  cleanup.add(() => rmSync(folder, { recursive: true, force: true }));
  // Started by root, the server runs as another user, who has to get to the database below.
  chmodSync(folder, 0o711);
  return folder;
}

import { PostgresAuditLog } from '../../../runtime/adapters/postgres/read/audit-log';
import type { AuditLogSnapshot } from '../../../runtime/application/ports';
import { CHAIN_ID, LAYOUT } from '../chain';
import type { Task } from './task';

/** Runs `use` on a snapshot of the task's table, as the verifier does. */
export async function onSnapshot<T>(task: Task, use: (snapshot: AuditLogSnapshot) => Promise<T>): Promise<T> {
  const auditLog = new PostgresAuditLog({
    connection: { connectionString: task.url },
    table: { table: task.table, schema: 'public' },
    layout: LAYOUT,
    chainId: CHAIN_ID,
  });
  try {
    return await auditLog.snapshot(use);
  } finally {
    await auditLog.close();
  }
}

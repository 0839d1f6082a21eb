import type { AuditLog, AuditLogSnapshot, DatabaseIdentity } from '../../runtime/application/ports';

/** An audit log whose server tells another identity, for example that of a standby; events are the real ones. */
export function withIdentity(auditLog: AuditLog, changes: Partial<DatabaseIdentity>): AuditLog {
  const view = (snapshot: AuditLogSnapshot): AuditLogSnapshot => ({
    relation: snapshot.relation,
    export: () => snapshot.export(),
    identity: async () => ({ ...(await snapshot.identity()), ...changes }),
    head: () => snapshot.head(),
    eventAfter: (from, count) => snapshot.eventAfter(from, count),
    columns: snapshot.columns,
    tuples: (columns) => snapshot.tuples(columns),
    firstIndex: (from) => snapshot.firstIndex(from),
    hashAt: (index) => snapshot.hashAt(index),
    timeAt: (index) => snapshot.timeAt(index),
    estimateCount: () => snapshot.estimateCount(),
    readTuples: (range, columns) => snapshot.readTuples(range, columns),
  });
  return {
    head: (signal) => auditLog.head(signal),
    snapshot: (use, options) => auditLog.snapshot((snapshot) => use(view(snapshot)), options),
    exclusive: (use, options) =>
      auditLog.exclusive(
        (session) =>
          use({ ...session, snapshot: (read) => session.snapshot((snapshot) => read(view(snapshot))) }),
        options,
      ),
    close: () => auditLog.close(),
  };
}

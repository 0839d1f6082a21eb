import type { AuditLog, AuditLogSnapshot, DatabaseIdentity } from '../../runtime/application/ports';

/** An audit log whose server tells another identity, for example that of a standby; events are the real ones. */
export function withIdentity(auditLog: AuditLog, changes: Partial<DatabaseIdentity>): AuditLog {
  const view = (snapshot: AuditLogSnapshot): AuditLogSnapshot => ({
    relation: snapshot.relation,
    export: () => snapshot.export(),
    identity: async () => ({ ...(await snapshot.identity()), ...changes }),
    head: () => snapshot.head(),
    eventAfter: (from, count) => snapshot.eventAfter(from, count),
    firstIndex: () => snapshot.firstIndex(),
    hashAt: (index) => snapshot.hashAt(index),
    timeAt: (index) => snapshot.timeAt(index),
    estimateCount: () => snapshot.estimateCount(),
    readTuples: (range) => snapshot.readTuples(range),
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

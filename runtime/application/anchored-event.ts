import { attestsEmptyChain } from '../domain/anchor/anchor';
import type { FindingLog } from '../domain/findings/finding-log';
import { compareLsn } from '../domain/lsn';
import type { LookUp } from '../domain/sharding/plan';
import type { KnownAnchor } from '../domain/anchor/known-anchor';
import type { AuditLogSnapshot, ChainHead, DatabaseIdentity } from './ports';

type Origin = Pick<KnownAnchor, 'systemId' | 'lsn'>;

/** An anchor whose last event is looked up; of one that is only remembered it is not known what it was made of. */
export type AnchoredEvent = LookUp & Partial<Origin & Pick<KnownAnchor, 'chainFormat'>>;

/**
 * True when a standby has not yet replayed what the anchor was made of, or nobody can tell: not looked at, not tampering.
 */
export function lagsBehind(
  identity: DatabaseIdentity,
  { systemId = null, lsn = null }: Partial<Origin>,
): boolean {
  return (
    identity.standby &&
    !(identity.systemId !== null && systemId !== null && identity.systemId !== systemId) &&
    (identity.lsn === null || lsn === null || compareLsn(identity.lsn, lsn) < 0)
  );
}

/** Reports when the database no longer has the last event of an anchor, or has another one in its place. */
export async function checkAnchoredEvent(
  snapshot: AuditLogSnapshot,
  identity: DatabaseIdentity,
  head: ChainHead | null,
  anchor: AnchoredEvent,
  findings: FindingLog,
): Promise<void> {
  if (attestsEmptyChain({ chainFormat: null, ...anchor })) return;
  const attested = { key: anchor.key, versionId: anchor.versionId, seq: anchor.anchorSeq };
  const hash = await snapshot.hashAt(anchor.lastSeq);
  if (hash === anchor.lastHash) return;
  if (hash === null && lagsBehind(identity, anchor)) {
    findings.add({
      code: 'STANDBY_BEHIND',
      place: { kind: 'database' },
      message: 'this standby has not yet replayed the events of the newest anchor',
      expected: `WAL position ${anchor.lsn ?? 'of the newest anchor'} or later`,
      actual: identity.lsn ?? 'unknown',
    });
  } else if (hash === null && (head === null || head.index < anchor.lastSeq)) {
    findings.add({
      code: 'CHAIN_TRUNCATED',
      place: { kind: 'events', from: (head?.index ?? 0) + 1, to: anchor.lastSeq },
      message:
        'anchored events are not in the table: the end was cut off, or events were removed and the rest chained anew',
      expected: `events up to ${anchor.lastSeq}`,
      actual: head ? `the last event is ${head.index}` : 'no event',
      anchor: attested,
    });
  } else if (hash === null) {
    findings.add({
      code: 'EVENT_MISSING',
      place: { kind: 'events', from: anchor.lastSeq, to: anchor.lastSeq },
      message: 'the chain has a gap: these events are not in the table',
      anchor: attested,
    });
  } else {
    findings.add({
      code: 'ANCHORED_HASH',
      place: { kind: 'events', from: anchor.lastSeq, to: anchor.lastSeq },
      message:
        'events were rewritten after they were anchored: the last one has another hash than its anchor says',
      expected: anchor.lastHash,
      actual: hash,
      anchor: attested,
    });
  }
}

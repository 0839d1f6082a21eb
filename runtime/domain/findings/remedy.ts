import { EVENT_FAULTS } from './explain';
import type { Finding, FindingCode } from './finding';

/** What ends a finding, where that is known without looking at more than the code. */
const REMEDIES: Partial<Record<FindingCode, string>> = {
  // A task knows the keys of its start, so a new one in the secret does not reach it.
  KEY_UNKNOWN:
    'add the key to AUDIT_HMAC_KEYS before events are signed with it, and restart a service that runs already (aws ecs update-service --force-new-deployment)',
  ANCHOR_MISSING:
    'If this bucket is a replica, verify its source: replication that is late or has failed leaves anchors out of the replica alone.',
  RELATION_NOT_TABLE:
    'Name the table itself with its schema, and detach partitions that are no tables; if a view or a foreign table is meant, set AUDIT_EVENTS_RELATION=view.',
  TABLE_SHAPE:
    'Give the table back the columns and types that its anchors name, or verify a restored copy that has them.',
  REPLICA_INCOMPLETE:
    'Verify the source bucket; copy what replication has left out with S3 Batch Replication.',
};

/** One sentence for people; undefined when the code alone does not tell. */
export function remedyOf(code: FindingCode): string | undefined {
  return REMEDIES[code];
}

const WRONG_SETTINGS =
  'every event fails: check AUDIT_ANCHOR_CHAIN_ID, AUDIT_HMAC_KEYS and AUDIT_EVENTS_COLUMNS; with the right ones it is tampering';

/** What is compared without a secret. A wrong column list changes Merkle roots too, so they say nothing. */
const NO_SECRET_NEEDED: readonly FindingCode[] = [
  ...EVENT_FAULTS.filter((code) => code !== 'EVENT_HASH'),
  'CHAIN_TRUNCATED',
  'ANCHORED_HASH',
];

/** True when not one HMAC holds while the chain is whole: its links, and the hashes that anchors attest. */
function everyEventFails(findings: readonly Finding[], recomputed: number): boolean {
  const failed = findings
    .filter(({ code }) => code === 'EVENT_HASH')
    .reduce((sum, { count }) => sum + count, 0);
  return failed === recomputed && !findings.some(({ code }) => NO_SECRET_NEEDED.includes(code));
}

/**
 * One sentence for people; undefined when only an investigation can tell.
 * @param findings all of them, `found` included
 * @param recomputed events whose HMAC was recomputed
 */
export function remedyFor(
  { code }: Finding,
  findings: readonly Finding[],
  recomputed: number,
): string | undefined {
  if (code === 'EVENT_HASH') return everyEventFails(findings, recomputed) ? WRONG_SETTINGS : undefined;
  return remedyOf(code);
}

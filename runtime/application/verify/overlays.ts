import type { AnchorPolicy } from '../../domain/anchor/policy';
import { lockedAtLeastUntil } from '../../domain/anchor/policy';
import { MAX_ANCHOR_BYTES } from '../../domain/anchor/anchor-body';
import type { AnchorEvidence } from '../../domain/anchor/evidence';
import type { FindingLog } from '../../domain/findings/finding-log';
import { sha256Hex } from '../../domain/digests';
import { AuditAnchorError } from '../../errors';
import type { AnchorStore, ObjectVersion, StoredObject } from '../ports';

/** What lies over the first version of an anchor's key, newest first. */
export interface Overlay {
  readonly first: ObjectVersion;
  readonly over: readonly ObjectVersion[];
}

/** Reports what was laid over an anchor; reads only what can be the same bytes again. */
export async function reportOver(
  store: AnchorStore,
  { first, over }: Overlay,
  evidence: AnchorEvidence,
  policy: AnchorPolicy,
  findings: FindingLog,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (const version of over) {
    const { kind, key, versionId } = version;
    const place = { kind: 'object', key, versionId } as const;
    if (kind === 'delete-marker') {
      reportMarkers([version], findings);
    } else if (version.size !== first.size) {
      findings.add({ code: 'ANCHOR_OVERLAID', place, message: OVERLAID });
    } else {
      await compare(store, version, evidence, policy, findings, signal);
    }
  }
}

/** Reports delete markers, also where nothing is left below them. */
export function reportMarkers(markers: readonly ObjectVersion[], findings: FindingLog): void {
  for (const { key, versionId } of markers) {
    const message = 'a delete marker was laid over the anchor: plain reads no longer see it';
    findings.add({ code: 'ANCHOR_DELETE_MARKER', place: { kind: 'object', key, versionId }, message });
  }
}

const OVERLAID = 'a second version was laid over the anchor: plain reads see it instead of the first';

/**
 * The same bytes below a lock that verification accepts change nothing that anyone can read: an endpoint that ignores
 * If-None-Match stores them when a write is repeated. The first version counts all the same.
 */
async function compare(
  store: AnchorStore,
  { key, versionId }: ObjectVersion,
  { hash, seconds }: AnchorEvidence,
  policy: AnchorPolicy,
  findings: FindingLog,
  signal: AbortSignal | undefined,
): Promise<void> {
  const place = { kind: 'object', key, versionId } as const;
  let stored: StoredObject;
  try {
    stored = await store.read(key, versionId, MAX_ANCHOR_BYTES, signal);
  } catch (error) {
    if (!(error instanceof AuditAnchorError)) throw error;
    findings.add({
      code: 'ANCHOR_UNREADABLE',
      place,
      message: `a second version of the anchor cannot be compared with the first: ${error.message}`,
    });
    return;
  }
  const { lock } = stored.head;
  const bytesHash = stored.body.kind === 'bytes' ? sha256Hex(stored.body.bytes) : null;
  const archivedHash = stored.body.kind === 'archived' ? stored.head.checksumSha256 : null;
  const locked =
    lock?.mode === 'COMPLIANCE' && lock.retainUntil >= lockedAtLeastUntil(seconds, policy) * 1000;
  if (hash !== null && (bytesHash ?? archivedHash) === hash && locked) {
    const message =
      'the anchor was stored twice, with the same bytes under the same lock: the endpoint ignores If-None-Match';
    findings.add({ code: 'ANCHOR_REPEATED', place, message });
    return;
  }
  findings.add({ code: 'ANCHOR_OVERLAID', place, message: OVERLAID });
}

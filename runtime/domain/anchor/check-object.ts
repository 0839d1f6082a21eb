import { isHexDigest } from '../digests';
import { isForeignHash } from './anchor';
import type { FindingLog } from '../findings/finding-log';
import { anchorMetadata, anchorSeconds, formatAnchorTime } from './anchor';
import { checkLock } from './check-lock';
import { checkTime } from './check-time';
import type { AnchorEvidence, AnchorHead, AnchorLinks } from './evidence';
import type { AnchorPolicy } from './policy';

/** Links as the metadata of an archived anchor tells them; null when they are missing or impossible. */
export function linksOfHead(head: Pick<AnchorHead, 'metadata' | 'checksumSha256'>): AnchorLinks | null {
  const anchorSeq = Number(head.metadata['anchor-seq']);
  const lastSeq = Number(head.metadata['last-seq']);
  const lastHash = head.metadata['last-hash'];
  const prevAnchorHash = head.metadata['prev-anchor-hash'];
  const whole =
    Number.isSafeInteger(anchorSeq) && anchorSeq >= 1 && Number.isSafeInteger(lastSeq) && lastSeq >= 0;
  if (!whole || !isForeignHash(lastHash) || !isHexDigest(prevAnchorHash) || head.checksumSha256 === null)
    return null;
  return {
    anchorSeq,
    lastSeq,
    lastHash,
    prevAnchorHash,
    hash: head.checksumSha256,
    firstSeq: null,
    merkleRoot: null,
    chainFormat: null,
    columns: null,
  };
}

function checkContents(
  evidence: AnchorEvidence,
  head: AnchorHead,
  policy: AnchorPolicy,
  log: FindingLog,
): void {
  const place = { kind: 'object', key: evidence.key, versionId: evidence.versionId } as const;
  if (evidence.hash !== null && head.checksumSha256 === null) {
    // An endpoint that keeps none proves nothing against the bytes, which the links of the chain decide about.
    log.add({
      code: 'ANCHOR_INCOMPLETE',
      place,
      message: 'S3 holds no SHA-256 of the anchor, which its writer always sends',
      expected: evidence.hash,
      actual: 'no SHA-256',
    });
  } else if (
    evidence.hash !== null &&
    head.checksumSha256 !== null &&
    head.checksumSha256 !== evidence.hash
  ) {
    log.add({
      code: 'ANCHOR_CHECKSUM',
      place,
      message: 'the body is not the one whose SHA-256 S3 stored',
      expected: head.checksumSha256,
      actual: evidence.hash,
    });
  }
  const { anchor } = evidence;
  if (!anchor) return;
  if (anchor.chain_id !== policy.chainId || anchorSeconds(anchor) !== evidence.seconds) {
    log.add({
      code: 'ANCHOR_MISPLACED',
      place,
      message: 'the body belongs under another key: chain and time of key and body differ',
      expected: `${policy.chainId} at ${formatAnchorTime(evidence.seconds)}`,
      actual: `${anchor.chain_id} at ${anchor.ts_utc}`,
    });
  }
  const different = Object.entries(anchorMetadata(anchor)).filter(
    ([name, value]) => head.metadata[name] !== value,
  );
  const [name, value] = different.find(([each]) => head.metadata[each] !== undefined) ?? different[0] ?? [];
  if (name === undefined) return;
  const stored = head.metadata[name];
  log.add({
    code: stored === undefined ? 'ANCHOR_INCOMPLETE' : 'ANCHOR_METADATA',
    place,
    message: `the metadata ${name} does not repeat what the body says`,
    expected: value,
    actual: stored ?? 'none',
  });
}

/** Checks one anchor by itself: lock, time, checksum, place and metadata. Unreadable parts were reported by the reader. */
export function checkAnchorObject(evidence: AnchorEvidence, policy: AnchorPolicy, log: FindingLog): void {
  const { head } = evidence;
  if (!head) return;
  checkLock(evidence, head, policy, log);
  checkTime({ ...evidence, storedAt: head.lastModified }, policy.clockToleranceSeconds, log);
  checkContents(evidence, head, policy, log);
}

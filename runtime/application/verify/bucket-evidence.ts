import { checkAnchorObject } from '../../domain/anchor/check-object';
import { checkAnchorChain } from '../../domain/anchor/check-chain';
import { checkEarlierRetention, lockEnd } from '../../domain/anchor/check-lock';
import { checkReplication } from '../../domain/anchor/check-replication';
import type { AnchorAddress, AnchorEvidence } from '../../domain/anchor/evidence';
import { chainPrefix, classifyKey } from '../../domain/anchor/object-key';
import { misdatedEvidence } from '../../domain/anchor/order-of-truth';
import { type AnchorPolicy, lockedAtLeastUntil } from '../../domain/anchor/policy';
import type { Finding } from '../../domain/findings/finding';
import { FindingLog } from '../../domain/findings/finding-log';
import { readAnchor } from '../read-anchor';
import type { AnchorStore, ObjectVersion } from '../ports';
import { inParallel } from './in-parallel';
import type { Overlay } from './overlays';
import { reportMarkers, reportOver } from './overlays';
import type { OrderedAnchors } from './siblings';
import { orderAnchors } from './siblings';

/** Anchors read at the same time. */
const READ_CONCURRENCY = 24;

export interface BucketEvidence extends OrderedAnchors {
  /** Versions and delete markers listed below the chain's prefix. */
  readonly listed: number;
}

export function reportNoAnchors(store: AnchorStore, policy: AnchorPolicy, findings: FindingLog): void {
  const message = `there is no anchor of chain ${policy.chainId} in the bucket: nothing proves anything`;
  findings.add({ code: 'NO_ANCHORS', place: { kind: 'bucket', name: store.bucket }, message });
}

/** Sorts a version listing: the first version of each anchor key is evidence, everything else a finding. */
class VersionSorter {
  readonly addresses: (AnchorAddress & { readonly overlay: Overlay })[] = [];
  /** Delete markers from after the retention of their anchors, whose own locks may last longer. */
  readonly lateMarkers: { readonly marker: ObjectVersion; readonly seconds: number }[] = [];
  listed = 0;
  private key: string | null = null;
  private group: ObjectVersion[] = [];

  constructor(
    private readonly policy: AnchorPolicy,
    private readonly findings: FindingLog,
  ) {}

  take(version: ObjectVersion): void {
    this.listed += 1;
    if (version.key !== this.key) this.closeKey();
    this.key = version.key;
    this.group.push(version);
  }

  closeKey(): void {
    const { key, group } = this;
    if (key === null) return;
    const found = classifyKey(this.policy.chainId, key);
    if (found.kind === 'foreign') this.reportForeign(group);
    else if (found.kind === 'anchor') this.closeAnchor(key, found.seconds, group);
    this.key = null;
    this.group = [];
  }

  private closeAnchor(key: string, seconds: number, group: readonly ObjectVersion[]): void {
    const first = group.filter(({ kind }) => kind === 'version').pop();
    const over = group.filter((version) => version !== first);
    // Past its lock a lifecycle rule may expire an anchor: S3 does that with a delete marker first.
    const end = lockedAtLeastUntil(seconds, this.policy) * 1000;
    const late = over.filter(({ kind, lastModified }) => kind === 'delete-marker' && lastModified >= end);
    const left = over.filter((version) => !late.includes(version));
    if (first) {
      const overlay = { first, over: left };
      this.addresses.push({ key, versionId: first.versionId, seconds, overlay });
    } else {
      reportMarkers(left, this.findings);
    }
    this.lateMarkers.push(...late.map((marker) => ({ marker, seconds })));
  }

  private reportForeign(group: readonly ObjectVersion[]): void {
    for (const { kind, key, versionId } of group) {
      const what = kind === 'version' ? 'an object' : 'a delete marker';
      const message = `${what} below the chain's prefix that is no anchor`;
      this.findings.add({ code: 'FOREIGN_OBJECT', place: { kind: 'object', key, versionId }, message });
    }
  }
}

/** A delete marker is an expiry when it was written after the lock of its anchor had ended, both by S3's time. */
function reportLateMarkers(
  { lateMarkers }: VersionSorter,
  anchors: readonly AnchorEvidence[],
  policy: AnchorPolicy,
  findings: FindingLog,
): void {
  const byKey = new Map(anchors.map((anchor) => [anchor.key, anchor]));
  for (const { marker, seconds } of lateMarkers) {
    const { key, versionId, lastModified } = marker;
    if (lastModified / 1000 < lockEnd(byKey.get(key) ?? { head: null, seconds }, policy)) {
      reportMarkers([marker], findings);
      continue;
    }
    const message = 'the anchor is past its retention and was expired by a delete marker';
    findings.add({ code: 'ANCHORS_EXPIRED', place: { kind: 'object', key, versionId }, message });
  }
}

export interface BucketProgress {
  readonly onListed?: (listed: number) => void;
  readonly onRead?: (read: number, total: number) => void;
}

/**
 * Enumerates every version below the chain's prefix, reads the first version of each anchor, and checks each anchor
 * and the chain they make.
 * @param now seconds since 1970
 */
export async function collectBucketEvidence(
  store: AnchorStore,
  policy: AnchorPolicy,
  now: number,
  findings: FindingLog,
  progress: BucketProgress = {},
  signal?: AbortSignal,
): Promise<BucketEvidence> {
  const sorter = new VersionSorter(policy, findings);
  for await (const page of store.listAll(chainPrefix(policy.chainId), signal)) {
    signal?.throwIfAborted();
    page.versions.forEach((version) => sorter.take(version));
    progress.onListed?.(sorter.listed);
  }
  sorter.closeKey();
  let read = 0;
  const readOne = async ({
    overlay,
    ...address
  }: (typeof sorter.addresses)[number]): Promise<{ evidence: AnchorEvidence; found: Finding[] }> => {
    // Of its own, so that findings come in the order of keys and not of replies.
    const log = new FindingLog();
    const evidence = await readAnchor(store, address, log, signal);
    await reportOver(store, overlay, evidence, policy, log, signal);
    checkAnchorObject(evidence, policy, log);
    progress.onRead?.(++read, sorter.addresses.length);
    return { evidence, found: log.all() };
  };
  const readings = await inParallel(sorter.addresses, READ_CONCURRENCY, readOne, signal);
  const all = readings.map(({ evidence }) => evidence);
  const misdated = misdatedEvidence(all, policy.clockToleranceSeconds);
  for (const { evidence, found } of readings) {
    // What takes no part in the chain is one finding, however it is locked and whatever it says.
    const counts = misdated.has(evidence.key)
      ? found.filter(({ code }) => code === 'ANCHOR_TIME_SKEW')
      : found;
    counts.forEach((each) => findings.add(each));
  }
  const anchors = all.filter(({ key }) => !misdated.has(key));
  reportLateMarkers(sorter, all, policy, findings);
  const ordered = orderAnchors(anchors, policy.clockToleranceSeconds, findings);
  checkAnchorChain(ordered.anchors, policy, now, findings);
  checkEarlierRetention(anchors, policy, findings);
  checkReplication(anchors, now, findings);
  if (anchors.length === 0) reportNoAnchors(store, policy, findings);
  return { ...ordered, listed: sorter.listed };
}

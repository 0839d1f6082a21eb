import { ConfigError, FormatError, UnavailableError } from '../../errors';
import { ZERO_HASH } from '../../domain/digests';
import type { FindingLog } from '../../domain/findings/finding-log';
import type { UnanchoredTail } from '../../domain/findings/report';
import type { SnapshotSeen } from '../../domain/sharding/read-parts';
import type { VerifiedStretch } from '../../domain/sharding/verify-state';
import { checkAnchoredEvent, lagsBehind } from '../anchored-event';
import type { KnownAnchor } from '../../domain/anchor/known-anchor';
import { notTable } from '../read-relation';
import type { AuditLog, AuditLogSnapshot, ChainHead, DatabaseIdentity } from '../ports';
import type { ChainReading } from '../scan-chain';
import { firstIndexOf } from '../scan-chain';
import type { DatabaseSide } from './build-report';
import type { BucketEvidence } from './bucket-evidence';
import type { Attestations } from './checkpoints';
import type { Remembered } from './remembered';
import { notReadOf, selectBehind, stretchOf } from './remembered';
import type { PartKeeper, ScanMeans, WholeRequest } from './scan-whole';
import { scanWhole } from './scan-whole';
import type { Selection } from './scope';
import { compareSiblings } from './siblings';

export interface DatabaseEvidence extends DatabaseSide {
  readonly head: ChainHead | null;
  /** Whether each anchor of a number that several have holds, by its SHA-256. */
  readonly siblings: ReadonlyMap<string, boolean>;
  /** Anchored ranges that were read. */
  readonly selected: number;
  /** What was verified if nothing is wrong; null when no anchored range is in it. */
  readonly stretch: VerifiedStretch | null;
}

export interface DatabaseQuestion {
  readonly attestations: Attestations;
  /** Anchors of one number: the database tells whether they are a fork. */
  readonly bucket: Pick<BucketEvidence, 'anchors' | 'beside' | 'siblings'>;
  /** Newest anchor with known links, null when there is none. */
  readonly newest: KnownAnchor | null;
  /** Part of the chain to read; null for all of it. */
  readonly selection: Selection | null;
  readonly means: ScanMeans;
  /** Null when nothing is remembered between runs. */
  readonly remembered: Remembered | null;
  readonly onProgress?: (events: number, estimate: number | null) => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Holds the database against what the anchors attest. When it cannot be read that is a finding: the bucket's own
 * evidence stands.
 */
export async function collectDatabaseEvidence(
  auditLog: AuditLog,
  reading: ChainReading,
  question: DatabaseQuestion,
  findings: FindingLog,
): Promise<DatabaseEvidence | null> {
  try {
    const { signal } = question;
    return await auditLog.snapshot((snapshot) => examine(snapshot, reading, question, findings), { signal });
  } catch (error) {
    const unreadable =
      error instanceof UnavailableError || error instanceof ConfigError || error instanceof FormatError;
    if (!unreadable || question.signal?.aborted) throw error;
    const place = { kind: 'database' } as const;
    const hint = error.hint === undefined ? '' : ` (${error.hint})`;
    findings.add({ code: 'DATABASE_UNREADABLE', place, message: error.message + hint });
    return null;
  }
}

/** What one look at the database comes to, before its events are read. */
interface Course {
  readonly identity: DatabaseIdentity;
  readonly head: ChainHead | null;
  readonly seen: SnapshotSeen;
  /** Chain index that the first event of the whole chain must have. */
  readonly start: number;
  /** False for an anchor of which a standby has not replayed the last event. */
  readonly isReplayed: (anchor: { readonly lastSeq: number }) => boolean;
  readonly before: VerifiedStretch | null;
  readonly keeper: PartKeeper | null;
  readonly request: WholeRequest;
}

async function examine(
  snapshot: AuditLogSnapshot,
  reading: ChainReading,
  question: DatabaseQuestion,
  findings: FindingLog,
): Promise<DatabaseEvidence> {
  const course = await whatToRead(snapshot, reading, question, findings);
  const scan = await scanWhole(snapshot, reading, course.request, question.means, findings);
  return { scan, ...(await whatIsLeft(snapshot, reading, question, course, findings)) };
}

async function whatToRead(
  snapshot: AuditLogSnapshot,
  reading: ChainReading,
  question: DatabaseQuestion,
  findings: FindingLog,
): Promise<Course> {
  const { newest, remembered, bucket, attestations, onProgress, signal } = question;
  const all = attestations.checkpoints;
  const { relation } = snapshot;
  const another = notTable(relation, reading);
  if (another) findings.add(another);
  const identity = await snapshot.identity();
  const head = await snapshot.head();
  if (newest) reportChange(identity, newest, findings);
  const behind = newest !== null && lagsBehind(identity, newest);
  if (behind) await checkAnchoredEvent(snapshot, identity, head, newest, findings);
  const isReplayed: Course['isReplayed'] = ({ lastSeq }) => !behind || lastSeq <= (head?.index ?? -1);
  const { systemId, timeline } = identity;
  const seen = { systemId, timeline, relation, head: head && { index: head.index, hash: head.hash } };
  const before =
    remembered?.scope === 'since-last' ? remembered.memory.verifiedBefore(bucket.anchors, all, seen) : null;
  const selection = before ? selectBehind(before, all) : question.selection;
  const { from, to } = selection ?? { from: null, to: null };

  const start = await firstIndexOf(snapshot, reading.layout, all);
  const firstIndex = from ?? start;
  const checkpoints = (selection?.checkpoints ?? all).filter(isReplayed);
  const storedBefore = (): Promise<string | null> => storedLink(snapshot, firstIndex, findings);
  const firstLink = firstIndex <= start ? ZERO_HASH : (selection?.firstLink ?? (await storedBefore()));
  const goesOn = to !== null && head !== null && head.index > to;
  const estimate = onProgress ? await estimateEvents(snapshot, head, firstIndex, selection) : null;
  const run = remembered && { scope: remembered.scope, from };
  const keeper = run && (await remembered.memory.begin(snapshot, seen, run, checkpoints));
  const done = keeper?.done.reduce((sum, { events }) => sum + events, 0) ?? 0;
  const left = estimate === null ? null : Math.max(0, estimate - done);
  const request: WholeRequest = {
    part: { from, to, unindexed: selection === null, checkpoints },
    chain: { layout: reading.layout, firstIndex, firstLink, checkpoints, reaches: goesOn ? to : undefined },
    head,
    keeper,
    onProgress: (events) => onProgress?.(events, left),
    signal,
  };
  return { identity, head, seen, start, isReplayed, before, keeper, request };
}

/** What reading the events does not show: anchors looked up one by one, what was not read, and the tail. */
async function whatIsLeft(
  snapshot: AuditLogSnapshot,
  reading: ChainReading,
  { attestations, bucket, newest, means, signal }: DatabaseQuestion,
  { identity, head, seen, start, isReplayed, before, keeper, request }: Course,
  findings: FindingLog,
): Promise<Omit<DatabaseEvidence, 'scan'>> {
  const all = attestations.checkpoints;
  // Where what was verified before ends, nothing that is read would tell that the end was cut off.
  const seam = before ? [before.through] : [];
  const others = [...seam, ...attestations.others].filter(isReplayed);
  for (const anchor of others) await checkAnchoredEvent(snapshot, identity, head, anchor, findings);
  return {
    siblings: await compareSiblings(snapshot, reading, bucket, identity, signal),
    identity,
    relation: snapshot.relation,
    head,
    selected: request.part.checkpoints.length,
    tail: await tailOf(snapshot, head, newest, means.clock.now()),
    lookedUp: others.length,
    notRead: notReadOf(before, keeper, start, all),
    stretch: keeper && stretchOf(before, keeper.startedAt, start, all, bucket.anchors, seen),
  };
}

/** The hash stored before a range, for want of an anchor that says it. */
async function storedLink(
  snapshot: AuditLogSnapshot,
  firstIndex: number,
  findings: FindingLog,
): Promise<string | null> {
  const hash = await snapshot.hashAt(firstIndex - 1);
  if (hash === null) {
    const place = { kind: 'events', from: firstIndex - 1, to: firstIndex - 1 } as const;
    findings.add({
      code: 'EVENT_MISSING',
      place,
      message: 'the chain has a gap: these events are not in the table',
    });
  }
  return hash;
}

async function estimateEvents(
  snapshot: AuditLogSnapshot,
  head: ChainHead | null,
  firstIndex: number,
  selection: Selection | null,
): Promise<number | null> {
  if (!selection) return snapshot.estimateCount();
  const last = selection.to ?? head?.index;
  return last === undefined ? null : Math.max(0, last - firstIndex + 1);
}

/** Warns of another database than the one the newest anchor was made of. */
export function reportChange(
  identity: Pick<DatabaseIdentity, 'systemId' | 'timeline'>,
  newest: Pick<KnownAnchor, 'systemId' | 'timeline'>,
  findings: FindingLog,
): void {
  const otherSystem =
    identity.systemId !== null && newest.systemId !== null && identity.systemId !== newest.systemId;
  const otherTimeline =
    identity.timeline !== null && newest.timeline !== null && identity.timeline !== newest.timeline;
  if (!otherSystem && !otherTimeline) return;
  const show = (id: string | null, timeline: number | null): string =>
    `system ${id ?? '?'} timeline ${timeline ?? '?'}`;
  findings.add({
    code: 'DATABASE_CHANGED',
    place: { kind: 'database' },
    message: 'the database was restored, copied or failed over since the newest anchor was written',
    expected: show(newest.systemId, newest.timeline),
    actual: show(identity.systemId, identity.timeline),
  });
}

/** What no anchor covers yet. */
export async function tailOf(
  snapshot: AuditLogSnapshot,
  head: ChainHead | null,
  newest: Pick<KnownAnchor, 'lastSeq'> | null,
  now: number,
): Promise<UnanchoredTail | null> {
  const fromIndex = newest ? newest.lastSeq + 1 : await snapshot.firstIndex();
  if (!head || fromIndex === null || head.index < fromIndex) return null;
  const oldest = await snapshot.timeAt(fromIndex);
  return {
    events: head.index - fromIndex + 1,
    fromIndex,
    ageSeconds: oldest === null ? null : Math.max(0, Math.round((now - oldest) / 1000)),
  };
}

import { DEFAULTS } from '../contract';
import { UnavailableError } from '../errors';
import type { Anchor, Trigger } from '../domain/anchor/anchor';
import { formatAnchorTime } from '../domain/anchor/anchor';
import { anchorInSeries, type Attempt, endOfRange } from './backlog';
import type { CadencePolicy } from '../domain/cadence';
import { dueTrigger, nextGridTime, unanchoredEvents } from '../domain/cadence';
import { ZERO_HASH } from '../domain/digests';
import { FindingLog } from '../domain/findings/finding-log';
import { AnchorWriter } from './anchor-writer';
import { checkAnchoredEvent } from './anchored-event';
import type { AnchorOutcome, AnchorRequest, BusyOutcome, Pending, WrittenAnchor } from './anchoring';
import { ChainTip } from './chain-tip';
import type { KnownAnchor } from '../domain/anchor/known-anchor';
import { requireLockedBucket } from './locked-bucket';
import type { NewRange } from './new-events';
import { verifyNewEvents } from './new-events';
import type { AnchorStore, AuditLog, AuditLogSnapshot, ChainHead, Clock, DatabaseIdentity } from './ports';
import { freeSecond } from './free-second';
import { blocks, refusal } from './refusal';
import type { ChainReading } from './scan-chain';
import { firstIndexOf } from './scan-chain';
import { requirePrimary } from './primary';
import { requireSameChain } from './same-chain';
import { requireTable } from './read-relation';
import type { StoredAnchor } from './store-anchor';

/** Longer than an anchor takes that has little to verify, milliseconds. */
const BUSY_AFTER_MS = 3_000;

/** What an anchorer works with. */
export interface AnchorerOptions {
  readonly store: AnchorStore;
  readonly auditLog: AuditLog;
  readonly clock: Clock;
  readonly reading: ChainReading;
  readonly cadence: CadencePolicy;
  /** Days from `ts_utc` that an anchor is locked for. */
  readonly retentionDays: number;
  /**
   * Seconds by which `ts_utc` and S3's LastModified may differ before verifiers report the anchor, and this machine's time
   * and S3's before nothing is written.
   *
   * @default 300
   */
  readonly clockToleranceSeconds?: number;
  /** How long to wait for another anchorer of the same chain, milliseconds. */
  readonly lockWaitMs: number;
  /**
   * Events that one anchor covers at most; more are anchored by several in a row.
   *
   * @default 1,000,000, which no anchor may exceed
   */
  readonly rangeEvents?: number;
}

/** How one attempt to anchor is made. */
interface Draft extends NewRange {
  readonly kind: 'draft';
  readonly trigger: Trigger;
  /** Why the events behind this anchor wait for another one; null when there are none. */
  readonly rest: Trigger | null;
  /** Number of these events. */
  readonly behind: number;
  readonly events: number;
  readonly merkleRoot: string;
  readonly identity: DatabaseIdentity;
  readonly columns: string;
}

type Written = Omit<WrittenAnchor, 'durationMs'>;

/** Writes anchors: one for each trigger, each only after the events it certifies were verified. */
export class Anchorer {
  private readonly tip: ChainTip;
  private readonly writer: AnchorWriter;
  private bucketChecked = false;

  constructor(private readonly options: AnchorerOptions) {
    const { intervalMinutes } = options.cadence;
    const { clockToleranceSeconds = DEFAULTS.clockToleranceSeconds } = options;
    this.tip = new ChainTip({ ...options, intervalMinutes, clockToleranceSeconds });
    this.writer = new AnchorWriter({ ...options, clockToleranceSeconds });
  }

  /**
   * Writes an anchor if one is due; several in a row when more events wait than one covers.
   * @throws UnavailableError when bucket or database could not be asked, or the write has no definite answer
   * @throws ConfigError when the bucket cannot hold locked objects, `BUCKET_UNFIT` when it was seen not to keep what it
   *   is sent: nothing further is written then
   */
  anchor(request: AnchorRequest = {}): Promise<AnchorOutcome> {
    return this.series(request, this.options.lockWaitMs);
  }

  /**
   * As `anchor`, for a run that another one follows soon: leaves the chain to an anchorer that is at work for longer
   * than a few seconds.
   */
  async anchorUnlessBusy(request: AnchorRequest = {}): Promise<AnchorOutcome | BusyOutcome> {
    try {
      return await this.series(request, Math.min(BUSY_AFTER_MS, this.options.lockWaitMs));
    } catch (error) {
      if (!(error instanceof UnavailableError) || error.code !== 'LOCK_BUSY') throw error;
      return { kind: 'busy', message: error.message };
    }
  }

  private series(request: AnchorRequest, waitMs: number): Promise<AnchorOutcome> {
    return anchorInSeries(request, (each, rest) => this.attempt(each, waitMs, rest));
  }

  /** @param rest why the events behind the anchor before it were due, null for the first of a series */
  private async attempt(request: AnchorRequest, waitMs: number, rest: Trigger | null): Promise<Attempt> {
    const { auditLog, clock } = this.options;
    const startedAt = clock.now();
    const { signal } = request;
    this.writer.requireFit();
    const took = (written: Written, more: Trigger | null = null): Attempt => ({
      outcome: { ...written, durationMs: Math.max(0, clock.now() - startedAt) },
      rest: more,
    });
    return auditLog.exclusive(
      async (session) => {
        const settled = await this.settle(request);
        if (settled && !request.force) return took(settled);
        const draft = await session.snapshot((snapshot) => this.prepare(snapshot, request, rest));
        if (draft.kind === 'not due' && settled) return took(settled);
        if (draft.kind !== 'draft') return { outcome: draft, rest: null };
        const { lsn } = draft.identity;
        const flushedLsn = lsn === null ? null : await session.flushed(lsn);
        await this.checkBucket(signal);
        const anchor = await this.compose(
          { ...draft, identity: { ...draft.identity, lsn: flushedLsn } },
          signal,
        );
        // The lock may have gone with the connection while events were read.
        await session.assertHeld();
        const stored = await this.writer.write(anchor, signal);
        return took(await this.record(stored, request, draft.behind), draft.rest);
      },
      { waitMs, signal },
    );
  }

  /** Null when no earlier write is without a definite answer, or it was never stored. */
  private async settle(request: AnchorRequest): Promise<Written | null> {
    const stored = await this.writer.settle(request.signal);
    return stored && this.record(stored, request);
  }

  /** Judges from the head of the chain and the newest anchor seen so far; asks the database only. */
  async pending(signal?: AbortSignal): Promise<Pending> {
    const head = await this.options.auditLog.head(signal);
    const newest = this.tip.known;
    return { trigger: this.due(head, newest), unanchored: this.behindNewest(head) };
  }

  /** Null also where the database lacks anchored events: what it has behind them is then unknown. */
  private behindNewest(head: ChainHead | null): number | null {
    const { isKnown, known } = this.tip;
    if (!isKnown || (known?.lastSeq ?? 0) > (head?.index ?? 0)) return null;
    return unanchoredEvents({ head, newest: known });
  }

  private now(): number {
    return Math.floor(this.options.clock.now() / 1000);
  }

  private due(head: ChainHead | null, newest: KnownAnchor | null): Trigger | null {
    if (head === null && this.options.reading.layout.format === 'links') return null;
    return dueTrigger(this.options.cadence, { now: this.now(), newest, head });
  }

  private async prepare(
    snapshot: AuditLogSnapshot,
    request: AnchorRequest,
    rest: Trigger | null,
  ): Promise<Draft | AnchorOutcome> {
    const findings = new FindingLog();
    requireTable(snapshot.relation, this.options.reading);
    const identity = await snapshot.identity();
    requirePrimary(identity);
    const head = await snapshot.head();
    const previous = await this.tip.refresh(snapshot, this.now(), findings, request.signal);
    requireSameChain(previous, this.options.reading.layout);
    request.onSeen?.({ newest: this.tip.known, unanchored: this.behindNewest(head) });
    if (previous) await checkAnchoredEvent(snapshot, identity, head, previous, findings);
    if (blocks(findings)) return refusal(findings, this.tip.takeNoticed());

    const waiting = rest !== null && unanchoredEvents({ head, newest: previous }) > 0;
    const due = waiting ? rest : (this.due(head, previous) ?? this.forced(request, head, previous));
    if (due === null) return this.notDue(head, previous);
    const firstSeq = previous
      ? previous.lastSeq + 1
      : await firstIndexOf(snapshot, this.options.reading.layout);
    const end = await endOfRange(snapshot, firstSeq, head, this.options.rangeEvents);
    const { merkleRoot, events, recomputed } = await verifyNewEvents(
      snapshot,
      this.options.reading,
      { previous, head: end, firstSeq },
      findings,
      request,
    );
    if (blocks(findings) || merkleRoot === null) return refusal(findings, this.tip.takeNoticed(), recomputed);
    const more = end === head ? { trigger: due, rest: null } : { trigger: 'backlog' as const, rest: due };
    const behind = (head?.index ?? 0) - (end?.index ?? 0);
    const { columns } = snapshot;
    const range = { firstSeq, events, merkleRoot, columns };
    return { kind: 'draft', ...more, behind, previous, head: end, ...range, identity };
  }

  private forced(request: AnchorRequest, head: ChainHead | null, newest: KnownAnchor | null): Trigger | null {
    if (head === null && this.options.reading.layout.format === 'links') return null;
    if (request.force === 'manual') return 'manual';
    return request.force === 'shutdown' && unanchoredEvents({ head, newest }) > 0 ? 'shutdown' : null;
  }

  private notDue(head: ChainHead | null, newest: KnownAnchor | null): AnchorOutcome {
    const nextInterval = nextGridTime(this.now(), this.options.cadence.intervalMinutes) * 1000;
    const unanchored = unanchoredEvents({ head, newest });
    return { kind: 'not due', nextInterval, unanchored, ...noticed(this.tip) };
  }

  private async checkBucket(signal: AbortSignal | undefined): Promise<void> {
    if (this.bucketChecked) return;
    await requireLockedBucket(this.options.store, signal);
    this.bucketChecked = true;
  }

  private async compose(draft: Draft, signal: AbortSignal | undefined): Promise<Anchor> {
    const { previous, head, identity } = draft;
    const {
      store,
      clock,
      clockToleranceSeconds: toleranceSeconds = DEFAULTS.clockToleranceSeconds,
    } = this.options;
    const { chainId } = this.options.reading;
    const question = { store, clock, chainId, toleranceSeconds };
    const seconds = await freeSecond(question, previous, signal);
    return {
      chain_id: chainId,
      last_seq: head?.index ?? 0,
      last_hash: head?.hash ?? ZERO_HASH,
      ts_utc: formatAnchorTime(seconds),
      db_snapshot_lsn: identity.lsn,
      prev_anchor_hash: previous?.hash ?? ZERO_HASH,
      format: 1,
      anchor_seq: (previous?.anchorSeq ?? 0) + 1,
      first_seq: draft.firstSeq,
      events: draft.events,
      merkle_root: draft.merkleRoot,
      faults: 0,
      chain_format: this.options.reading.layout.format,
      columns: draft.columns,
      // A foreign chain may have empty key ids; an anchor has one or none.
      key_id: head?.keyId || null,
      trigger: draft.trigger,
      db_system_id: identity.systemId,
      db_timeline: identity.timeline,
      leaves_sha256: null,
      declared: null,
    };
  }

  /** Looks at what was stored; what is wrong with the bucket ends all writing, after the anchor is taken in. */
  private async record(
    stored: StoredAnchor,
    { signal, onSeen }: AnchorRequest,
    behind = 0,
  ): Promise<Written> {
    const versions = await this.tip.wrote(stored, signal);
    onSeen?.({ newest: this.tip.known, unanchored: behind });
    const unfit = await this.writer.confirm(stored, versions, signal);
    if (unfit) throw unfit;
    const { anchor, retainUntil, alreadyStored, known } = stored;
    const { key, versionId } = known;
    const { trigger } = anchor;
    const written = { anchor, trigger, key, versionId, retainUntil, alreadyStored };
    return { kind: 'written', ...written, ...noticed(this.tip) };
  }
}

/** Nothing when nothing was noticed. */
function noticed(tip: ChainTip): Pick<WrittenAnchor, 'findings'> {
  const findings = tip.takeNoticed();
  return findings.length > 0 ? { findings } : {};
}

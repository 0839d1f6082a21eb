import { ConfigError } from '../errors';
import { requireChainId } from '../domain/anchor/object-key';
import type { AnchorPolicy } from '../domain/anchor/policy';
import { FindingLog } from '../domain/findings/finding-log';
import type { VerificationReport } from '../domain/findings/report';
import { isInterruption } from './interruption';
import type { AnchorStore, AuditLog, Clock } from './ports';
import { otherChain } from './same-chain';
import type { ChainReading } from './scan-chain';
import { serverClock } from './server-clock';
import type { BucketEvidence } from './verify/bucket-evidence';
import { buildReport, newestKnown } from './verify/build-report';
import { attestationsOf } from './verify/checkpoints';
import type { DatabaseEvidence } from './verify/database-evidence';
import { collectDatabaseEvidence } from './verify/database-evidence';
import type { VerifyProgress } from './verify/every-anchor';
import { collectEveryAnchor } from './verify/every-anchor';
import { collectNewestEvidence } from './verify/newest-evidence';
import type { StateStore } from './verify/run-memory';
import { RunMemory } from './verify/run-memory';
import type { ScanWorkers } from './verify/scan-parts';
import type { VerifyScope } from './verify/scope';
import { selectionOf } from './verify/scope';
import { holdsIn, settleSiblings } from './verify/siblings';

export type { VerifyProgress } from './verify/every-anchor';

/** What a verifier works with: the evidence, and what is held against it. */
export interface VerifierOptions {
  readonly store: AnchorStore;
  readonly clock: Clock;
  readonly policy: AnchorPolicy;
  /** Null in the auditor's mode: only anchors can be verified then. */
  readonly database: VerifiedDatabase | null;
}

/** The database that is held against the anchors, and how it is read. */
export interface VerifiedDatabase {
  readonly auditLog: AuditLog;
  readonly reading: ChainReading;
  /**
   * Readers beside the verifier itself.
   *
   * @default - one reader, on one connection
   */
  readonly workers?: ScanWorkers | null;
  /**
   * Events read per second at most.
   *
   * @default - as fast as they come
   */
  readonly maxRate?: number | null;
  /**
   * Events that a reader has at least; fewer events are read by fewer readers.
   *
   * @default 10,000
   */
  readonly eventsPerReader?: number;
  /**
   * Where a run keeps what it has read, to be resumed, and what it has verified, for `since-last`.
   *
   * @default - nothing is remembered
   */
  readonly state?: StateStore | null;
}

const NO_EVIDENCE: BucketEvidence = { anchors: [], beside: [], siblings: [], listed: 0 };

interface Run {
  readonly scope: VerifyScope;
  readonly findings: FindingLog;
  readonly startedAt: number;
  readonly progress: VerifyProgress;
  readonly signal: AbortSignal | undefined;
  readonly memory: RunMemory | null;
}

/** Proves from the bucket outward that the database still says what it said. Reads only. */
export class Verifier {
  /** @throws ConfigError `CONFIG_INVALID` for a chain id that no chain can have */
  constructor(private readonly options: VerifierOptions) {
    requireChainId(options.policy.chainId);
  }

  /**
   * Bucket first, then the database, then the verdict over both.
   * @param signal ends it; tampering that was found by then is reported all the same
   * @throws UnavailableError when the bucket cannot be listed at all; everything less is a finding of the report
   * @throws ConfigError when bucket or settings are wrong
   */
  async verify(
    scope: VerifyScope,
    progress: VerifyProgress = () => undefined,
    signal?: AbortSignal,
  ): Promise<VerificationReport> {
    const findings = new FindingLog();
    const startedAt = this.options.clock.now();
    const memory = await this.recall(scope, findings);
    const run = { scope, findings, startedAt, progress, signal, memory };
    const { bucket, database } = await this.look(run);
    settleSiblings(bucket.siblings, holdsIn(database?.siblings), findings);
    const report = this.report(run, bucket, database);
    if (!memory) return report;
    await memory.finish(report.verdict, database !== null, database?.stretch ?? null);
    // Whether it could be remembered is part of the report, though not of the verdict.
    return this.report(run, bucket, database);
  }

  private async look(
    run: Run,
  ): Promise<{ readonly bucket: BucketEvidence; readonly database: DatabaseEvidence | null }> {
    const { scope, findings, signal } = run;
    let bucket: BucketEvidence | null = null;
    try {
      bucket = scope.kind === 'latest' ? await this.newestAnchor(run) : await this.everyAnchor(run);
      return { bucket, database: scope.kind === 'anchors-only' ? null : await this.database(run, bucket) };
    } catch (error) {
      if (!signal || !isInterruption(error, signal) || !findings.hasTampering()) throw error;
      // Tampering outranks everything else: whoever can stop a verification must not be able to hide what it found.
      findings.add({
        code: 'INTERRUPTED',
        place: bucket ? { kind: 'database' } : { kind: 'bucket', name: this.options.store.bucket },
        message: 'interrupted before everything was looked at; what was found by then stands',
      });
      return { bucket: bucket ?? NO_EVIDENCE, database: null };
    }
  }

  /** @throws ConfigError `USAGE` when a scope needs a state, or has no use for the one that was given */
  private async recall(scope: VerifyScope, findings: FindingLog): Promise<RunMemory | null> {
    const { store, policy, clock, database } = this.options;
    const { state = null, reading } = database ?? {};
    const uses = scope.kind === 'full' || scope.kind === 'since-last';
    if (!uses || !reading || state === null) {
      if (scope.kind !== 'since-last') return null;
      throw new ConfigError('USAGE', 'the scope since-last needs a database and a state');
    }
    if (reading.layout.format === 'links') {
      throw new ConfigError('USAGE', '--state needs a chain of format v1, found AUDIT_CHAIN_FORMAT=links', {
        hint: 'What is remembered is sealed with the HMAC keys of the chain.',
      });
    }
    const { chainId } = policy;
    return RunMemory.open({
      store: state,
      keys: reading.keys,
      chainId,
      bucket: store.bucket,
      // Used behind the look at the bucket only, when S3 has told its time.
      clock: serverClock(store, clock),
      findings,
    });
  }

  private async newestAnchor({ findings, signal }: Run): Promise<BucketEvidence> {
    const { store, policy, clock } = this.options;
    return collectNewestEvidence(store, policy, Math.floor(clock.now() / 1000), findings, signal);
  }

  private async everyAnchor({ findings, progress, signal }: Run): Promise<BucketEvidence> {
    const { store, clock, policy } = this.options;
    return collectEveryAnchor({ store, clock, policy, progress, signal }, findings);
  }

  private async database(run: Run, bucket: BucketEvidence): Promise<DatabaseEvidence | null> {
    const { database, clock } = this.options;
    if (!database) {
      const message = 'no database was given: only --anchors-only can be answered without one';
      run.findings.add({ code: 'DATABASE_UNREADABLE', place: { kind: 'database' }, message });
      return null;
    }
    const { anchors } = bucket;
    const attestations = attestationsOf(anchors);
    const { scope, findings, progress, signal, memory } = run;
    const newest = newestKnown(anchors);
    // Without the newest anchor there is nothing to hold the events against; why was reported already.
    if (scope.kind === 'latest' && !newest) return null;
    const { auditLog, reading, workers = null, maxRate = null, eventsPerReader } = database;
    const other = otherChain(newest, reading.layout);
    if (other && !findings.hasTampering()) throw other;
    // Read with settings of another chain, events would say nothing; the anchors have said enough.
    if (other) return null;
    const evidence = await collectDatabaseEvidence(
      auditLog,
      reading,
      {
        attestations,
        bucket,
        newest,
        remembered: memory && { memory, scope: scope.kind === 'since-last' ? 'since-last' : 'full' },
        selection: selectionOf(scope, anchors, attestations.checkpoints),
        means: { clock, workers, maxRate, eventsPerReader },
        onProgress: (events, estimate) => progress('events', events, estimate),
        signal,
      },
      findings,
    );
    if (evidence) this.reportLimits(run, reading, evidence);
    return evidence;
  }

  /** What was not evaluated although everything could be read. */
  private reportLimits(run: Run, reading: ChainReading, evidence: DatabaseEvidence): void {
    const { scope, findings, startedAt } = run;
    const place = { kind: 'database' } as const;
    if (reading.layout.format === 'links') {
      const message =
        'the hashes of a foreign chain cannot be recomputed: contents were held against its anchors, and nothing covers them before';
      findings.add({ code: 'CONTENTS_NOT_EVALUATED', place, message });
    }
    if (scope.kind === 'range' && isEmptyRange(scope, evidence, reading, startedAt / 1000)) {
      const message = 'the range asked for holds no event, so nothing was verified in it';
      findings.add({ code: 'NOTHING_IN_RANGE', place, message });
    }
  }

  private report(
    run: Run,
    { anchors, beside }: BucketEvidence,
    database: DatabaseEvidence | null,
  ): VerificationReport {
    const { store, policy, clock } = this.options;
    const { scope, startedAt, findings } = run;
    return buildReport({
      scope: scope.kind,
      chainId: policy.chainId,
      bucket: store.bucket,
      startedAt,
      finishedAt: clock.now(),
      anchors,
      beside,
      newest: newestKnown(anchors),
      database,
      findings,
    });
  }
}

/** True when no event can lie between the bounds; what they were widened to may hold some all the same. */
function isEmptyRange(
  { from, to }: VerifyScope & { readonly kind: 'range' },
  { head, scan, selected }: DatabaseEvidence,
  { layout }: ChainReading,
  now: number,
): boolean {
  const beyond =
    from?.kind === 'index' ? from.index > (head?.index ?? 0) : from !== null && from.seconds > now;
  const before = to?.kind === 'index' && to.index < 1 && layout.format === 'v1';
  return selected === 0 ? beyond || before || scan.events === 0 : before;
}

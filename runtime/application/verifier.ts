import { formatAnchorTime } from '../domain/anchor/anchor';
import type { AnchorPolicy } from '../domain/anchor/check-object';
import { explainFindings } from '../domain/findings/explain';
import { FindingLog } from '../domain/findings/finding-log';
import type { Coverage, VerificationReport } from '../domain/findings/report';
import { decideVerdict } from '../domain/findings/verdict';
import type { KnownAnchor } from './known-anchor';
import { knownFrom } from './newest-known';
import type { AnchorStore, AuditLog, Clock } from './ports';
import type { ChainReading } from './scan-chain';
import type { BucketEvidence } from './verify/bucket-evidence';
import { collectBucketEvidence } from './verify/bucket-evidence';
import { checkBucketSettings } from './verify/bucket-settings';
import { attestationsOf } from './verify/checkpoints';
import { contentsVerdict } from './verify/contents';
import type { DatabaseEvidence } from './verify/database-evidence';
import { collectDatabaseEvidence } from './verify/database-evidence';
import { collectNewestEvidence } from './verify/newest-evidence';
import type { ScanWorkers } from './verify/scan-parts';
import type { VerifyScope } from './verify/scope';
import { selectionOf } from './verify/scope';

/** What a long verification is doing; `total` is null when it is not known. */
export type VerifyProgress = (
  phase: 'listing' | 'anchors' | 'events',
  done: number,
  total: number | null,
) => void;

export interface VerifierOptions {
  readonly store: AnchorStore;
  readonly clock: Clock;
  readonly policy: AnchorPolicy;
  /** Null in the auditor's mode: only anchors can be verified then. */
  readonly database: VerifiedDatabase | null;
}

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
}

interface Run {
  readonly scope: VerifyScope;
  readonly findings: FindingLog;
  readonly startedAt: number;
  readonly progress: VerifyProgress;
  readonly signal: AbortSignal | undefined;
}

/** Proves from the bucket outward that the database still says what it said. Reads only. */
export class Verifier {
  constructor(private readonly options: VerifierOptions) {}

  /**
   * Bucket first, then the database, then the verdict over both.
   * @throws UnavailableError when the bucket cannot be listed at all; everything less is a finding of the report
   * @throws ConfigError when bucket or settings are wrong
   */
  async verify(
    scope: VerifyScope,
    progress: VerifyProgress = () => undefined,
    signal?: AbortSignal,
  ): Promise<VerificationReport> {
    const run = { scope, findings: new FindingLog(), startedAt: this.options.clock.now(), progress, signal };
    const bucket = scope.kind === 'latest' ? await this.newestAnchor(run) : await this.everyAnchor(run);
    const database = scope.kind === 'anchors-only' ? null : await this.database(run, bucket);
    return this.report(run, bucket, database);
  }

  private get nowSeconds(): number {
    return Math.floor(this.options.clock.now() / 1000);
  }

  private async newestAnchor({ findings }: Run): Promise<BucketEvidence> {
    const { store, policy } = this.options;
    return collectNewestEvidence(store, policy, this.nowSeconds, findings);
  }

  private async everyAnchor({ findings, progress, signal }: Run): Promise<BucketEvidence> {
    const { store, policy, database } = this.options;
    await checkBucketSettings(store, findings);
    // Whoever does not look at the table cannot know whether a foreign chain began at 0.
    const firstSeqs = database?.reading.layout.format === 'v1' ? [1] : [0, 1];
    const report = {
      onListed: (listed: number): void => progress('listing', listed, null),
      onRead: (read: number, total: number): void => progress('anchors', read, total),
    };
    return collectBucketEvidence(store, policy, this.nowSeconds, firstSeqs, findings, report, signal);
  }

  private async database(run: Run, { anchors }: BucketEvidence): Promise<DatabaseEvidence | null> {
    const { database, clock } = this.options;
    if (!database) {
      const message = 'no database was given: only --anchors-only can be answered without one';
      run.findings.add({ code: 'DATABASE_UNREADABLE', place: { kind: 'database' }, message });
      return null;
    }
    const attestations = attestationsOf(anchors);
    const { scope, findings, progress, signal } = run;
    const newest = newestKnown(anchors);
    // Without the newest anchor there is nothing to hold the events against; why was reported already.
    if (scope.kind === 'latest' && !newest) return null;
    const { auditLog, reading, workers = null, maxRate = null, eventsPerReader } = database;
    const evidence = await collectDatabaseEvidence(
      auditLog,
      reading,
      {
        attestations,
        newest,
        selection: selectionOf(scope, anchors, attestations.checkpoints),
        means: { clock, workers, maxRate, ...(eventsPerReader === undefined ? {} : { eventsPerReader }) },
        onProgress: (events, estimate) => progress('events', events, estimate),
        ...(signal ? { signal } : {}),
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
        'contents were not evaluated: the hashes of a foreign chain cannot be recomputed, only links, gaps and anchored hashes were checked';
      findings.add({ code: 'CONTENTS_NOT_EVALUATED', place, message });
    }
    if (scope.kind === 'range' && isEmptyRange(scope, evidence, reading, startedAt / 1000)) {
      const message = 'the range asked for holds no event, so nothing was verified in it';
      findings.add({ code: 'NOTHING_IN_RANGE', place, message });
    }
  }

  private report(run: Run, bucket: BucketEvidence, database: DatabaseEvidence | null): VerificationReport {
    const { store, policy, clock } = this.options;
    const findings = explainFindings(run.findings.all());
    const newest = newestKnown(bucket.anchors);
    return {
      verdict: decideVerdict(findings, bucket.anchors.length),
      scope: run.scope.kind,
      chainId: policy.chainId,
      bucket: store.bucket,
      startedAt: new Date(run.startedAt).toISOString(),
      finishedAt: new Date(clock.now()).toISOString(),
      contents: contentsVerdict(findings, database?.scan ?? null),
      coverage: coverageOf(bucket, database),
      newestAnchor: newest && {
        key: newest.key,
        versionId: newest.versionId,
        anchorSeq: newest.anchorSeq,
        lastSeq: newest.lastSeq,
        time: formatAnchorTime(newest.seconds),
      },
      tail: database?.tail ?? null,
      database: database && { systemId: database.identity.systemId, timeline: database.identity.timeline },
      findings,
    };
  }
}

function newestKnown(anchors: BucketEvidence['anchors']): KnownAnchor | null {
  for (let at = anchors.length - 1; at >= 0; at--) {
    const known = knownFrom(anchors[at]!);
    if (known) return known;
  }
  return null;
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

function coverageOf(bucket: BucketEvidence, database: DatabaseEvidence | null): Coverage {
  const scan = database?.scan;
  return {
    anchors: bucket.anchors.length,
    anchorsRead: bucket.anchors.filter(({ anchor }) => anchor !== null).length,
    events: scan?.events ?? 0,
    eventsRecomputed: scan?.recomputed ?? 0,
    range:
      scan && scan.firstIndex !== null && scan.lastIndex !== null
        ? { from: scan.firstIndex, to: scan.lastIndex }
        : null,
    anchoredHashes: (scan?.anchoredHashes ?? 0) + (database?.lookedUp ?? 0),
    rangeRoots: scan?.rangeRoots ?? 0,
  };
}

import { ConfigError, UnavailableError } from '../../errors';
import type { Finding } from '../../domain/findings/finding';
import { ZERO_HASH } from '../../domain/digests';
import { FindingLog } from '../../domain/findings/finding-log';
import { ageFault } from '../../domain/sharding/document-age';
import type { PartResult } from '../../domain/sharding/part-result';
import type { ChainEnd, PartialReport } from '../../domain/sharding/partial-report';
import { holdsTampering } from '../../domain/sharding/partial-report';
import type { Shard, ShardPlan } from '../../domain/sharding/plan';
import { planHash } from '../../domain/sharding/plan';
import type { SnapshotSeen } from '../../domain/sharding/read-parts';
import { olderThan, otherDatabase } from '../../domain/sharding/read-parts';
import { judgeSincePlan } from '../../domain/sharding/since-plan';
import { checkAnchoredEvent } from '../anchored-event';
import { isInterruption } from '../interruption';
import type { AuditLog, AuditLogSnapshot, Clock, DatabaseIdentity } from '../ports';
import { requireTable } from '../read-relation';
import type { ChainReading } from '../scan-chain';
import { tailOf } from '../verify/database-evidence';
import { rateLimit } from '../verify/rate-limit';
import { scanPart } from '../verify/scan-part';
import { behind } from './plan-shards';
import type { AgeOptions } from './sharding';
import { ageLimits, lookAround } from './sharding';

export interface ShardOptions extends AgeOptions {
  readonly auditLog: AuditLog;
  readonly reading: ChainReading;
  readonly clock: Clock;
  /** Events per second, null for no limit. */
  readonly maxRate: number | null;
  readonly onProgress: (events: number, total: number) => void;
  readonly signal?: AbortSignal;
}

function shardOf({ shards }: ShardPlan, number: number): Shard {
  const shard = shards[number - 1];
  if (shard) return shard;
  const allowed = shards.length === 1 ? '1, the only shard' : `1 to ${shards.length}, the shards of the plan`;
  throw new ConfigError('USAGE', `--number: found ${number}, allowed ${allowed}`, {
    hint: 'A plan may have fewer shards than were asked for: it names them.',
  });
}

/**
 * Reads one shard of a plan. A database whose anchored events were cut off or replaced since the plan is read too:
 * the partial report says so. Where the shard cannot be read to its end, or the database is in another state than the
 * plan, there is a partial report only for the tampering that was found, unfit to be merged: whoever can break a
 * connection, or change an event that no anchor covers, must not be able to hide what was found.
 * @throws ConfigError `FILE_UNUSABLE` when the plan lies in the future or is too old
 * @throws UnavailableError `SHARD_REFUSED` when the database is not the planned one, or older with nothing anchored
 * gone, `STANDBY_BEHIND` when a standby has not replayed the shard
 */
export async function scanShard(
  options: ShardOptions,
  plan: ShardPlan,
  number: number,
): Promise<PartialReport> {
  const { auditLog, reading, clock, maxRate, onProgress, signal } = options;
  const shard = shardOf(plan, number);
  refuseStale(plan, options);
  const startedAt = new Date(clock.now()).toISOString();
  const kept = new Unfinished(shard);
  try {
    return await auditLog.snapshot(
      async (snapshot) => {
        requireTable(snapshot.relation, reading);
        const { identity, seen } = await lookAround(snapshot);
        const { contradiction, stale } = await sincePlan(snapshot, plan, shard, identity, seen);
        const report = (result: PartResult, end: ChainEnd | null, unfit: string | null): PartialReport => ({
          plan: planHash(plan),
          number,
          snapshot: seen,
          startedAt,
          finishedAt: new Date(clock.now()).toISOString(),
          result,
          unfit,
          contradiction,
          end,
        });
        kept.report = report;
        const result = await scanPart(
          snapshot,
          reading,
          {
            part: shard,
            start: number === 1 ? { firstIndex: plan.firstIndex, firstLink: ZERO_HASH } : null,
          },
          {
            onProgress: (events) => onProgress(events, shard.events),
            onUnfinished: (findings) => kept.add(findings),
            pace: maxRate === null ? undefined : rateLimit(clock, maxRate, signal),
            signal,
          },
        );
        kept.add(result.findings);
        const end = number === plan.shards.length ? await endOf(snapshot, plan, clock) : null;
        const read = report(result, end, stale);
        if (stale !== null && !holdsTampering(read)) throw refused(number, stale);
        return read;
      },
      { signal },
    );
  } catch (error) {
    const unfit = kept.part(whyUnfinished(error, signal));
    if (unfit) return unfit;
    throw error;
  }
}

/** Null for what says nothing of the reading: a refusal, or a defect. */
function whyUnfinished(error: unknown, signal: AbortSignal | undefined): string | null {
  if (signal && isInterruption(error, signal)) return 'it was interrupted';
  return error instanceof UnavailableError && error.code !== 'SHARD_REFUSED' ? error.message : null;
}

/** What was found until reading came to an end that was not that of the shard. */
class Unfinished {
  /** Makes a partial report, once it is known of which database. */
  report: ((result: PartResult, end: null, unfit: string) => PartialReport) | null = null;
  private findings: readonly Finding[] = [];

  constructor(private readonly shard: Shard) {}

  /** Replaces what was given before. */
  add(findings: readonly Finding[]): void {
    this.findings = findings;
  }

  /** Null when it would hold no tampering. */
  part(why: string | null): PartialReport | null {
    const { from, to } = this.shard;
    if (why === null || this.report === null) return null;
    const result = { ...NOTHING_COUNTED, from, to, findings: this.findings };
    const part = this.report(result, null, `it was not read to its end: ${why}`);
    return holdsTampering(part) ? part : null;
  }
}

/** Of an unfinished part nothing is claimed but what was found. */
const NOTHING_COUNTED = {
  events: 0,
  recomputed: 0,
  firstIndex: null,
  lastIndex: null,
  lastHash: null,
  first: null,
  anchoredHashes: 0,
  rangeRoots: 0,
} as const;

function refuseStale(plan: ShardPlan, options: ShardOptions): void {
  const fault = ageFault(plan.createdAt, ageLimits(options, options.clock));
  if (fault === null) return;
  throw new ConfigError('FILE_UNUSABLE', `the plan is stale: ${fault}`, {
    hint: 'Begin with a new plan, in a new place.',
  });
}

interface SincePlan {
  /** What contradicts the plan and is tampering. */
  readonly contradiction: Finding | null;
  /** Why the database is in another state than the plan, which proves nothing by itself. */
  readonly stale: string | null;
}

async function sincePlan(
  snapshot: AuditLogSnapshot,
  plan: ShardPlan,
  { number, to }: Shard,
  { standby }: DatabaseIdentity,
  seen: SnapshotSeen,
): Promise<SincePlan> {
  const other = otherDatabase(plan.snapshot, seen);
  if (other !== null) throw refused(number, other);
  const older = olderThan(plan.snapshot, seen);
  if (standby && older !== null) {
    // The planner has seen events that are not here: they are yet to come, and were not cut off.
    const reach = to ?? plan.newest?.lastSeq ?? 0;
    throw (seen.head?.index ?? 0) < reach ? behind(reach) : refused(number, older);
  }
  const planned = plan.snapshot.head;
  const judged = judgeSincePlan(plan, seen, planned && (await snapshot.hashAt(planned.index)));
  return {
    contradiction: judged.kind === 'tampered' ? judged.finding : null,
    stale: judged.kind === 'stale' ? judged.why : null,
  };
}

function refused(number: number, why: string): UnavailableError {
  return new UnavailableError('SHARD_REFUSED', `shard ${number} cannot be read here: ${why}`, {
    hint: 'Read from the planned database, or make a new plan.',
  });
}

async function endOf(snapshot: AuditLogSnapshot, plan: ShardPlan, clock: Clock): Promise<ChainEnd> {
  const findings = new FindingLog();
  const { identity, head } = await lookAround(snapshot);
  for (const anchor of plan.lookUps) {
    await checkAnchoredEvent(snapshot, identity, head, anchor, findings);
  }
  return {
    tail: await tailOf(snapshot, head, plan.newest, clock.now()),
    lookedUp: plan.lookUps.length,
    findings: findings.all(),
  };
}

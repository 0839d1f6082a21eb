import { ConfigError, UnavailableError } from '../../errors';
import type { Finding } from '../../domain/findings/finding';
import { ZERO_HASH } from '../../domain/digests';
import { FindingLog } from '../../domain/findings/finding-log';
import { ageFault } from '../../domain/sharding/document-age';
import type { ChainEnd, PartialReport } from '../../domain/sharding/partial-report';
import type { Shard, ShardPlan } from '../../domain/sharding/plan';
import { planHash } from '../../domain/sharding/plan';
import type { SnapshotSeen } from '../../domain/sharding/read-parts';
import { olderThan } from '../../domain/sharding/read-parts';
import { judgeSincePlan } from '../../domain/sharding/since-plan';
import { checkAnchoredEvent } from '../anchored-event';
import type { AuditLog, AuditLogSnapshot, Clock, DatabaseIdentity } from '../ports';
import type { ChainReading } from '../scan-chain';
import { tailOf } from '../verify/database-evidence';
import { asKnown } from '../verify/remembered';
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
 * the partial report says so.
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
  await auditLog.checkShape(signal);
  const until = { signal };
  return auditLog.snapshot(async (snapshot) => {
    const { identity, seen } = await lookAround(snapshot);
    const contradiction = await sincePlan(snapshot, plan, shard, identity, seen);
    const result = await scanPart(
      snapshot,
      reading,
      { part: shard, start: number === 1 ? { firstIndex: plan.firstIndex, firstLink: ZERO_HASH } : null },
      {
        onProgress: (events) => onProgress(events, shard.events),
        ...(maxRate === null ? {} : { pace: rateLimit(clock, maxRate, signal) }),
        ...(signal ? { signal } : {}),
      },
    );
    const end = number === plan.shards.length ? await endOf(snapshot, plan, clock) : null;
    const finishedAt = new Date(clock.now()).toISOString();
    return {
      plan: planHash(plan),
      number,
      snapshot: seen,
      startedAt,
      finishedAt,
      result,
      contradiction,
      end,
    };
  }, until);
}

function refuseStale(plan: ShardPlan, options: ShardOptions): void {
  const fault = ageFault(plan.createdAt, ageLimits(options, options.clock));
  if (fault === null) return;
  throw new ConfigError('FILE_UNUSABLE', `the plan is stale: ${fault}`, {
    hint: 'Begin with a new plan, in a new place.',
  });
}

/** What contradicts the plan and is tampering; whatever else does not fit it is refused. */
async function sincePlan(
  snapshot: AuditLogSnapshot,
  plan: ShardPlan,
  { number, to }: Shard,
  { standby }: DatabaseIdentity,
  seen: SnapshotSeen,
): Promise<Finding | null> {
  const older = olderThan(plan.snapshot, seen);
  if (standby && older !== null) {
    // The planner has seen events that are not here: they are yet to come, and were not cut off.
    const reach = to ?? plan.newest?.lastSeq ?? 0;
    throw (seen.head?.index ?? 0) < reach ? behind(reach) : refused(number, older);
  }
  const planned = plan.snapshot.head;
  const judged = judgeSincePlan(plan, seen, planned && (await snapshot.hashAt(planned.index)));
  if (judged.kind === 'stale') throw refused(number, judged.why);
  return judged.kind === 'tampered' ? judged.finding : null;
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
    await checkAnchoredEvent(snapshot, identity, head, asKnown(anchor), findings);
  }
  const newest = plan.newest && asKnown(plan.newest);
  return {
    tail: await tailOf(snapshot, head, newest, clock.now()),
    lookedUp: plan.lookUps.length,
    findings: findings.all(),
  };
}

import { ConfigError, UnavailableError } from '../../errors';
import { ZERO_HASH } from '../../domain/digests';
import { FindingLog } from '../../domain/findings/finding-log';
import type { ChainEnd, PartialReport } from '../../domain/sharding/partial-report';
import type { Shard, ShardPlan } from '../../domain/sharding/plan';
import { planHash } from '../../domain/sharding/plan';
import { strangeAfter } from '../../domain/sharding/read-parts';
import { checkAnchoredEvent } from '../anchored-event';
import type { AuditLog, AuditLogSnapshot, Clock } from '../ports';
import type { ChainReading } from '../scan-chain';
import { tailOf } from '../verify/database-evidence';
import { asKnown } from '../verify/remembered';
import { rateLimit } from '../verify/rate-limit';
import { scanPart } from '../verify/scan-part';
import { behind } from './plan-shards';
import { lookAround } from './sharding';

export interface ShardOptions {
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
  throw new ConfigError('USAGE', `--number: found ${number}, allowed ${allowed}`);
}

/**
 * Reads one shard of a plan.
 * @throws UnavailableError `SHARD_REFUSED` when the database is not the planned one or older, `STANDBY_BEHIND` when
 * a standby has not replayed the shard
 */
export async function scanShard(
  options: ShardOptions,
  plan: ShardPlan,
  number: number,
): Promise<PartialReport> {
  const { auditLog, reading, clock, maxRate, onProgress, signal } = options;
  const shard = shardOf(plan, number);
  const startedAt = new Date(clock.now()).toISOString();
  await auditLog.checkShape();
  return auditLog.snapshot(async (snapshot) => {
    const { identity, head, seen } = await lookAround(snapshot);
    const reach = shard.to ?? plan.newest?.lastSeq ?? 0;
    if (identity.standby && (head?.index ?? 0) < reach && isBehindPlan(plan, head?.index ?? null)) {
      throw behind(reach);
    }
    const strange = strangeAfter(plan.snapshot, seen);
    if (strange !== null) {
      throw new UnavailableError('SHARD_REFUSED', `shard ${number} cannot be read here: ${strange}`, {
        hint: 'Read from the planned database, or make a new plan.',
      });
    }
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
    return { plan: planHash(plan), number, snapshot: seen, startedAt, finishedAt, result, end };
  });
}

/** True when the planner has seen events that are not here: they are yet to come, and were not cut off. */
function isBehindPlan({ snapshot }: ShardPlan, head: number | null): boolean {
  return snapshot.head !== null && (head === null || head < snapshot.head.index);
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

import { UnavailableError } from '../../errors';
import { explainFindings } from '../../domain/findings/explain';
import type { Finding } from '../../domain/findings/finding';
import { FindingLog } from '../../domain/findings/finding-log';
import { partition } from '../../domain/sharding/partition';
import type { ShardPlan } from '../../domain/sharding/plan';
import { sealPlan } from '../../domain/sharding/plan';
import { lagsBehind } from '../anchored-event';
import type { AuditLog } from '../ports';
import { requireSameChain } from '../same-chain';
import { requireTable } from '../read-relation';
import type { ChainReading } from '../scan-chain';
import { firstIndexOf } from '../scan-chain';
import { serverClock } from '../server-clock';
import { newestKnown } from '../verify/build-report';
import { attestationsOf } from '../verify/checkpoints';
import { collectEveryAnchor } from '../verify/every-anchor';
import { settleSiblings } from '../verify/siblings';
import type { ShardingOptions } from './sharding';
import { lookAround, lookUpOf } from './sharding';

export interface PlanOptions extends ShardingOptions {
  readonly auditLog: AuditLog;
  readonly reading: ChainReading;
}

export interface Planned {
  readonly plan: ShardPlan;
  /** The plan, sealed with the chain's keys. */
  readonly document: object;
  /** What is wrong in the bucket already; merging judges it again. */
  readonly findings: readonly Finding[];
}

/**
 * Divides the chain into at most `count` shards of about the same number of events. There are fewer when there are
 * fewer anchors to divide at.
 * @throws UnavailableError when bucket or database cannot be read, `STANDBY_BEHIND` when a standby lags behind the
 * newest anchor
 */
export async function planShards(options: PlanOptions, count: number): Promise<Planned> {
  const { store, clock, policy, auditLog, reading, progress = () => undefined, signal } = options;
  const findings = new FindingLog();
  const { layout } = reading;
  const { anchors, beside, siblings } = await collectEveryAnchor(
    { store, clock, policy, progress, signal },
    findings,
  );
  settleSiblings(siblings, () => null, findings);
  const { checkpoints, others } = attestationsOf(anchors, beside);
  const newest = newestKnown(anchors);
  requireSameChain(newest, layout);
  const { seen, firstIndex } = await auditLog.snapshot(
    async (snapshot) => {
      requireTable(snapshot.relation, reading);
      const { identity, seen } = await lookAround(snapshot);
      const lacks =
        newest && lagsBehind(identity, newest) && (await snapshot.hashAt(newest.lastSeq)) === null;
      if (lacks) throw behind(newest.lastSeq);
      return { seen, firstIndex: await firstIndexOf(snapshot, layout, checkpoints) };
    },
    { signal },
  );
  const whole = { from: null, to: null, unindexed: true, checkpoints };
  const extent = { first: firstIndex, last: seen.head?.index ?? firstIndex };
  const parts = seen.head ? partition(whole, extent, count) : [whole];
  const shards = parts.map((part, at) => ({
    ...part,
    number: at + 1,
    events: Math.max(0, (part.to ?? extent.last) - (part.from ?? extent.first) + 1),
  }));
  const plan: ShardPlan = {
    chainId: policy.chainId,
    bucket: store.bucket,
    createdAt: new Date(serverClock(store, clock).now()).toISOString(),
    snapshot: seen,
    firstIndex,
    newest: newest && { ...lookUpOf(newest), sha256: newest.hash },
    lookUps: others.map(lookUpOf),
    shards,
  };
  return { plan, document: sealPlan(plan, reading.keys), findings: explainFindings(findings.all()) };
}

export function behind(lastSeq: number): UnavailableError {
  return new UnavailableError(
    'STANDBY_BEHIND',
    `this standby has not yet replayed the events up to ${lastSeq}, which are anchored`,
    { hint: 'Wait until it has caught up, or read from the primary.' },
  );
}

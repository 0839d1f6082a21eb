import type { MergeOptions } from '../../../../runtime/application/shards/merge-shards';
import { mergeShards } from '../../../../runtime/application/shards/merge-shards';
import type { NamedPart } from '../../../../runtime/application/shards/part-problems';
import { planShards } from '../../../../runtime/application/shards/plan-shards';
import type { ShardOptions } from '../../../../runtime/application/shards/scan-shard';
import { scanShard } from '../../../../runtime/application/shards/scan-shard';
import { DEFAULTS } from '../../../../runtime/contract';
import type { VerificationReport } from '../../../../runtime/domain/findings/report';
import type { PartialReport } from '../../../../runtime/domain/sharding/partial-report';
import { openPartialReport, sealPartialReport } from '../../../../runtime/domain/sharding/partial-report';
import type { ShardPlan } from '../../../../runtime/domain/sharding/plan';
import { openPlan } from '../../../../runtime/domain/sharding/plan';
import type { OpenDocument } from '../../../../runtime/domain/sharding/sealed-document';
import { readDocument } from '../../../../runtime/domain/sharding/sealed-document';
import { MemoryAuditLog } from '../../../fakes/memory-audit-log';
import { CHAIN_ID, LAYOUT } from '../../../support/chain';
import type { World } from '../verify/worlds';
import { READING } from '../verify/worlds';

/** As a file would bring it to another machine. */
export function carried(document: object): OpenDocument {
  const read = readDocument(JSON.stringify(document, null, 2));
  if (!read) throw new Error('the text of a document was not recognised');
  return read;
}

const { retentionDays, clockToleranceSeconds, intervalMinutes } = DEFAULTS;
const POLICY = { chainId: CHAIN_ID, retentionDays, clockToleranceSeconds, intervalMinutes };

export async function plan({ rows, store, clock }: World, count: number): Promise<ShardPlan> {
  const auditLog = new MemoryAuditLog(rows);
  const made = await planShards({ store, clock, policy: POLICY, auditLog, reading: READING }, count);
  return openPlan(carried(made.document), READING.keys);
}

export async function shard(
  { rows, clock }: World,
  planned: ShardPlan,
  number: number,
  options: Partial<ShardOptions> = {},
): Promise<PartialReport> {
  const report = await scanShard(
    {
      auditLog: new MemoryAuditLog(rows),
      reading: READING,
      clock,
      maxRate: null,
      clockToleranceSeconds,
      onProgress: () => undefined,
      ...options,
    },
    planned,
    number,
  );
  return openPartialReport(carried(sealPartialReport(report, READING.keys)), READING.keys);
}

export function merge(
  { store, clock }: World,
  planned: ShardPlan,
  parts: readonly NamedPart[],
  options: Partial<MergeOptions> = {},
): Promise<VerificationReport> {
  return mergeShards({
    store,
    clock,
    policy: POLICY,
    layout: LAYOUT,
    plan: planned,
    parts,
    problems: [],
    ...options,
  });
}

/** Every shard of the plan, in an order of the caller's. */
export async function everyShard(
  world: World,
  planned: ShardPlan,
  order: readonly number[] = planned.shards.map(({ number }) => number),
): Promise<NamedPart[]> {
  const parts: NamedPart[] = [];
  for (const number of order) {
    parts.push({ name: `part-${number}.json`, report: await shard(world, planned, number) });
  }
  return parts;
}

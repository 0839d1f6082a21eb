import type { ChainKeys } from '../../domain/chain/chain-keys';
import type { Finding } from '../../domain/findings/finding';
import { canonicalJson } from '../../domain/sharding/canonical-json';
import type { PartialReport } from '../../domain/sharding/partial-report';
import { foundIn, openPartialReport, sealPartialReport } from '../../domain/sharding/partial-report';
import type { ShardPlan } from '../../domain/sharding/plan';
import { planHash } from '../../domain/sharding/plan';
import { besideName, partName } from '../../domain/sharding/report-names';
import { documentText, readDocument } from '../../domain/sharding/sealed-document';
import { AuditAnchorError } from '../../errors';
import type { ReportStore } from './report-store';
import type { ShardOptions } from './scan-shard';
import { scanShard } from './scan-shard';
import { ageLimits } from './sharding';
import { storedPlan } from './stored-plan';

/** What became of one shard of a plan. */
export interface ShardRead {
  readonly plan: ShardPlan;
  readonly report: PartialReport;
  /** The report, sealed with the chain's keys. */
  readonly document: object;
  /** Everything that was found in the shard and about it. */
  readonly findings: readonly Finding[];
}

function shardRead(plan: ShardPlan, report: PartialReport, keys: ChainKeys): ShardRead {
  return { plan, report, document: sealPartialReport(report, keys), findings: foundIn(report) };
}

/**
 * Reads one shard of a plan.
 * @throws as `scanShard`
 */
export async function readShard(options: ShardOptions, plan: ShardPlan, number: number): Promise<ShardRead> {
  return shardRead(plan, await scanShard(options, plan, number), options.reading.keys);
}

/**
 * Reads one shard of the plan in a place, unless its partial report is there already: what an earlier attempt has kept
 * is taken as it is, and nothing that was found is lost to what was found before.
 * @returns with it what keeps the partial report; null when that was there
 * @throws ConfigError `FILE_UNUSABLE` when the plan is in the future or too old
 */
export async function readShardOnce(
  options: ShardOptions,
  number: number,
  store: ReportStore,
): Promise<ShardRead & { readonly keep: (() => Promise<void>) | null }> {
  const { keys } = options.reading;
  const plan = await storedPlan(store, keys, ageLimits(options, store.clock));
  const before = await earlierPart(store, plan, number, keys);
  if (before) return { ...shardRead(plan, before, keys), keep: null };
  const read = await readShard({ ...options, clock: store.clock }, plan, number);
  const keep = async (): Promise<void> => {
    const text = documentText(read.document);
    const name = partName(number);
    // One that cannot be merged leaves the name to the one that can.
    if (read.report.unfit === null && (await store.create(name, text))) return;
    const other = await earlierPart(store, plan, number, keys);
    // Another process was faster. Where it has found something else, both are kept, and the merge refuses them.
    if (!other || !sameResult(other, read.report)) await store.create(besideName(name, text), text);
  };
  return { ...read, keep };
}

/**
 * The partial report of a shard that is there already. Whatever else has its name is left to the merge, which refuses
 * it: it must not keep the shard from being read.
 */
async function earlierPart(
  store: ReportStore,
  plan: ShardPlan,
  number: number,
  keys: ChainKeys,
): Promise<PartialReport | null> {
  try {
    const text = await store.read(partName(number));
    const document = text === null ? null : readDocument(text);
    if (document?.kind !== 'audit-anchor/part') return null;
    const report = openPartialReport(document, keys);
    const isOf = report.plan === planHash(plan) && report.number === number && report.unfit === null;
    return isOf ? report : null;
  } catch (error) {
    if (error instanceof AuditAnchorError) return null;
    throw error;
  }
}

function sameResult(one: PartialReport, other: PartialReport): boolean {
  const found = ({ result, contradiction, end }: PartialReport): string =>
    canonicalJson([result, contradiction, end?.findings ?? null]);
  return found(one) === found(other);
}

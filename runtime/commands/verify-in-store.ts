import type { MergeOptions } from '../application/shards/merge-shards';
import type { PlanOptions } from '../application/shards/plan-shards';
import { planShards } from '../application/shards/plan-shards';
import type { ReportStore } from '../application/shards/report-store';
import { ageLimits } from '../application/shards/sharding';
import type { ShardOptions } from '../application/shards/scan-shard';
import { scanShard } from '../application/shards/scan-shard';
import { SHARD_NUMBERS } from '../contract';
import type { ChainKeys } from '../domain/chain/chain-keys';
import { canonicalJson } from '../domain/sharding/canonical-json';
import type { AgeLimits } from '../domain/sharding/document-age';
import { ageFault } from '../domain/sharding/document-age';
import type { PartialReport } from '../domain/sharding/partial-report';
import { openPartialReport, sealPartialReport } from '../domain/sharding/partial-report';
import type { ShardPlan } from '../domain/sharding/plan';
import { planHash, sealPlan } from '../domain/sharding/plan';
import { besideName, isForMerge, partName, PLAN_NAME, REPORT_NAME } from '../domain/sharding/report-names';
import { readDocument } from '../domain/sharding/sealed-document';
import { AuditAnchorError, ConfigError } from '../errors';
import { printable } from '../printable';
import type { Outcome } from './outcome';
import { keptOutcome } from './report-outcome';
import { keptPart, keptPlan, mergeCommand, type NamedText, planOf } from './verify-shards';

/**
 * Sharded verification in a place where nothing is written twice. Each step can be asked for again: what an earlier
 * attempt has kept is taken as it is, and nothing that was found is lost to what was found before.
 */

const textOf = (document: object): string => `${JSON.stringify(document, null, 2)}\n`;

function taken(store: ReportStore, name: string, why: string): ConfigError {
  return new ConfigError('FILE_UNUSABLE', `${printable(store.place + name)} is there already, and ${why}`, {
    hint: 'Nothing is written twice: begin again in a new place.',
  });
}

/** What is kept is taken as it is only for as long as it says something of now. */
function refuseStale({ createdAt }: ShardPlan, store: ReportStore, limits: AgeLimits): void {
  const fault = ageFault(createdAt, limits);
  if (fault !== null) throw taken(store, PLAN_NAME, fault);
}

/**
 * Plans, unless there is a plan of this chain already.
 * @throws ConfigError `FILE_UNUSABLE` when the plan that is there is of another chain, in the future or too old
 */
export async function planInStore(options: PlanOptions, count: number, store: ReportStore): Promise<Outcome> {
  const { keys } = options.reading;
  const earlier = await earlierPlan(options, store);
  if (earlier) {
    refuseStale(earlier, store, ageLimits(options.policy, store.clock));
    await keepNumbers(store, earlier);
    return keptPlan(earlier, count, [], sealPlan(earlier, keys), 'planned before');
  }
  const { plan, findings } = await planShards(options, count);
  const sealed = sealPlan(plan, keys);
  const kept = (await store.create(PLAN_NAME, textOf(sealed))) ? plan : await earlierPlan(options, store);
  if (!kept) throw taken(store, PLAN_NAME, 'cannot be seen');
  await keepNumbers(store, kept);
  return keptPlan(kept, count, findings, sealPlan(kept, keys), null);
}

async function earlierPlan(
  { store: anchors, policy, reading }: PlanOptions,
  store: ReportStore,
): Promise<ShardPlan | null> {
  const text = await store.read(PLAN_NAME);
  if (text === null) return null;
  const plan = planOf({ name: store.place + PLAN_NAME, text }, reading.keys);
  if (plan.chainId === policy.chainId && plan.bucket === anchors.bucket) return plan;
  throw taken(store, PLAN_NAME, 'it is a plan of another chain or bucket');
}

/** For a state machine, which has to know how many shards there are before it can start a task for each. */
async function keepNumbers(store: ReportStore, { shards }: ShardPlan): Promise<void> {
  const text = `${JSON.stringify(shards.map(({ number }) => number))}\n`;
  if (await store.create(SHARD_NUMBERS, text)) return;
  if ((await store.read(SHARD_NUMBERS)) !== text) {
    throw taken(store, SHARD_NUMBERS, 'does not have the numbers of the shards of the plan beside it');
  }
}

/** The plan of a place. */
export async function planIn(store: ReportStore, keys: ChainKeys): Promise<ShardPlan> {
  const text = await store.read(PLAN_NAME);
  if (text !== null) return planOf({ name: store.place + PLAN_NAME, text }, keys);
  throw new ConfigError('FILE_UNUSABLE', `--shard: found no plan in ${printable(store.place)}`, {
    hint: `Make one with audit-anchor verify --plan N --out ${printable(store.place)}`,
  });
}

/**
 * Reads one shard of the plan, unless its partial report is there already.
 * @throws ConfigError `FILE_UNUSABLE` when the plan is in the future or too old
 */
export async function shardInStore(
  options: ShardOptions,
  number: number,
  store: ReportStore,
): Promise<Outcome> {
  const { keys } = options.reading;
  const plan = await planIn(store, keys);
  refuseStale(plan, store, ageLimits(options, store.clock));
  const before = await earlierPart(store, plan, number, keys);
  if (before) return keptPart(before, plan, sealPartialReport(before, keys), 'read before');
  const report = await scanShard({ ...options, clock: store.clock }, plan, number);
  const sealed = sealPartialReport(report, keys);
  const text = textOf(sealed);
  const name = partName(number);
  return keptOutcome(keptPart(report, plan, sealed, null), null, async () => {
    // One that cannot be merged leaves the name to the one that can.
    if (report.unfit === null && (await store.create(name, text))) return;
    const other = await earlierPart(store, plan, number, keys);
    // Another process was faster. Where it has found something else, both are kept, and the merge refuses them.
    if (!other || !sameResult(other, report)) await store.create(besideName(name, text), text);
  });
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

/** Combines the plan and the partial reports of a place. */
export async function mergeInStore(
  options: Omit<MergeOptions, 'plan' | 'parts' | 'problems'>,
  store: ReportStore,
  keys: ChainKeys,
): Promise<Outcome> {
  const files: NamedText[] = [];
  const problems: string[] = [];
  for (const name of (await store.list()).filter(isForMerge)) {
    try {
      files.push({ name, text: (await store.read(name)) ?? '' });
    } catch (error) {
      if (!(error instanceof AuditAnchorError) || name === PLAN_NAME) throw error;
      problems.push(`${printable(name)} cannot be read: ${error.message}`);
    }
  }
  return mergeCommand(options, { files, problems }, keys);
}

/** Keeps the report of a merge; beside an earlier one when there is one. */
export async function keepReport({ document }: Outcome, store: ReportStore): Promise<void> {
  const text = textOf(document as object);
  if (!(await store.create(REPORT_NAME, text))) await store.create(besideName(REPORT_NAME, text), text);
}

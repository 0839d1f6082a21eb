import { SHARD_NUMBERS } from '../../contract';
import type { ChainKeys } from '../../domain/chain/chain-keys';
import type { AgeLimits } from '../../domain/sharding/document-age';
import { ageFault } from '../../domain/sharding/document-age';
import type { ShardPlan } from '../../domain/sharding/plan';
import { openPlan, sealPlan } from '../../domain/sharding/plan';
import { PLAN_NAME } from '../../domain/sharding/report-names';
import { documentText, readDocument } from '../../domain/sharding/sealed-document';
import { ConfigError, FormatError } from '../../errors';
import { printable } from '../../printable';
import type { Planned, PlanOptions } from './plan-shards';
import { planShards } from './plan-shards';
import type { ReportStore } from './report-store';
import { ageLimits } from './sharding';

/** A file with its text, as named on the command line or found in a place. */
export interface NamedText {
  readonly name: string;
  readonly text: string;
}

/**
 * Reads a plan out of a file.
 * @throws ConfigError `FILE_UNUSABLE` when it is none, or not of this chain
 */
export function planOf({ name, text }: NamedText, keys: ChainKeys): ShardPlan {
  const document = readDocument(text);
  if (document?.kind !== 'audit-anchor/plan') throw notPlan(name, 'it is not a plan of verify --plan');
  try {
    return openPlan(document, keys);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw notPlan(name, error.message);
  }
}

export function notPlan(name: string, why: string): ConfigError {
  return new ConfigError('FILE_UNUSABLE', `${printable(name)} cannot be used as a plan: ${why}`, {
    hint: 'Make one with audit-anchor verify --plan N --out FILE, with the settings and HMAC keys of the shards.',
  });
}

/**
 * Plans, unless there is a plan of this chain already: every step of a sharded verification can be asked for again.
 * @returns `before` when the plan was there
 * @throws ConfigError `FILE_UNUSABLE` when the plan that is there is of another chain, in the future or too old
 */
export async function planOnce(
  options: PlanOptions,
  count: number,
  store: ReportStore,
): Promise<Planned & { readonly before: boolean }> {
  const { keys } = options.reading;
  const earlier = await earlierPlan(options, store);
  if (earlier) {
    refuseStale(earlier, store, ageLimits(options.policy, store.clock));
    await keepNumbers(store, earlier);
    return { plan: earlier, document: sealPlan(earlier, keys), findings: [], before: true };
  }
  const { plan, document, findings } = await planShards(options, count);
  const isKept = await store.create(PLAN_NAME, documentText(document));
  const kept = isKept ? plan : await earlierPlan(options, store);
  if (!kept) throw taken(store, PLAN_NAME, 'cannot be seen');
  await keepNumbers(store, kept);
  return { plan: kept, document: sealPlan(kept, keys), findings, before: false };
}

/**
 * The plan of a place.
 * @throws ConfigError `FILE_UNUSABLE` when there is none, or it is of another chain, in the future or too old
 */
export async function storedPlan(store: ReportStore, keys: ChainKeys, limits: AgeLimits): Promise<ShardPlan> {
  const plan = await readPlan(store, keys);
  if (!plan) {
    throw new ConfigError('FILE_UNUSABLE', `--shard: found no plan in ${printable(store.place)}`, {
      hint: `Make one with audit-anchor verify --plan N --out ${printable(store.place)}`,
    });
  }
  refuseStale(plan, store, limits);
  return plan;
}

async function readPlan(store: ReportStore, keys: ChainKeys): Promise<ShardPlan | null> {
  const text = await store.read(PLAN_NAME);
  return text === null ? null : planOf({ name: store.place + PLAN_NAME, text }, keys);
}

async function earlierPlan(
  { store: anchors, policy, reading }: PlanOptions,
  store: ReportStore,
): Promise<ShardPlan | null> {
  const plan = await readPlan(store, reading.keys);
  if (!plan || (plan.chainId === policy.chainId && plan.bucket === anchors.bucket)) return plan;
  throw taken(store, PLAN_NAME, 'it is a plan of another chain or bucket');
}

/** What is kept is taken as it is only for as long as it says something of now. */
function refuseStale({ createdAt }: ShardPlan, store: ReportStore, limits: AgeLimits): void {
  const fault = ageFault(createdAt, limits);
  if (fault !== null) throw taken(store, PLAN_NAME, fault);
}

/** For a state machine, which has to know how many shards there are before it can start a task for each. */
async function keepNumbers(store: ReportStore, { shards }: ShardPlan): Promise<void> {
  const text = `${JSON.stringify(shards.map(({ number }) => number))}\n`;
  if (await store.create(SHARD_NUMBERS, text)) return;
  if ((await store.read(SHARD_NUMBERS)) !== text) {
    throw taken(store, SHARD_NUMBERS, 'does not have the numbers of the shards of the plan beside it');
  }
}

function taken(store: ReportStore, name: string, why: string): ConfigError {
  return new ConfigError('FILE_UNUSABLE', `${printable(store.place + name)} is there already, and ${why}`, {
    hint: 'Nothing is written twice: begin again in a new place.',
  });
}

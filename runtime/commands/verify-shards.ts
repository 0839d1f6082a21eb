import type { MergeStoredOptions } from '../application/shards/merge-stored';
import { mergeStored } from '../application/shards/merge-stored';
import type { Planned, PlanOptions } from '../application/shards/plan-shards';
import { planShards } from '../application/shards/plan-shards';
import type { ShardRead } from '../application/shards/read-shard';
import { readShard, readShardOnce } from '../application/shards/read-shard';
import type { ReportStore } from '../application/shards/report-store';
import type { ShardOptions } from '../application/shards/scan-shard';
import { planOnce } from '../application/shards/stored-plan';
import { EXIT } from '../contract';
import type { ChainKeys } from '../domain/chain/chain-keys';
import type { Finding } from '../domain/findings/finding';
import { printable } from '../printable';
import { findingsText } from '../report/findings-text';
import { counted, formatCount } from '../terminal/duration';
import type { Outcome } from './outcome';
import { keptOutcome, reportOutcome } from './report-outcome';

/** Keeps a document; null to print it. */
export type Keep = ((text: string) => Promise<void>) | null;

interface Made {
  readonly document: object;
  readonly findings: readonly Finding[];
}

function outcomeOf({ document, findings }: Made, summary: readonly string[]): Outcome {
  return {
    exitCode: findings.some(({ severity }) => severity === 'tampering') ? EXIT.tampered : EXIT.ok,
    document,
    text: (colors) => [...summary, ...findingsText(findings, colors)],
  };
}

/** Prints the document itself, or keeps it and prints what it is. */
async function printedOrKept(outcome: Outcome, keep: Keep): Promise<Outcome> {
  const text = JSON.stringify(outcome.document, null, 2);
  if (keep === null) return { ...outcome, text: () => [text], asked: true, printedOnly: true };
  return keptOutcome(outcome, null, () => keep(`${text}\n`));
}

function planSummary({ plan }: Planned, count: number): readonly string[] {
  const fewer =
    plan.shards.length < count
      ? ` (${formatCount(count)} were asked for: a chain is divided at anchors only)`
      : '';
  return [
    `${counted(plan.shards.length, 'shard')}${fewer}`,
    ...plan.shards.map(
      ({ number, from, to, events }) =>
        `  ${number}: events ${from ?? plan.firstIndex} to ${to ?? 'the end'}, ${formatCount(events)} in all`,
    ),
  ];
}

export async function planCommand(options: PlanOptions, count: number, keep: Keep): Promise<Outcome> {
  const planned = await planShards(options, count);
  return printedOrKept(outcomeOf(planned, planSummary(planned, count)), keep);
}

export async function planInStore(options: PlanOptions, count: number, store: ReportStore): Promise<Outcome> {
  const planned = await planOnce(options, count, store);
  const before = planned.before ? [`planned before, at ${printable(planned.plan.createdAt)}`] : [];
  return outcomeOf(planned, [...before, ...planSummary(planned, count)]);
}

function shardSummary({ report: { number, result, unfit }, plan }: ShardRead): string {
  const { events, recomputed } = result;
  if (unfit !== null) return `shard ${number} of ${plan.shards.length} cannot be merged: ${printable(unfit)}`;
  return `shard ${number} of ${plan.shards.length}: ${counted(events, 'event')} read, ${formatCount(recomputed)} recomputed; a verdict comes with --merge`;
}

export async function shardCommand(
  options: ShardOptions,
  plan: ShardRead['plan'],
  number: number,
  keep: Keep,
): Promise<Outcome> {
  const read = await readShard(options, plan, number);
  return printedOrKept(outcomeOf(read, [shardSummary(read)]), keep);
}

export async function shardInStore(
  options: ShardOptions,
  number: number,
  store: ReportStore,
): Promise<Outcome> {
  const read = await readShardOnce(options, number, store);
  if (read.keep) return keptOutcome(outcomeOf(read, [shardSummary(read)]), null, read.keep);
  return outcomeOf(read, [`read before, at ${printable(read.report.finishedAt)}`, shardSummary(read)]);
}

export async function mergeInStore(
  options: MergeStoredOptions,
  store: ReportStore,
  keys: ChainKeys,
): Promise<Outcome> {
  return reportOutcome(await mergeStored(options, store, keys));
}

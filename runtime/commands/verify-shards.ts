import type { MergeOptions } from '../application/shards/merge-shards';
import { mergeShards } from '../application/shards/merge-shards';
import type { NamedPart } from '../application/shards/part-problems';
import type { PlanOptions } from '../application/shards/plan-shards';
import { planShards } from '../application/shards/plan-shards';
import type { ShardOptions } from '../application/shards/scan-shard';
import { scanShard } from '../application/shards/scan-shard';
import type { ExitCode } from '../contract';
import { EXIT } from '../contract';
import type { ChainKeys } from '../domain/chain/chain-keys';
import type { Finding } from '../domain/findings/finding';
import type { PartialReport } from '../domain/sharding/partial-report';
import { foundIn, openPartialReport, sealPartialReport } from '../domain/sharding/partial-report';
import type { ShardPlan } from '../domain/sharding/plan';
import { openPlan, sealPlan } from '../domain/sharding/plan';
import { PLAN_NAME } from '../domain/sharding/report-names';
import type { DocumentKind, OpenDocument } from '../domain/sharding/sealed-document';
import { readDocument } from '../domain/sharding/sealed-document';
import { ConfigError, FormatError } from '../errors';
import { printable } from '../printable';
import { findingsText } from '../report/findings-text';
import type { Colors } from '../terminal/colors';
import { counted, formatCount } from '../terminal/duration';
import type { Outcome } from './outcome';
import { keptOutcome, reportOutcome } from './report-outcome';

/** A file with its text, as named on the command line or found in a folder. */
export interface NamedText {
  readonly name: string;
  readonly text: string;
}

/** Keeps a document; null to print it. */
export type Keep = ((text: string) => Promise<void>) | null;

function exitOf(findings: readonly Finding[]): ExitCode {
  return findings.some(({ severity }) => severity === 'tampering') ? EXIT.tampered : EXIT.ok;
}

/** Prints the document itself, or keeps it and prints what it is. */
async function outcomeOf(
  document: object,
  findings: readonly Finding[],
  keep: Keep,
  summary: (colors: Colors) => readonly string[],
): Promise<Outcome> {
  const text = JSON.stringify(document, null, 2);
  const exitCode = exitOf(findings);
  if (keep === null) return { exitCode, document, text: () => [text], asked: true, printedOnly: true };
  const told = (colors: Colors): readonly string[] => [...summary(colors), ...findingsText(findings, colors)];
  return keptOutcome({ exitCode, document, text: told }, null, () => keep(`${text}\n`));
}

function planSummary(plan: ShardPlan, count: number): readonly string[] {
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
  const { plan, findings } = await planShards(options, count);
  return outcomeOf(sealPlan(plan, options.reading.keys), findings, keep, () => planSummary(plan, count));
}

/** A plan that is kept somewhere; `already` says so when it was there before. */
export function keptPlan(
  plan: ShardPlan,
  count: number,
  findings: readonly Finding[],
  document: object,
  already: string | null,
): Outcome {
  return {
    exitCode: exitOf(findings),
    document,
    text: (colors) => [
      ...(already === null ? [] : [`${already}, at ${printable(plan.createdAt)}`]),
      ...planSummary(plan, count),
      ...findingsText(findings, colors),
    ],
  };
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

function notPlan(name: string, why: string): ConfigError {
  return new ConfigError('FILE_UNUSABLE', `${printable(name)} cannot be used as a plan: ${why}`, {
    hint: 'Make one with audit-anchor verify --plan N --out FILE, with the settings and HMAC keys of the shards.',
  });
}

function shardSummary({ number, result, unfit }: PartialReport, plan: ShardPlan): string {
  const { events, recomputed } = result;
  if (unfit !== null) return `shard ${number} of ${plan.shards.length} cannot be merged: ${printable(unfit)}`;
  return `shard ${number} of ${plan.shards.length}: ${counted(events, 'event')} read, ${formatCount(recomputed)} recomputed; a verdict comes with --merge`;
}

export async function shardCommand(
  options: ShardOptions,
  plan: ShardPlan,
  number: number,
  keep: Keep,
): Promise<Outcome> {
  const report = await scanShard(options, plan, number);
  return outcomeOf(sealPartialReport(report, options.reading.keys), foundIn(report), keep, () => [
    shardSummary(report, plan),
  ]);
}

/** A partial report that is kept somewhere; `already` says so when it was there before. */
export function keptPart(
  report: PartialReport,
  plan: ShardPlan,
  document: object,
  already: string | null,
): Outcome {
  const found = foundIn(report);
  return {
    exitCode: exitOf(found),
    document,
    text: (colors) => [
      ...(already === null ? [] : [`${already}, at ${printable(report.finishedAt)}`]),
      shardSummary(report, plan),
      ...findingsText(found, colors),
    ],
  };
}

/** Files to merge, and what is wrong with those that could not be read. */
export interface MergeFiles {
  readonly files: readonly NamedText[];
  readonly problems: readonly string[];
}

interface NamedDocument {
  readonly name: string;
  readonly document: OpenDocument | null;
}

interface NamedPlan {
  readonly name: string;
  readonly plan: ShardPlan;
}

/** Opens what is sealed with the chain's keys; what is not, anybody may have written, and it decides nothing. */
function opened<T>(
  { name, document }: NamedDocument,
  kind: DocumentKind,
  open: (document: OpenDocument) => T,
  problems: string[],
): T[] {
  if (document?.kind !== kind) return [];
  try {
    return [open(document)];
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    problems.push(`${printable(name)} is foreign: ${error.message}`);
    return [];
  }
}

/** Of several plans the one in its own place, else the newest: an older one may have been put back. */
function choosePlan(plans: readonly NamedPlan[], problems: string[]): ShardPlan | null {
  const rank = ({ name, plan }: NamedPlan): string => `${name === PLAN_NAME ? '1' : '0'} ${plan.createdAt}`;
  const [chosen, ...others] = [...plans].sort((a, b) => (rank(a) > rank(b) ? -1 : 1));
  others.forEach(({ name }) => problems.push(`${printable(name)} is foreign: it is another plan`));
  return chosen?.plan ?? null;
}

/**
 * The plan and the parts in the files of a place, and what is wrong with the others.
 * @throws ConfigError `FILE_UNUSABLE` when there is no plan that is sealed with the chain's keys
 */
function sortFiles(
  { files, problems: unread }: MergeFiles,
  keys: ChainKeys,
): Pick<MergeOptions, 'plan' | 'parts' | 'problems'> {
  const problems = [...unread];
  const read = files.map(({ name, text }): NamedDocument => ({ name, document: readDocument(text) }));
  const plans = read.flatMap((each) =>
    opened(each, 'audit-anchor/plan', (document) => openPlan(document, keys), problems).map(
      (plan): NamedPlan => ({ name: each.name, plan }),
    ),
  );
  const plan = choosePlan(plans, problems);
  if (!plan) throw notPlan('the folder', problems[0] ?? 'no file in it is a plan of verify --plan');
  const parts = read.flatMap((each) =>
    opened(each, 'audit-anchor/part', (document) => openPartialReport(document, keys), problems).map(
      (report): NamedPart => ({ name: printable(each.name), report }),
    ),
  );
  for (const { name, document } of read) {
    if (document?.kind === 'audit-anchor/plan' || document?.kind === 'audit-anchor/part') continue;
    problems.push(`${printable(name)} is foreign: it is no partial report`);
  }
  return { plan, parts, problems };
}

/** Combines the partial reports of a folder, the plan among them. */
export async function mergeCommand(
  options: Omit<MergeOptions, 'plan' | 'parts' | 'problems'>,
  files: MergeFiles,
  keys: ChainKeys,
): Promise<Outcome> {
  return reportOutcome(await mergeShards({ ...options, ...sortFiles(files, keys) }));
}

import type { ChainKeys } from '../../domain/chain/chain-keys';
import type { VerificationReport } from '../../domain/findings/report';
import { openPartialReport } from '../../domain/sharding/partial-report';
import type { ShardPlan } from '../../domain/sharding/plan';
import { openPlan } from '../../domain/sharding/plan';
import { besideName, isForMerge, PLAN_NAME, REPORT_NAME } from '../../domain/sharding/report-names';
import type { DocumentKind, OpenDocument } from '../../domain/sharding/sealed-document';
import { documentText, readDocument } from '../../domain/sharding/sealed-document';
import { AuditAnchorError, FormatError } from '../../errors';
import { printable } from '../../printable';
import type { MergeOptions } from './merge-shards';
import { mergeShards } from './merge-shards';
import type { ReportStore } from './report-store';
import { notPlan } from './stored-plan';

/** What is not in the place itself. */
export type MergeStoredOptions = Omit<MergeOptions, 'plan' | 'parts' | 'problems'>;

/**
 * Combines the partial reports of a place, the plan among them.
 * @throws ConfigError `FILE_UNUSABLE` when there is no plan that is sealed with the chain's keys
 * @throws as `mergeShards`
 */
export async function mergeStored(
  options: MergeStoredOptions,
  store: ReportStore,
  keys: ChainKeys,
): Promise<VerificationReport> {
  const problems: string[] = [];
  const documents = await readDocuments(store, problems);
  const plans = opened(documents, 'audit-anchor/plan', (plan) => openPlan(plan, keys), problems);
  const plan = choosePlan(plans, problems);
  if (!plan) throw notPlan('the folder', problems[0] ?? 'no file in it is a plan of verify --plan');
  const parts = opened(documents, 'audit-anchor/part', (part) => openPartialReport(part, keys), problems);
  for (const { name, document } of documents) {
    if (document?.kind === 'audit-anchor/plan' || document?.kind === 'audit-anchor/part') continue;
    problems.push(`${name} is foreign: it is no partial report`);
  }
  const named = parts.map(({ name, content }) => ({ name, report: content }));
  return mergeShards({ ...options, plan, parts: named, problems });
}

/** Keeps the report of a merge; beside an earlier one when there is one. */
export async function keepReport(report: unknown, store: ReportStore): Promise<void> {
  const text = documentText(report);
  if (!(await store.create(REPORT_NAME, text))) await store.create(besideName(REPORT_NAME, text), text);
}

interface Named<T> {
  /** As it can be shown. */
  readonly name: string;
  readonly content: T;
}

interface NamedDocument {
  readonly name: string;
  readonly document: OpenDocument | null;
}

/** Whatever a merge has to look at. Only the plan has to be readable. */
async function readDocuments(store: ReportStore, problems: string[]): Promise<NamedDocument[]> {
  const documents: NamedDocument[] = [];
  for (const name of (await store.list()).filter(isForMerge)) {
    try {
      documents.push({ name: printable(name), document: readDocument((await store.read(name)) ?? '') });
    } catch (error) {
      if (!(error instanceof AuditAnchorError) || name === PLAN_NAME) throw error;
      problems.push(`${printable(name)} cannot be read: ${error.message}`);
    }
  }
  return documents;
}

/** Opens what is sealed with the chain's keys; what is not, anybody may have written, and it decides nothing. */
function opened<T>(
  documents: readonly NamedDocument[],
  kind: DocumentKind,
  open: (document: OpenDocument) => T,
  problems: string[],
): Named<T>[] {
  return documents.flatMap(({ name, document }) => {
    if (document?.kind !== kind) return [];
    try {
      return [{ name, content: open(document) }];
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      problems.push(`${name} is foreign: ${error.message}`);
      return [];
    }
  });
}

/** Of several plans the one in its own place, else the newest: an older one may have been put back. */
function choosePlan(plans: readonly Named<ShardPlan>[], problems: string[]): ShardPlan | null {
  const rank = ({ name, content }: Named<ShardPlan>): string =>
    `${name === PLAN_NAME ? '1' : '0'} ${content.createdAt}`;
  const [chosen, ...others] = [...plans].sort((a, b) => (rank(a) > rank(b) ? -1 : 1));
  others.forEach(({ name }) => problems.push(`${name} is foreign: it is another plan`));
  return chosen?.content ?? null;
}

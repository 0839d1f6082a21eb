import { readText } from '../adapters/files/text-files';
import { FolderReports } from '../adapters/reports/folder-reports';
import { prepareReport, writeReport } from '../adapters/reports/report-file';
import { keepReport } from '../application/shards/merge-stored';
import type { ReportPlace, ReportStore } from '../application/shards/report-store';
import { planOf } from '../application/shards/stored-plan';
import type { ChainReading } from '../application/scan-chain';
import type { StateStore } from '../application/verify/run-memory';
import type { Outcome } from '../commands/outcome';
import { keptOutcome } from '../commands/report-outcome';
import type { VerifyOptions } from '../commands/verify';
import { verifyCommand } from '../commands/verify';
import type { Keep } from '../commands/verify-shards';
import {
  mergeInStore,
  planCommand,
  planInStore,
  shardCommand,
  shardInStore,
} from '../commands/verify-shards';
import type { ReadingMeans, VerifyTask } from '../commands/verify-task';
import { parseMeans, parseTask } from '../commands/verify-task';
import { followVerification } from '../commands/verify-progress';
import type { Composition } from '../composition';
import { ConfigError } from '../errors';
import type { ActionContext } from './action-context';

const EVERYTHING = { bucket: true, verifyDatabase: true, hmacKeys: true } as const;

type Task<K extends VerifyTask['kind']> = VerifyTask & { readonly kind: K };

/** `verify` in all its forms. */
export async function verifyAction(context: ActionContext, options: VerifyOptions): Promise<Outcome> {
  const task = parseTask(options);
  const means = parseMeans(options);
  switch (task.kind) {
    case 'verify':
      return verifyWhole(context, task, means);
    case 'plan':
      return plan(context, task);
    case 'shard':
      return shard(context, task, means);
    case 'merge':
      return merge(context, task);
  }
}

function verifyWhole(
  { composition, progress, signal }: ActionContext,
  { scope, state }: Task<'verify'>,
  means: ReadingMeans,
): Promise<Outcome> {
  const store = state === null ? null : stateIn(state);
  const verifier =
    scope.kind === 'anchors-only'
      ? composition.anchorVerifier(composition.config({ bucket: true }))
      : composition.verifier(composition.config(EVERYTHING), { ...means, state: store });
  return verifyCommand(verifier, scope, { progress, signal });
}

function stateIn(file: string): StateStore {
  return { name: file, load: () => readText(file), save: (text) => writeReport(file, text) };
}

async function keepIn(file: string | null): Promise<Keep> {
  if (file === null) return null;
  await prepareReport(file);
  return (text) => writeReport(file, text);
}

/** Plans and partial reports are sealed with the chain's keys, of which a foreign chain has none. */
function requireSealable({ layout }: Pick<ChainReading, 'layout'>): void {
  if (layout.format === 'v1') return;
  throw new ConfigError(
    'USAGE',
    '--plan, --shard and --merge need a chain of format v1, found AUDIT_CHAIN_FORMAT=links',
    { hint: 'Verify a foreign chain in one process, with --workers.' },
  );
}

async function plan(
  { composition, progress, signal }: ActionContext,
  { count, out }: Task<'plan'>,
): Promise<Outcome> {
  const config = composition.config(EVERYTHING);
  requireSealable(config);
  const following = followVerification(progress, signal);
  try {
    const options = {
      store: composition.store(config),
      clock: composition.clock,
      policy: composition.policy(config),
      auditLog: composition.verifiedLog(config),
      reading: composition.reading(config),
      progress: following.report,
      signal,
    };
    if (out === null || out.kind === 'file')
      return await planCommand(options, count, await keepIn(out?.path ?? null));
    return await planInStore(options, count, composition.reports(config, out, '--out', signal));
  } finally {
    following.finish();
  }
}

async function shard(
  { composition, progress, signal }: ActionContext,
  { plan: location, number, out, age }: Task<'shard'>,
  { maxRate }: ReadingMeans,
): Promise<Outcome> {
  const config = composition.config({ verifyDatabase: true, hmacKeys: true });
  requireSealable(config);
  const reading = composition.reading(config);
  const following = followVerification(progress, signal);
  try {
    const options = {
      auditLog: composition.verifiedLog(config),
      reading,
      clock: composition.clock,
      maxRate,
      clockToleranceSeconds: config.clockToleranceSeconds,
      ...age,
      onProgress: (events: number, total: number) => following.report('events', events, total),
      signal,
    };
    if (location.kind !== 'file') {
      return await shardInStore(options, number, reportsOf(composition, location, signal));
    }
    const text = await required(location.path);
    const planned = planOf({ name: location.path, text }, reading.keys);
    return await shardCommand(options, planned, number, await keepIn(out));
  } finally {
    following.finish();
  }
}

/** A bucket needs more of the configuration than a folder does. */
function reportsOf(composition: Composition, place: ReportPlace, signal: AbortSignal): ReportStore {
  return place.kind === 'folder'
    ? new FolderReports(place.path, composition.clock)
    : composition.reports(composition.config({ bucket: true }), place, '--shard', signal);
}

async function required(file: string): Promise<string> {
  const text = await readText(file);
  if (text !== null) return text;
  throw new ConfigError(
    'FILE_UNUSABLE',
    `--shard: found no file ${JSON.stringify(file)}, allowed is a plan`,
    {
      hint: 'Make one with audit-anchor verify --plan N --out FILE',
    },
  );
}

async function merge(
  { composition, progress, signal }: ActionContext,
  { from, out, age }: Task<'merge'>,
): Promise<Outcome> {
  const config = composition.config({ bucket: true, hmacKeys: true });
  requireSealable(config);
  const { keys, layout } = composition.reading(config);
  const following = followVerification(progress, signal);
  try {
    const options = {
      store: composition.store(config),
      clock: composition.clock,
      policy: composition.policy(config),
      layout,
      progress: following.report,
      signal,
      ...age,
    };
    const kept =
      out === null || out.kind === 'file' ? null : composition.reports(config, out, '--out', signal);
    const outcome = await mergeInStore(options, composition.reports(config, from, '--merge', signal), keys);
    // A merge is a verification of everything.
    return await keptOutcome(outcome, 'full', async () => {
      if (out?.kind === 'file') await writeReport(out.path, `${JSON.stringify(outcome.document, null, 2)}\n`);
      else if (kept) await keepReport(outcome.document, kept);
    });
  } finally {
    following.finish();
  }
}

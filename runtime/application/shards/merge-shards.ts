import { UnavailableError } from '../../errors';
import type { AnchorEvidence } from '../../domain/anchor/evidence';
import type { ChainLayout } from '../../domain/chain/columns';
import { ZERO_HASH } from '../../domain/digests';
import { FindingLog } from '../../domain/findings/finding-log';
import type { NotRead, VerificationReport } from '../../domain/findings/report';
import { joinParts } from '../../domain/sharding/join-parts';
import type { PartialReport } from '../../domain/sharding/partial-report';
import type { ShardPlan } from '../../domain/sharding/plan';
import { attestedDigest, planHash } from '../../domain/sharding/plan';
import { strangeAfter } from '../../domain/sharding/read-parts';
import { buildReport, newestKnown } from '../verify/build-report';
import type { DatabaseSide } from '../verify/build-report';
import type { Attestations } from '../verify/checkpoints';
import { attestationsOf } from '../verify/checkpoints';
import { reportChange } from '../verify/database-evidence';
import { collectEveryAnchor } from '../verify/every-anchor';
import type { ShardingOptions } from './sharding';
import { lookUpOf } from './sharding';

/** A partial report and the file it was read from. */
export interface NamedPart {
  readonly name: string;
  readonly report: PartialReport;
}

export interface MergeOptions extends ShardingOptions {
  readonly layout: ChainLayout;
  readonly plan: ShardPlan;
  readonly parts: readonly NamedPart[];
  /** What was wrong with files that could not even be read as parts, one sentence each. */
  readonly problems: readonly string[];
}

/** Why the parts are not the parts of this plan; empty when they are. */
export function problemsOf(plan: ShardPlan, parts: readonly NamedPart[]): string[] {
  const hash = planHash(plan);
  const problems: string[] = [];
  const byNumber = new Map<number, string>();
  for (const { name, report } of parts) {
    const { number, result, end, snapshot } = report;
    const shard = plan.shards[number - 1];
    if (report.plan !== hash || !shard) {
      problems.push(`${name} is foreign: it follows another plan`);
      continue;
    }
    if (result.from !== shard.from || result.to !== shard.to || (end !== null) !== (shard.to === null)) {
      problems.push(`${name} is foreign: it does not have the bounds of shard ${number}`);
      continue;
    }
    const strange = strangeAfter(plan.snapshot, snapshot);
    if (strange !== null) problems.push(`${name} is stale: ${strange}`);
    const other = byNumber.get(number);
    if (other !== undefined) problems.push(`${name} and ${other} overlap: both are of shard ${number}`);
    byNumber.set(number, name);
  }
  const missing = plan.shards.filter(({ number }) => !byNumber.has(number)).map(({ number }) => number);
  if (missing.length > 0) {
    problems.push(`${missing.length === 1 ? 'shard' : 'shards'} ${missing.join(', ')} of the plan missing`);
  }
  return problems;
}

/**
 * Combines the parts of a plan into the report that one verification of everything would have given. What the plan
 * says of anchors is not trusted: the bucket is read again.
 * @throws UnavailableError `PARTS_REFUSED` naming everything that is missing, overlapping, foreign or stale, unless
 * the bucket itself shows tampering, which a report must not hide
 */
export async function mergeShards(options: MergeOptions): Promise<VerificationReport> {
  const { store, clock, policy, layout, plan, parts, progress = () => undefined, signal } = options;
  const findings = new FindingLog();
  const question = { store, clock, policy, layout, progress, ...(signal ? { signal } : {}) };
  const { anchors } = await collectEveryAnchor(question, findings);
  const planned = anchors.filter(({ key }) => plan.newest !== null && key <= plan.newest.key);
  const attestations = attestationsOf(planned);
  const problems = [...options.problems, ...problemsOf(plan, parts), ...anchorProblems(plan, attestations)];
  const database = problems.length === 0 ? join(options, planned, attestations, anchors, findings) : null;
  if (database === null) {
    const refused = partsRefused(problems);
    if (!findings.all().some(({ severity }) => severity === 'tampering')) throw refused;
    const place = { kind: 'database' } as const;
    findings.add({ code: 'DATABASE_UNREADABLE', place, message: refused.message });
  }
  return buildReport({
    scope: 'full',
    chainId: policy.chainId,
    bucket: store.bucket,
    startedAt: Date.parse(plan.createdAt),
    finishedAt: clock.now(),
    anchors,
    newest: newestKnown(planned),
    database,
    findings,
  });
}

function anchorProblems(plan: ShardPlan, { checkpoints, others }: Attestations): string[] {
  const ofPlan = plan.shards.flatMap((shard) => shard.checkpoints);
  const same = attestedDigest(ofPlan, plan.lookUps) === attestedDigest(checkpoints, others.map(lookUpOf));
  return same ? [] : ['the plan is stale: the anchors in the bucket are no longer those it was made from'];
}

function partsRefused(problems: readonly string[]): UnavailableError {
  return new UnavailableError('PARTS_REFUSED', `the parts cannot be merged:\n  ${problems.join('\n  ')}`, {
    hint: 'Verify the shards named again; after a stale plan begin with a new one.',
  });
}

function join(
  { layout, plan, parts }: MergeOptions,
  planned: readonly AnchorEvidence[],
  attestations: Attestations,
  anchors: readonly AnchorEvidence[],
  findings: FindingLog,
): DatabaseSide {
  const inOrder = [...parts].sort((a, b) => a.report.number - b.report.number).map(({ report }) => report);
  const last = inOrder[inOrder.length - 1]!;
  const newest = newestKnown(planned);
  if (newest) reportChange(last.snapshot, newest, findings);
  const chain = {
    layout,
    firstIndex: plan.firstIndex,
    firstLink: ZERO_HASH,
    checkpoints: attestations.checkpoints,
  };
  const scan = joinParts(
    chain,
    inOrder.map(({ result }) => result),
    findings,
  );
  last.end?.findings.forEach((found) => findings.add(found));
  return {
    identity: last.snapshot,
    scan,
    tail: last.end?.tail ?? null,
    lookedUp: last.end?.lookedUp ?? 0,
    notRead: sincePlan(plan, anchors, planned.length),
  };
}

/** Anchors that were written while the shards were read. */
function sincePlan(plan: ShardPlan, anchors: readonly AnchorEvidence[], planned: number): NotRead[] {
  const later = anchors.slice(planned);
  const newest = newestKnown(later);
  if (!newest) return [];
  const from = plan.newest === null ? plan.firstIndex : plan.newest.lastSeq + 1;
  if (newest.lastSeq < from) return [];
  return [
    {
      from,
      to: newest.lastSeq,
      anchors: later.length,
      reason: 'anchored after the plan',
      at: plan.createdAt,
    },
  ];
}

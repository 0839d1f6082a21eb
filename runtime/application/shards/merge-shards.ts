import { UnavailableError } from '../../errors';
import type { AnchorEvidence } from '../../domain/anchor/evidence';
import type { Holds } from '../../domain/anchor/order-of-truth';
import type { ChainLayout } from '../../domain/chain/columns';
import { ZERO_HASH } from '../../domain/digests';
import type { Finding, FindingCode } from '../../domain/findings/finding';
import { FindingLog } from '../../domain/findings/finding-log';
import type { NotRead, VerificationReport } from '../../domain/findings/report';
import { digestOf } from '../../domain/sharding/canonical-json';
import { joinParts } from '../../domain/sharding/join-parts';
import type { PartialReport } from '../../domain/sharding/partial-report';
import { foundIn } from '../../domain/sharding/partial-report';
import type { ShardPlan } from '../../domain/sharding/plan';
import { attestedDigest } from '../../domain/sharding/plan';
import { serverClock } from '../server-clock';
import { buildReport, newestKnown } from '../verify/build-report';
import type { DatabaseSide } from '../verify/build-report';
import type { Attestations } from '../verify/checkpoints';
import { attestationsOf } from '../verify/checkpoints';
import { reportChange } from '../verify/database-evidence';
import { collectEveryAnchor } from '../verify/every-anchor';
import { settleSiblings } from '../verify/siblings';
import type { NamedPart } from './part-problems';
import { judgeParts } from './part-problems';
import type { AgeOptions, ShardingOptions } from './sharding';
import { ageLimits, lookUpOf } from './sharding';

export interface MergeOptions extends ShardingOptions, Pick<AgeOptions, 'maxAgeHours'> {
  readonly layout: ChainLayout;
  readonly plan: ShardPlan;
  readonly parts: readonly NamedPart[];
  /** What was wrong with files that could not even be read as parts, one sentence each. */
  readonly problems: readonly string[];
}

/**
 * Combines the parts of a plan into one report: that of one verification of everything, where nothing has changed
 * since the plan. What the plan says of anchors is not trusted: the bucket is read again.
 * @throws UnavailableError `PARTS_REFUSED` naming everything that is missing, overlapping, foreign or stale, unless
 * the bucket itself or a sound part shows tampering: whoever can keep a part from being written, or copy one, must not
 * be able to hide what another has found
 */
export async function mergeShards(options: MergeOptions): Promise<VerificationReport> {
  const { store, clock, policy, plan, parts, progress = () => undefined, signal } = options;
  const findings = new FindingLog();
  const { anchors, beside, siblings } = await collectEveryAnchor(
    { store, clock, policy, progress, signal },
    findings,
  );
  const isPlanned = ({ key }: AnchorEvidence): boolean => plan.newest !== null && key <= plan.newest.key;
  const planned = anchors.filter(isPlanned);
  const attestations = attestationsOf(planned, beside.filter(isPlanned));
  const limits = ageLimits({ ...options, ...policy }, serverClock(store, clock));
  const judged = judgeParts(plan, parts, limits);
  const problems = [...options.problems, ...judged.problems, ...anchorProblems(plan, attestations, findings)];
  const whole = judged.sound.filter(({ unfit }) => unfit === null);
  const database =
    problems.length === 0 ? join(options, whole, planned, attestations, anchors, findings) : null;
  // What whole parts have found was told when they were joined.
  const untold = database === null ? judged.sound : judged.sound.filter((part) => !whole.includes(part));
  reportTampering(untold, stillAttested(plan, attestations), findings);
  if (database === null) {
    if (!findings.all().some(({ severity }) => severity === 'tampering')) throw partsRefused(problems);
    const place = { kind: 'database' } as const;
    const message = `the parts cannot be merged: ${problems.join('; ')}`;
    findings.add({ code: 'DATABASE_UNREADABLE', place, message });
  }
  settleSiblings(siblings, lookedUp(database === null ? null : attestations, findings), findings);
  reportNothingCompared(options, attestations, anchors.slice(planned.length), findings);
  return buildReport({
    scope: 'full',
    chainId: policy.chainId,
    bucket: store.bucket,
    startedAt: Date.parse(plan.createdAt),
    finishedAt: clock.now(),
    anchors,
    beside,
    newest: newestKnown(planned),
    database,
    findings,
  });
}

/** Anchors of one number, as the shards have looked up their last events. */
function lookedUp(attestations: Attestations | null, findings: FindingLog): Holds {
  const asked = [...(attestations?.checkpoints ?? []).map(({ anchor }) => anchor?.key)];
  asked.push(...(attestations?.others ?? []).map(({ key }) => key));
  const refuted = new Set(findings.all().map(({ anchor }) => anchor?.key));
  return ({ key }) => (asked.includes(key) ? !refuted.has(key) : null);
}

/** What parts that cannot be merged have found all the same. */
function reportTampering(
  parts: readonly PartialReport[],
  holds: (found: Finding) => boolean,
  findings: FindingLog,
): void {
  parts
    .flatMap(foundIn)
    .filter((found) => found.severity === 'tampering' && holds(found))
    .forEach((found) => addUntold(found, findings));
}

/** False for what rests on an anchor of the plan that the bucket does not have, or cannot show now. */
function stillAttested(plan: ShardPlan, { checkpoints, others }: Attestations): (found: Finding) => boolean {
  const shown = new Set([...checkpoints, ...others.map(lookUpOf)].map(digestOf));
  const unshown = <T>(planned: readonly T[]): readonly T[] =>
    planned.filter((each) => !shown.has(digestOf(each)));
  const keys = new Set([
    ...unshown(plan.shards.flatMap((shard) => shard.checkpoints)).map(({ anchor }) => anchor?.key),
    ...unshown(plan.lookUps).map(({ key }) => key),
  ]);
  return ({ anchor }) => anchor === undefined || !keys.has(anchor.key);
}

/** Evidence is what events were held against, not what has come into the bucket since. */
function reportNothingCompared(
  { store, plan }: MergeOptions,
  { checkpoints, others }: Attestations,
  later: readonly AnchorEvidence[],
  findings: FindingLog,
): void {
  if (checkpoints.length + others.length > 0 || newestKnown(later) === null) return;
  findings.add({
    code: 'NO_ANCHORS',
    place: { kind: 'bucket', name: store.bucket },
    message: `no event was held against an anchor: there was none over events when the plan was made, at ${plan.createdAt}`,
  });
}

/** Codes of anchors that are there, and could not be read. */
const UNREAD: readonly FindingCode[] = ['ANCHOR_UNREADABLE', 'ANCHOR_ARCHIVED'];

function anchorProblems(
  plan: ShardPlan,
  { checkpoints, others }: Attestations,
  findings: FindingLog,
): string[] {
  const ofPlan = plan.shards.flatMap((shard) => shard.checkpoints);
  if (attestedDigest(ofPlan, plan.lookUps) === attestedDigest(checkpoints, others.map(lookUpOf))) return [];
  return UNREAD.some((code) => findings.has(code))
    ? ['the plan cannot be held against the anchors in the bucket: some of them cannot be read now']
    : ['the plan is stale: the anchors in the bucket are no longer those it was made from'];
}

function partsRefused(problems: readonly string[]): UnavailableError {
  return new UnavailableError('PARTS_REFUSED', `the parts cannot be merged:\n  ${problems.join('\n  ')}`, {
    hint: 'Verify the shards named again; after a stale plan begin with a new one.',
  });
}

/** @param parts those of every shard, in the order of the chain */
function join(
  { layout, plan }: MergeOptions,
  parts: readonly PartialReport[],
  planned: readonly AnchorEvidence[],
  attestations: Attestations,
  anchors: readonly AnchorEvidence[],
  findings: FindingLog,
): DatabaseSide {
  const last = parts[parts.length - 1]!;
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
    parts.map(({ result }) => result),
    findings,
  );
  last.end?.findings.forEach((found) => findings.add(found));
  reportContradictions(parts, findings);
  return {
    identity: last.snapshot,
    relation: last.snapshot.relation,
    scan,
    tail: last.end?.tail ?? null,
    lookedUp: last.end?.lookedUp ?? 0,
    notRead: sincePlan(plan, anchors, planned.length),
  };
}

/** Several shards see the same: the one that saw the most of it speaks, unless the events themselves have told. */
function reportContradictions(parts: readonly PartialReport[], findings: FindingLog): void {
  const seen = parts
    .flatMap(({ contradiction }) => (contradiction ? [contradiction] : []))
    .sort((a, b) => spanOf(a).from - spanOf(b).from);
  for (const found of seen) addUntold(found, findings);
}

/** Adds what no finding of the same code tells of the same events. */
function addUntold(found: Finding, findings: FindingLog): void {
  const { from, to } = spanOf(found);
  const told = findings.all().some((other) => {
    const span = spanOf(other);
    return other.code === found.code && span.from <= from && span.to >= to;
  });
  if (!told) findings.add(found);
}

function spanOf({ place }: Finding): { readonly from: number; readonly to: number } {
  return place.kind === 'events' ? place : { from: Infinity, to: -Infinity };
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

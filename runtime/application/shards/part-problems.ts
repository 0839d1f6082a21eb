import type { AgeLimits } from '../../domain/sharding/document-age';
import { ageFault } from '../../domain/sharding/document-age';
import type { PartialReport } from '../../domain/sharding/partial-report';
import type { Shard, ShardPlan } from '../../domain/sharding/plan';
import { planHash } from '../../domain/sharding/plan';
import { olderThan, otherDatabase } from '../../domain/sharding/read-parts';
import { anotherEvent } from '../../domain/sharding/since-plan';

/** A partial report and the file it was read from. */
export interface NamedPart {
  readonly name: string;
  readonly report: PartialReport;
}

/** Why the parts are not the parts of this plan, or not of now, and those that follow it. */
export interface PartsJudged {
  /** Empty when every part of the plan is there once. */
  readonly problems: readonly string[];
  /** Parts that are neither foreign nor stale, by number; of one shard there may be several. */
  readonly sound: readonly PartialReport[];
}

/** Holds parts against the plan that they should follow. */
export function judgeParts(plan: ShardPlan, parts: readonly NamedPart[], limits: AgeLimits): PartsJudged {
  const hash = planHash(plan);
  const age = ageFault(plan.createdAt, limits);
  const problems = age === null ? [] : [`the plan is stale: ${age}`];
  const byNumber = new Map<number, string>();
  const sound: PartialReport[] = [];
  const unfit: NamedPart[] = [];
  const seen = new LastEvents(plan);
  for (const part of parts) {
    const { name, report } = part;
    const { number } = report;
    const shard = plan.shards[number - 1];
    if (report.plan !== hash || !shard) {
      problems.push(`${name} is foreign: it follows another plan`);
      continue;
    }
    if (!hasBounds(report, shard)) {
      problems.push(`${name} is foreign: it does not have the bounds of shard ${number}`);
      continue;
    }
    const stale =
      ageFault(report.startedAt, limits) ?? ageFault(report.finishedAt, limits) ?? seen.strange(name, report);
    if (stale !== null) problems.push(`${name} is stale: ${stale}`);
    else if (age === null) sound.push(report);
    if (report.unfit !== null) {
      unfit.push(part);
      continue;
    }
    const other = byNumber.get(number);
    if (other !== undefined) problems.push(`${name} and ${other} overlap: both are of shard ${number}`);
    byNumber.set(number, name);
  }
  for (const { name, report } of unfit) {
    // Once its shard was read as planned, only what it found counts.
    if (!byNumber.has(report.number)) problems.push(`${name} is incomplete: ${report.unfit}`);
  }
  const missing = plan.shards.filter(({ number }) => !byNumber.has(number)).map(({ number }) => number);
  if (missing.length > 0) {
    problems.push(`${missing.length === 1 ? 'shard' : 'shards'} ${missing.join(', ')} of the plan missing`);
  }
  return { problems, sound: sound.sort((a, b) => a.number - b.number) };
}

function hasBounds({ result, end, unfit }: PartialReport, shard: Shard): boolean {
  const ends = unfit !== null || (end !== null) === (shard.to === null);
  return result.from === shard.from && result.to === shard.to && ends;
}

/** The last events that planner and shards have seen: of one index there is one, in one database. */
class LastEvents {
  private readonly byIndex = new Map<number, { readonly hash: string; readonly whose: string }>();

  constructor(private readonly plan: ShardPlan) {
    const { head } = plan.snapshot;
    if (head) this.byIndex.set(head.index, { hash: head.hash, whose: 'the planner' });
  }

  /** Why a part is not of the planned database, or of another state of it; null when it is. */
  strange(name: string, { snapshot, contradiction, unfit }: PartialReport): string | null {
    const other = otherDatabase(this.plan.snapshot, snapshot);
    // What was found to be gone or replaced explains that the state is another one; what is unfit is not merged.
    if (other !== null || contradiction !== null || unfit !== null) return other;
    const older = olderThan(this.plan.snapshot, snapshot);
    const { head } = snapshot;
    if (older !== null || head === null) return older;
    const known = this.byIndex.get(head.index);
    if (known && known.hash !== head.hash) return anotherEvent(head.index, known.whose);
    this.byIndex.set(head.index, { hash: head.hash, whose: name });
    return null;
  }
}

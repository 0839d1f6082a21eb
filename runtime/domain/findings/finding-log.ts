import type { Finding, FindingCode, NewFinding } from './finding';
import { finding, FINDINGS } from './finding';

/** Places of one code that are kept apart; more are counted together. */
export const MAX_PLACES_PER_CODE = 20;

/**
 * Collects findings in bounded memory: neighbouring events with the same fault become one finding, and beyond
 * `MAX_PLACES_PER_CODE` places of one code only their number and extent are kept. Adding the findings of several
 * logs, in the order of what they looked at, gives what one log of everything would hold.
 */
export class FindingLog {
  private readonly byCode = new Map<FindingCode, Finding[]>();

  add(details: NewFinding): void {
    const added = finding(details);
    const known = this.byCode.get(added.code);
    if (!known) {
      this.byCode.set(added.code, [added]);
      return;
    }
    const last = known[known.length - 1];
    if (last && continues(last, added)) known[known.length - 1] = extend(last, added);
    else if (last && known.length > MAX_PLACES_PER_CODE) known[known.length - 1] = overflow(last, added);
    else known.push(added);
  }

  all(): Finding[] {
    return [...this.byCode.values()].flat();
  }

  has(code: FindingCode): boolean {
    return this.byCode.has(code);
  }

  hasTampering(): boolean {
    return [...this.byCode.keys()].some((code) => FINDINGS[code] === 'tampering');
  }
}

/** True when `next` is the same fault, in the same words, at the event right behind `last`, and of no other anchor. */
function continues(last: Finding, next: Finding): boolean {
  return (
    !isOverflow(last) &&
    last.place.kind === 'events' &&
    next.place.kind === 'events' &&
    next.place.from === last.place.to + 1 &&
    next.message === last.message &&
    next.anchor?.key === last.anchor?.key &&
    next.anchor?.versionId === last.anchor?.versionId
  );
}

function extend(last: Finding, next: Finding): Finding {
  if (last.place.kind !== 'events' || next.place.kind !== 'events') return last;
  return { ...last, place: { ...last.place, to: next.place.to }, count: last.count + next.count };
}

function overflow(last: Finding, next: Finding): Finding {
  const place =
    last.place.kind === 'events' && next.place.kind === 'events'
      ? { ...last.place, to: Math.max(last.place.to, next.place.to) }
      : last.place;
  const count = last.count + next.count;
  return { code: last.code, severity: last.severity, place, message: overflowText(count), count };
}

function overflowText(count: number): string {
  return `further places, ${count} in all, are not listed one by one`;
}

/** True for a finding that stands for the rest, also when it was made by another log. */
function isOverflow({ message, count }: Finding): boolean {
  return message === overflowText(count);
}

import type { VerificationReport } from '../domain/findings/report';

type Scope = VerificationReport['scope'];

/** What a command line is about to do, of the things that are worth a log line and a metric. */
export type Job =
  | { readonly kind: 'anchoring' }
  /** `scope` is null when the options contradict each other. */
  | { readonly kind: 'verification'; readonly scope: Scope | null };

/** A plan and a shard verify nothing by themselves; a merge does. */
const OF_SHARDS = /^--(?:plan|shard)(?:=|$)/;
const RANGE = /^--(?:from|to)(?:=|$)/;

function scopeOf(args: readonly string[]): Scope | null {
  const asked = new Set<Scope>();
  if (args.includes('--full')) asked.add('full');
  if (args.includes('--latest')) asked.add('latest');
  if (args.includes('--since-last')) asked.add('since-last');
  if (args.includes('--anchors-only')) asked.add('anchors-only');
  if (args.some((arg) => RANGE.test(arg))) asked.add('range');
  const [scope = 'full'] = asked;
  return asked.size > 1 ? null : scope;
}

/**
 * The job of a command line; null for commands that answer a person. Read off the words themselves, since a command
 * line that is refused has no parsed form, and its failure has to be told all the same.
 */
export function jobOf(args: readonly string[]): Job | null {
  const command = args.find((arg) => !arg.startsWith('-')) ?? '';
  switch (command) {
    case 'anchor':
    case 'run':
      return { kind: 'anchoring' };
    case 'verify':
      if (args.some((arg) => OF_SHARDS.test(arg))) return null;
      return { kind: 'verification', scope: scopeOf(args) };
    default:
      return null;
  }
}

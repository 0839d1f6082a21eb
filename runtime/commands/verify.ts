import type { Verifier } from '../application/verifier';
import type { Bound, VerifyScope } from '../application/verify/scope';
import { ConfigError } from '../errors';
import { parseTimestamp, timestampToMillis } from '../domain/chain/timestamp';
import type { Progress } from '../terminal/progress';
import type { Outcome } from './outcome';
import { reportOutcome } from './report-outcome';
import { followVerification } from './verify-progress';

export interface VerifyOptions {
  readonly full?: boolean;
  readonly latest?: boolean;
  readonly sinceLast?: boolean;
  readonly anchorsOnly?: boolean;
  readonly from?: string;
  readonly to?: string;
  readonly workers?: string;
  readonly maxRate?: string;
  readonly state?: string;
  readonly plan?: string;
  readonly shard?: string;
  readonly number?: string;
  readonly merge?: string;
  readonly out?: string;
  readonly maxAge?: string;
}

const INDEX = /^\d{1,16}$/;
const DATE = /^\d{4}-\d{2}-\d{2}$/;

function usage(message: string): ConfigError {
  return new ConfigError('USAGE', message, { hint: 'See audit-anchor verify --help' });
}

const SECONDS_PER_DAY = 86_400;

/** A date is a day from its first second, UTC, to its last: as an end it is the midnight that follows. */
function parseBound(option: '--from' | '--to', text: string): Bound {
  if (INDEX.test(text) && Number.isSafeInteger(Number(text))) return { kind: 'index', index: Number(text) };
  try {
    const isDate = DATE.test(text);
    const time = parseTimestamp(isDate ? `${text}T00:00:00Z` : text);
    // Anchors have whole seconds: the first at or after a fraction is the one at the next second.
    const seconds = Math.ceil(timestampToMillis(time) / 1000);
    return { kind: 'time', seconds: isDate && option === '--to' ? seconds + SECONDS_PER_DAY : seconds };
  } catch {
    throw usage(
      `${option}: found ${JSON.stringify(text.slice(0, 64))}, allowed a chain index, a date such as 2025-01-15, or a time with offset such as 2025-01-15T14:00:00Z`,
    );
  }
}

/**
 * The scope that the options ask for.
 * @throws ConfigError `USAGE` when they contradict each other
 */
export function parseScope(options: VerifyOptions): VerifyScope {
  const chosen = [
    options.full && '--full',
    options.latest && '--latest',
    options.sinceLast && '--since-last',
    options.anchorsOnly && '--anchors-only',
    (options.from !== undefined || options.to !== undefined) && '--from/--to',
  ].filter((name): name is string => typeof name === 'string');
  if (chosen.length > 1) throw usage(`${chosen.join(' and ')} exclude each other`);
  if (options.latest) return { kind: 'latest' };
  if (options.sinceLast) return { kind: 'since-last' };
  if (options.anchorsOnly) return { kind: 'anchors-only' };
  if (options.from === undefined && options.to === undefined) return { kind: 'full' };
  const from = options.from === undefined ? null : parseBound('--from', options.from);
  const to = options.to === undefined ? null : parseBound('--to', options.to);
  if (from?.kind === 'index' && to?.kind === 'index' && from.index > to.index) {
    throw usage(`--from ${from.index} is behind --to ${to.index}`);
  }
  const dayEnds = DATE.test(options.to ?? '');
  if (
    from?.kind === 'time' &&
    to?.kind === 'time' &&
    (dayEnds ? from.seconds >= to.seconds : from.seconds > to.seconds)
  ) {
    throw usage(`--from ${options.from} is behind --to ${options.to}`);
  }
  return { kind: 'range', from, to };
}

export async function verifyCommand(
  verifier: Verifier,
  scope: VerifyScope,
  options: { readonly progress: Progress; readonly signal: AbortSignal },
): Promise<Outcome> {
  const following = followVerification(options.progress, options.signal);
  try {
    return reportOutcome(await verifier.verify(scope, following.report, options.signal));
  } finally {
    following.finish();
  }
}

import { UnavailableError } from '../errors';
import type { AnchorStore, Clock, ServerTime } from './ports';

const MS_PER_SECOND = 1_000;
/** `Date` has whole seconds: S3's clock may show so much more. */
const BELOW_A_SECOND_MS = MS_PER_SECOND - 1;
/** A reply that came longer ago says too little of a clock that may have been set since, milliseconds. */
const FRESH_MS = 10_000;
/** What `create` takes at most until S3 has stored the object, its repetitions and the last request included. */
export const LONGEST_CREATE_SECONDS = 120;

/** Milliseconds that this machine's clock is ahead of S3's, negative when behind; 0 within what a reply can tell. */
export function clockDifference({ date, sentAt, receivedAt }: Omit<ServerTime, 'here'>): number {
  const latest = date + BELOW_A_SECOND_MS;
  if (sentAt > latest) return sentAt - latest;
  return receivedAt < date ? receivedAt - date : 0;
}

/**
 * S3's time, milliseconds; `unknown` as long as S3 has told nothing. The difference to the store's clock counts from that
 * clock: applied to another one, which a caller may have, it would make locks look expired that last.
 */
export function serverTimeAt({ serverTime }: Pick<AnchorStore, 'serverTime'>, unknown: number): number {
  return serverTime === null ? unknown : serverTime.here - clockDifference(serverTime);
}

/** S3's time as its last reply tells it; the time of `clock` as long as there was none. */
export function serverClock(store: Pick<AnchorStore, 'serverTime'>, clock: Clock): Clock {
  return {
    now: () => serverTimeAt(store, clock.now()),
    sleep: (ms, signal) => clock.sleep(ms, signal),
  };
}

function shown(ms: number): string {
  return new Date(ms).toISOString();
}

function refused(message: string): UnavailableError {
  return new UnavailableError('CLOCK_SKEW', `${message}; nothing was written`, {
    hint: 'Check time synchronisation (NTP) of this machine.',
  });
}

/**
 * Compares the machine's time with S3's before a write: what is dated wrongly stays so for as long as its lock lasts. A
 * clock that is behind is allowed less, by the time that a write may take: the anchor is stored that much later.
 * @param prefix of a listing that makes S3 answer, when its last reply is not a recent one
 * @throws UnavailableError `CLOCK_SKEW` when the two differ by more than the tolerance, or S3 tells no time
 */
export async function requireRightClock(
  store: AnchorStore,
  clock: Clock,
  { toleranceSeconds, prefix }: { readonly toleranceSeconds: number; readonly prefix: string },
  signal?: AbortSignal,
): Promise<void> {
  const age = clock.now() - (store.serverTime?.receivedAt ?? -Infinity);
  if (age < 0 || age > FRESH_MS) await store.listPage({ prefix, delimiter: '/', signal });
  const seen = store.serverTime;
  if (seen === null)
    throw refused('S3 sends no "Date" that the clock of this machine could be compared with');
  const tolerance = toleranceSeconds * MS_PER_SECOND;
  const difference = clockDifference(seen);
  // Ahead, the most that the reply allows counts: verifiers leave out what is dated too far ahead of its writing.
  const mostAhead = seen.receivedAt - seen.date;
  if (
    mostAhead <= tolerance &&
    difference >= Math.min(LONGEST_CREATE_SECONDS * MS_PER_SECOND, tolerance / 2) - tolerance
  )
    return;
  const isAhead = mostAhead > tolerance;
  const seconds = Math.round(Math.abs(isAhead ? mostAhead : difference) / MS_PER_SECOND);
  throw refused(
    `the clock of this machine is ${seconds} s ${isAhead ? 'ahead of' : 'behind'} that of S3: ${shown(seen.receivedAt)} here, ${shown(seen.date)} there; at most ${toleranceSeconds} s may lie between an anchor and its writing`,
  );
}

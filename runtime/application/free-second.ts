import { chainPrefix } from '../domain/anchor/object-key';
import { UnavailableError } from '../errors';
import type { KnownAnchor } from '../domain/anchor/known-anchor';
import type { AnchorStore, Clock } from './ports';
import { requireRightClock, serverClock } from './server-clock';

/** So far behind the newest anchor the writer waits; further, its own is dated a second after that one. */
const MAX_CLOCK_WAIT_SECONDS = 5;

/** Whose time an anchor is given, and how far it may be from S3's. */
export interface TimeQuestion {
  readonly store: AnchorStore;
  readonly clock: Clock;
  readonly chainId: string;
  readonly toleranceSeconds: number;
}

/**
 * The time of the next anchor, seconds since 1970: the current second, or the first one behind the previous anchor. Two
 * anchors never share one.
 * @throws UnavailableError `CLOCK_SKEW` when the time of this machine, or that of the previous anchor, is not S3's
 */
export async function freeSecond(
  { store, clock, chainId, toleranceSeconds }: TimeQuestion,
  previous: KnownAnchor | null,
  signal: AbortSignal | undefined,
): Promise<number> {
  await requireRightClock(store, clock, { toleranceSeconds, prefix: chainPrefix(chainId) }, signal);
  const now = (): number => Math.floor(clock.now() / 1000);
  const earliest = previous ? previous.seconds + 1 : 0;
  const latest = Math.floor(serverClock(store, clock).now() / 1000) + toleranceSeconds;
  if (previous && earliest > latest) {
    throw new UnavailableError(
      'CLOCK_SKEW',
      `the newest anchor is dated ${previous.seconds - latest + toleranceSeconds} s ahead of S3's time (${previous.key}), although S3 dated its writing so too; nothing was written`,
      { hint: 'Check the clock of the S3 endpoint, which has been set back since.' },
    );
  }
  if (earliest - now() > MAX_CLOCK_WAIT_SECONDS) return earliest;
  while (now() < earliest) {
    signal?.throwIfAborted();
    await clock.sleep(Math.max(1, earliest * 1000 - clock.now()), signal);
  }
  return now();
}

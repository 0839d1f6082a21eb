import type { Trigger } from './anchor/anchor';

/** When an anchor is due: minutes of the wall-clock grid, and events since the last one. */
export interface CadencePolicy {
  readonly intervalMinutes: number;
  readonly eventThreshold: number;
}

export interface CadenceState {
  /** Seconds since 1970. */
  readonly now: number;
  /** The newest anchor, null when there is none yet. */
  readonly newest: {
    readonly seconds: number;
    readonly lastSeq: number;
    readonly keyId: string | null;
  } | null;
  /** The last event, null for an empty chain. */
  readonly head: { readonly index: number; readonly keyId: string | null } | null;
}

/** Which step of the wall-clock grid (UTC) a time falls in. */
function gridStep(seconds: number, intervalMinutes: number): number {
  return Math.floor(seconds / (intervalMinutes * 60));
}

/** Start of the next step of the grid, seconds since 1970: with 60 minutes the next full hour. */
export function nextGridTime(seconds: number, intervalMinutes: number): number {
  return (gridStep(seconds, intervalMinutes) + 1) * intervalMinutes * 60;
}

/** Events after the newest anchor. */
export function unanchoredEvents(state: Pick<CadenceState, 'newest' | 'head'>): number {
  return Math.max(0, (state.head?.index ?? 0) - (state.newest?.lastSeq ?? 0));
}

/**
 * The trigger that makes an anchor due now, or null. It is computed from what the bucket and the database hold,
 * never from what this process remembers, so that no trigger is lost when a write fails or the process dies.
 */
export function dueTrigger(
  policy: CadencePolicy,
  state: CadenceState,
): Exclude<Trigger, 'manual' | 'shutdown'> | null {
  const { newest, head, now } = state;
  const rotated = newest !== null && newest.keyId !== null && head !== null && head.keyId !== newest.keyId;
  if (rotated) return 'key_rotation';
  if (unanchoredEvents(state) >= policy.eventThreshold) return 'events';
  const gridPassed =
    newest === null ||
    gridStep(now, policy.intervalMinutes) > gridStep(newest.seconds, policy.intervalMinutes);
  return gridPassed ? 'interval' : null;
}

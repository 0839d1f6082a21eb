import type { Trigger } from '../domain/anchor/anchor';
import { MAX_ANCHOR_EVENTS } from '../domain/anchor/anchor';
import type { AnchorOutcome, AnchorRequest } from './anchoring';
import type { AuditLogSnapshot, ChainHead } from './ports';

/** What came of one anchor of a series. */
export interface Attempt {
  readonly outcome: AnchorOutcome;
  /** Why the rest of the events waits for an anchor too; null when no more than one was needed. */
  readonly rest: Trigger | null;
}

/**
 * The last event that an anchor from `firstSeq` on covers: the head of the chain, or an earlier one when more events
 * wait than an anchor covers.
 */
export async function endOfRange(
  snapshot: AuditLogSnapshot,
  firstSeq: number,
  head: ChainHead | null,
  most = MAX_ANCHOR_EVENTS,
): Promise<ChainHead | null> {
  if (!head || head.index - firstSeq < most) return head;
  const end = await snapshot.eventAfter(firstSeq, most);
  return end && end.index < head.index ? end : head;
}

/**
 * Writes one anchor after the other until the end of the chain is reached. What is written stays when a later one
 * fails or is interrupted: the next run goes on behind it.
 * @param attempt writes one; `rest` is why the events of this series were due
 * @returns the outcome of the last; the others went to `request.onBacklog`
 */
export async function anchorInSeries(
  request: AnchorRequest,
  attempt: (request: AnchorRequest, rest: Trigger | null) => Promise<Attempt>,
): Promise<AnchorOutcome> {
  const { signal, onProgress, onBacklog } = request;
  let before = 0;
  let rest: Trigger | null = null;
  for (;;) {
    const start = before;
    const progress = onProgress && ((events: number): void => onProgress(start + events));
    const done: Attempt = await attempt({ ...request, onProgress: progress }, rest);
    if (done.rest === null || done.outcome.kind !== 'written') return done.outcome;
    onBacklog?.(done.outcome);
    before += done.outcome.anchor.events;
    rest = done.rest;
    signal?.throwIfAborted();
  }
}

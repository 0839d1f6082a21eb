import { DIGEST_BYTES } from '../digests';
import type { NewFinding } from '../findings/finding';
import type { ChainLayout } from './columns';
import type { Checkpoint } from './checkpoint';
import type { TupleFields } from './tuple-reader';

/** Events that are not in the table although others behind them are. */
export function missingEvents(from: number, to: number): NewFinding {
  const message = 'the chain has a gap: these events are not in the table';
  return { code: 'EVENT_MISSING', place: { kind: 'events', from, to }, message, count: to - from + 1 };
}

/**
 * An event that does not continue the one before it.
 * @param expected hex hash of the event before
 * @param actual what the event says it is
 */
export function brokenLink(layout: ChainLayout, index: number, expected: string, actual: string): NewFinding {
  return {
    code: 'EVENT_LINK',
    place: { kind: 'events', from: index, to: index },
    message: `${layout.prevHashColumn} is not the hash of the event before`,
    expected,
    actual,
  };
}

/**
 * Anchored events behind the last one of the table; null when every checkpoint is reached.
 * @param lastIndex of the last event read, null when there was none
 */
export function cutOff(checkpoints: readonly Checkpoint[], lastIndex: number | null): NewFinding | null {
  const cut = checkpoints.filter(({ lastSeq }) => lastIndex === null || lastSeq > lastIndex);
  const [first] = cut;
  const last = cut[cut.length - 1];
  if (!first?.anchor || !last) return null;
  const from = Math.max(first.firstSeq, (lastIndex ?? first.firstSeq - 1) + 1);
  return {
    code: 'CHAIN_TRUNCATED',
    place: { kind: 'events', from, to: last.lastSeq },
    message: 'anchored events are not in the table: the end of the chain was cut off',
    expected: `events up to ${last.lastSeq}`,
    actual: lastIndex === null ? 'no event' : `the last event is ${lastIndex}`,
    anchor: first.anchor,
    count: cut.length,
  };
}

/**
 * A field that no event of the chain can have; null when all of them are well-formed.
 * @param mayLackLink whether it is the first event, which has nothing before it: a foreign chain has NULL there
 */
export function malformedEvent(
  layout: ChainLayout,
  index: number,
  fields: TupleFields,
  mayLackLink: boolean,
): NewFinding | null {
  const message = fieldFault(layout, fields, mayLackLink && layout.format === 'links');
  return message === null
    ? null
    : { code: 'EVENT_MALFORMED', place: { kind: 'events', from: index, to: index }, message };
}

function fieldFault(layout: ChainLayout, fields: TupleFields, mayBeNull: boolean): string | null {
  const { hashLength, prevHashLength, keyIdLength, infinite } = fields;
  if (hashLength !== DIGEST_BYTES)
    return `${layout.hashColumn} is ${show(hashLength)}, not ${DIGEST_BYTES} bytes`;
  if (prevHashLength !== DIGEST_BYTES && !(mayBeNull && prevHashLength < 0)) {
    return `${layout.prevHashColumn} is ${show(prevHashLength)}, not ${DIGEST_BYTES} bytes`;
  }
  if (layout.format === 'v1' && keyIdLength < 0) return `${layout.keyIdColumn ?? 'key id'} is NULL`;
  return infinite ? 'a timestamp is infinite, which the chain format refuses' : null;
}

function show(length: number): string {
  return length < 0 ? 'NULL' : `${length} bytes`;
}

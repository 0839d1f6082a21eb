import { DIGEST_BYTES } from '../digests';
import type { NewFinding } from '../findings/finding';
import type { ChainLayout } from './columns';
import type { Checkpoint } from './checkpoint';
import { MAX_INDEX_STEP } from './index-bounds';
import { MAX_HASH_BYTES, MIN_HASH_BYTES } from './stored-hash';
import type { TupleFields } from './tuple-reader';

type Place = Extract<NewFinding['place'], { readonly kind: 'events' }>;

function at(index: number): Place {
  return { kind: 'events', from: index, to: index };
}

/** @param index text of what stands in place of one */
export function impossibleIndex(index: string): NewFinding {
  const message = `an event has the chain index ${index}, which no chain can have`;
  return { code: 'EVENT_INDEX', place: { kind: 'database' }, message };
}

export function beforeBeginning(index: number, begin: number): NewFinding {
  const message = `the chain begins at index ${begin}; an event stands before it`;
  return { code: 'EVENT_INDEX', place: at(index), message };
}

/**
 * An event too far above the end of the chain to be part of it.
 * @param last index of the last event of the chain
 */
export function behindEnd(index: number, last: number): NewFinding {
  const message = `the chain ends at index ${last}; an event stands more than ${MAX_INDEX_STEP} above it`;
  return { code: 'EVENT_INDEX', place: at(index), message };
}

/** An event whose index is that of the event before, or lower. */
export function notAscending(index: number, lastIndex: number | null): NewFinding {
  if (index === lastIndex) {
    const message = 'more than one event has this chain index';
    return { code: 'EVENT_DUPLICATE', place: at(index), message };
  }
  const message = `the event comes after event ${lastIndex} in the order of the chain index`;
  return { code: 'EVENT_INDEX', place: at(index), message };
}

/** The recomputed HMAC is not shown: it would be the one value a forger lacks. */
export function wrongHash(layout: ChainLayout, index: number): NewFinding {
  const message = `the columns of the event do not give its ${layout.hashColumn}`;
  return { code: 'EVENT_HASH', place: at(index), message };
}

/** @param keyId as it stands in the table, of any length */
export function unknownKey(index: number, keyId: string): NewFinding {
  const shown = JSON.stringify(keyId.slice(0, 80));
  const message = `the key ring has no key ${shown}, so these events were not recomputed`;
  return { code: 'KEY_UNKNOWN', place: at(index), message };
}

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
    place: at(index),
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
    message:
      'anchored events are not in the table: the end was cut off, or events were removed and the rest chained anew',
    expected: `events up to ${last.lastSeq}`,
    actual: lastIndex === null ? 'no event' : `the last event is ${lastIndex}`,
    anchor: first.anchor,
    count: cut.length,
  };
}

/**
 * A field that no event of the chain can have; null when all of them are well-formed.
 * @param sound whether the hashes are ones
 */
export function malformedEvent(
  layout: ChainLayout,
  index: number,
  fields: TupleFields,
  sound: { readonly hash: boolean; readonly prevHash: boolean },
): NewFinding | null {
  const message = fieldFault(layout, fields, sound);
  return message === null ? null : { code: 'EVENT_MALFORMED', place: at(index), message };
}

function fieldFault(
  { format, hashColumn, prevHashColumn, keyIdColumn }: ChainLayout,
  { hashLength, prevHashLength, keyIdLength, infinite }: TupleFields,
  sound: { readonly hash: boolean; readonly prevHash: boolean },
): string | null {
  const expected =
    format === 'v1'
      ? `${DIGEST_BYTES} bytes`
      : `${MIN_HASH_BYTES} to ${MAX_HASH_BYTES} bytes, as bytea, or in the hex or base64 of the other events`;
  if (!sound.hash) return `${hashColumn} is ${show(hashLength)}, not ${expected}`;
  if (!sound.prevHash) return `${prevHashColumn} is ${show(prevHashLength)}, not ${expected}`;
  if (format === 'v1' && keyIdLength < 0) return `${keyIdColumn ?? 'key id'} is NULL`;
  return infinite ? 'a timestamp is infinite, which the chain format refuses' : null;
}

function show(length: number): string {
  return length < 0 ? 'NULL' : `${length} bytes`;
}

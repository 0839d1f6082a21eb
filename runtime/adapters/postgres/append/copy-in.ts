import type { ChainLayout, Column } from '../../../domain/chain/columns';
import { encodeMessage } from '../../../domain/chain/message';
import { DIGEST_BYTES } from '../../../domain/digests';
import { EventHasher } from '../../digests/event-hasher';
import type { PreparedEvent } from './event-encoder';

const COPY_HEADER = Buffer.concat([Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'), Buffer.alloc(8)]);
export const COPY_HEADER_BYTES = COPY_HEADER.length;
const COPY_TRAILER = Buffer.from([0xff, 0xff]);
const FIELD_COUNT_BYTES = 2;
const LENGTH_BYTES = 4;
/** The length of `event_hash` and the hash itself stand behind the message. */
const HASH_FIELD_BYTES = LENGTH_BYTES + DIGEST_BYTES;
const HIGH_WORD = 2 ** 32;

/** The end of the chain that a batch continues. */
export interface Head {
  readonly index: number;
  readonly hash: Buffer;
}

/** Events with their place in the chain: the bytes that were hashed are the bytes that are sent. */
export interface LinkedBatch {
  /** The whole input of a binary COPY. */
  readonly bytes: Buffer;
  /** Of each event, the offset behind its `event_hash`. */
  readonly ends: readonly number[];
}

/** `event_hash` of the event at `position` of a batch. */
export function hashIn({ bytes, ends }: LinkedBatch, position: number): Buffer {
  const end = ends[position] ?? 0;
  return bytes.subarray(end - DIGEST_BYTES, end);
}

/** Gives events their index, link and hash. */
export class EventLinker {
  private readonly hasher: EventHasher;
  private readonly indexColumn: Column | undefined;

  /** @param chainKey see `chainKey`; copied */
  constructor(layout: ChainLayout, chainKey: Uint8Array) {
    this.hasher = new EventHasher(chainKey);
    this.indexColumn = layout.columns.find(({ name }) => name === layout.indexColumn);
  }

  link(events: readonly PreparedEvent[], head: Head): LinkedBatch {
    const size = events.reduce(
      (sum, { tuple }) => sum + tuple.length,
      COPY_HEADER.length + COPY_TRAILER.length,
    );
    const bytes = Buffer.allocUnsafe(size);
    const ends: number[] = [];
    let at = COPY_HEADER.copy(bytes);
    let index = head.index;
    for (const { tuple, indexAt, prevHashAt } of events) {
      const previousEnd = at;
      at += tuple.copy(bytes, at);
      index += 1;
      this.writeIndex(bytes, previousEnd + indexAt, index);
      if (ends.length === 0) head.hash.copy(bytes, previousEnd + prevHashAt);
      else bytes.copy(bytes, previousEnd + prevHashAt, previousEnd - DIGEST_BYTES, previousEnd);
      const message = previousEnd + FIELD_COUNT_BYTES;
      this.hasher.write(bytes, message, at - HASH_FIELD_BYTES, bytes, at - DIGEST_BYTES);
      ends.push(at);
    }
    COPY_TRAILER.copy(bytes, at);
    return { bytes, ends };
  }

  /** Wipes the key. */
  dispose(): void {
    this.hasher.dispose();
  }

  private writeIndex(bytes: Buffer, at: number, index: number): void {
    if (this.indexColumn === undefined || this.indexColumn.type === 'int8') {
      bytes.writeUInt32BE(Math.floor(index / HIGH_WORD), at);
      bytes.writeUInt32BE(index % HIGH_WORD, at + LENGTH_BYTES);
    } else {
      bytes.set(encodeMessage([this.indexColumn], [index]).subarray(LENGTH_BYTES), at);
    }
  }
}

import { createHmac } from 'node:crypto';
import { chainKey } from '../../runtime/domain/chain/event-hash';
import { v1Layout } from '../../runtime/domain/chain/columns';
import { formatColumnList } from '../../runtime/domain/chain/column-list';
import { encodeMessage } from '../../runtime/domain/chain/message';
import { DIGEST_BYTES } from '../../runtime/domain/digests';

export const CHAIN_ID = 'bench';
export const KEY_ID = 'k1';
export const SECRET = Buffer.alloc(32, 7);
export const LAYOUT = v1Layout();
/** The key of the whole chain, for the variants that hash by other means. */
export const CHAIN_KEY = chainKey(SECRET, CHAIN_ID, formatColumnList(LAYOUT.columns));

const FIRST_TIME_MICROS = 789_000_000_000_000n;
const MICROS_APART = 1_234_567n;
const BATCH_BYTES = 256 * 1024;
/** Bytes of text that make the average message 315 bytes long, and how far a single one is from it. */
const DETAIL_BYTES = 179;
const DETAIL_SPREAD = 60;
const ACTIONS = ['record.read', 'record.update', 'session.login', 'export.create', 'role.grant'];
const FILLER = 'lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod tempor '.repeat(4);

const HEADER = Buffer.concat([Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'), Buffer.alloc(8)]);
const END = Buffer.from([0xff, 0xff]);

function detailsOf(index: number): string {
  // A fixed walk through the lengths: every run generates the same chain.
  const length = DETAIL_BYTES - DETAIL_SPREAD + ((index * 7919) % (2 * DETAIL_SPREAD + 1));
  return `{"id":${index % 10},"note":"${FILLER.slice(0, length - 19)}"}`;
}

function messageOf(index: number, prevHash: Uint8Array): Buffer {
  return encodeMessage(LAYOUT.columns, [
    index,
    FIRST_TIME_MICROS + BigInt(index) * MICROS_APART,
    `user-${String(index % 1000).padStart(4, '0')}@example.com`,
    ACTIONS[index % ACTIONS.length] ?? null,
    index % 9 === 0 ? null : `record/${String(index % 100_000).padStart(6, '0')}`,
    index % 13 === 0 ? 'denied' : 'success',
    detailsOf(index),
    KEY_ID,
    prevHash,
  ]);
}

/** The input of a binary COPY with a chain of so many events, in pieces; `messageBytes` is their sum at the end. */
export class ChainEvents {
  messageBytes = 0;

  constructor(private readonly events: number) {}

  *copyInput(): Generator<Buffer, void> {
    yield HEADER;
    const frame = Buffer.from([0, LAYOUT.columns.length + 1]);
    const hashLength = Buffer.from([0, 0, 0, DIGEST_BYTES]);
    let prevHash: Buffer = Buffer.alloc(DIGEST_BYTES);
    let parts: Buffer[] = [];
    let bytes = 0;
    for (let index = 1; index <= this.events; index++) {
      const message = messageOf(index, prevHash);
      prevHash = createHmac('sha256', CHAIN_KEY).update(message).digest();
      parts.push(frame, message, hashLength, prevHash);
      this.messageBytes += message.length;
      bytes += message.length + frame.length + hashLength.length + DIGEST_BYTES;
      if (bytes < BATCH_BYTES) continue;
      yield Buffer.concat(parts);
      parts = [];
      bytes = 0;
    }
    yield Buffer.concat([...parts, END]);
  }
}

import { EventLinker, type Head, hashIn } from '../../runtime/adapters/postgres/append/copy-in';
import type { PreparedEvent } from '../../runtime/adapters/postgres/append/event-encoder';
import { encodeMessage, type FieldValue } from '../../runtime/domain/chain/message';
import { DIGEST_BYTES } from '../../runtime/domain/digests';
import { BYTES_WITHOUT_DETAILS, CHAIN_KEY, EVENT_BYTES, KEY_ID, LAYOUT } from './chain';

const FIRST_TIME_MICROS = 789_000_000_000_000n;
const MICROS_APART = 1_234_567n;
const BATCH_EVENTS = 1_000;
const ACTIONS = ['record.read', 'record.update', 'session.login', 'export.create', 'role.grant'];
const FILLER = 'lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod tempor ';

const HEADER = Buffer.concat([Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'), Buffer.alloc(8)]);
const END = Buffer.from([0xff, 0xff]);
const LENGTH_BYTES = 4;
const NO_LINK = Buffer.alloc(DIGEST_BYTES);
/** Length and room of `event_hash`. */
const HASH_FIELD = Buffer.concat([Buffer.from([0, 0, 0, DIGEST_BYTES]), NO_LINK]);

/**
 * The input of a binary COPY with a chain of so many events, in pieces; `messageBytes` is their sum at the end. Another
 * build of the program makes the same events in its own format.
 */
export class ChainEvents {
  messageBytes = 0;
  private readonly filler: string;

  /** @param eventBytes length of a message, on average */
  constructor(
    private readonly events: number,
    private readonly eventBytes = EVENT_BYTES,
  ) {
    this.filler = FILLER.repeat(Math.ceil((2 * eventBytes) / FILLER.length));
  }

  *copyInput(): Generator<Buffer, void> {
    const linker = new EventLinker(LAYOUT, CHAIN_KEY);
    let head: Head = { index: 0, hash: NO_LINK };
    yield HEADER;
    while (head.index < this.events) {
      const count = Math.min(BATCH_EVENTS, this.events - head.index);
      const first = head.index + 1;
      const batch = linker.link(
        Array.from({ length: count }, (_, at) => this.prepared(first + at)),
        head,
      );
      head = { index: head.index + count, hash: Buffer.from(hashIn(batch, count - 1)) };
      yield batch.bytes.subarray(HEADER.length, -END.length);
    }
    yield END;
  }

  private prepared(index: number): PreparedEvent {
    const values = this.valuesOf(index);
    const message = encodeMessage(
      LAYOUT.columns,
      LAYOUT.columns.map(({ name }) => values[name] ?? null),
    );
    this.messageBytes += message.length;
    const tuple = Buffer.concat([Buffer.from([0, LAYOUT.columns.length + 1]), message, HASH_FIELD]);
    const prevHashAt = tuple.length - HASH_FIELD.length - DIGEST_BYTES;
    return { tuple, indexAt: 2 + LENGTH_BYTES, prevHashAt };
  }

  /** By column; what is not here is NULL, the salt too. */
  private valuesOf(index: number): Readonly<Record<string, FieldValue>> {
    return {
      chain_index: 0,
      occurred_at: FIRST_TIME_MICROS + BigInt(index) * MICROS_APART,
      actor: `user-${String(index % 1000).padStart(4, '0')}@example.com`,
      action: ACTIONS[index % ACTIONS.length] ?? null,
      resource: index % 9 === 0 ? null : `record/${String(index % 100_000).padStart(6, '0')}`,
      outcome: index % 13 === 0 ? 'denied' : 'success',
      details: this.detailsOf(index),
      key_id: KEY_ID,
      prev_hash: NO_LINK,
    };
  }

  private detailsOf(index: number): string {
    const average = this.eventBytes - BYTES_WITHOUT_DETAILS;
    const spread = Math.floor(average / 3);
    // A fixed walk through the lengths: every run generates the same chain.
    const length = average - spread + ((index * 7919) % (2 * spread + 1));
    return `{"id":${index % 10},"note":"${this.filler.slice(0, length - 19)}"}`;
  }
}

import { createHash, createHmac, createSecretKey } from 'node:crypto';
import { types, type CustomTypesConfig } from 'pg';
import { CHAIN_KEY } from '../chain';
import type { Outcome, Task } from './task';

/** An event as the driver gives it to a program that selects it. */
export interface Row {
  readonly chain_index: string;
  readonly occurred_at: string;
  readonly actor: string;
  readonly action: string;
  readonly resource: string | null;
  readonly outcome: string;
  readonly details: string | null;
  readonly salt: string | null;
  readonly key_id: string;
  readonly prev_hash: Buffer;
  readonly event_hash: Buffer;
}

export const COLUMNS =
  'chain_index, occurred_at, actor, action, resource, outcome, details, salt, key_id, prev_hash, event_hash';

/** OIDs of timestamptz and json. */
const RAW_OIDS: readonly number[] = [1184, 114];
const EPOCH_2000_MS = Date.UTC(2000, 0, 1);

/** Text of timestamptz and json as it is: the driver would cut microseconds off, and lose the bytes of the JSON. */
export const RAW_TYPES: CustomTypesConfig = {
  getTypeParser: ((oid: number, format: 'text') =>
    RAW_OIDS.includes(oid)
      ? (text: string) => text
      : (types.getTypeParser(oid, format) as unknown)) as CustomTypesConfig['getTypeParser'],
};

function int8(value: bigint): Buffer {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeBigInt64BE(value);
  return bytes;
}

/** `2025-01-15 14:00:00.123456+00`, which a session in UTC gives. */
function micros(text: string): bigint {
  const fraction = /\.(\d+)/.exec(text)?.[1] ?? '';
  const millis = Date.parse(`${text.slice(0, 10)}T${text.slice(11, 19)}Z`) - EPOCH_2000_MS;
  return BigInt(millis) * 1000n + BigInt(fraction.padEnd(6, '0'));
}

function field(value: Buffer | string | null): Buffer[] {
  const length = Buffer.allocUnsafe(4);
  if (value === null) {
    length.writeInt32BE(-1);
    return [length];
  }
  const bytes = typeof value === 'string' ? Buffer.from(value, 'utf8') : value;
  length.writeInt32BE(bytes.length);
  return [length, bytes];
}

/** The verifier that a careful user would write: each row encoded again, `createHmac`, links and indices. */
export class RowCheck {
  private readonly key = createSecretKey(CHAIN_KEY);
  private readonly found = new Set<string>();
  private events = 0;
  private expected: number;
  private before: Buffer;

  constructor(private readonly task: Task) {
    this.expected = task.from;
    this.before = Buffer.from(task.firstLink, 'hex');
  }

  check(row: Row): void {
    this.events += 1;
    if (Number(row.chain_index) !== this.expected) this.found.add('index');
    else if (!row.prev_hash.equals(this.before)) this.found.add('link');
    const message = Buffer.concat([
      ...field(int8(BigInt(row.chain_index))),
      ...field(int8(micros(row.occurred_at))),
      ...field(row.actor),
      ...field(row.action),
      ...field(row.resource),
      ...field(row.outcome),
      ...field(row.details),
      ...field(row.salt === null ? null : Buffer.from(row.salt.replaceAll('-', ''), 'hex')),
      ...field(row.key_id),
      ...field(row.prev_hash),
    ]);
    const hash = createHmac('sha256', this.key)
      .update(createHash('sha256').update(message).digest())
      .digest();
    if (!hash.equals(row.event_hash)) this.found.add('hash');
    this.before = row.event_hash;
    this.expected = Number(row.chain_index) + 1;
  }

  finish(): Outcome {
    if (this.expected <= this.task.last) this.found.add('end');
    return { events: this.events, found: [...this.found] };
  }
}

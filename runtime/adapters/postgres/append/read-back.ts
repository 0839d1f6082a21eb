import type { ClientBase } from 'pg';
import type { ChainLayout } from '../../../domain/chain/columns';
import { COPY_HEADER_BYTES } from './copy-in';
import { CopyQuery } from '../copy-query';

/** Where the table differs from what was sent. */
export interface Alteration {
  /** Of the event in its batch, from 0. */
  readonly position: number;
  /** What happened to it, as an error says it. */
  readonly what: string;
}

/** The answer to a COPY ... TO STDOUT, whole, on a client of any origin. */
export async function copyWhole(client: ClientBase, text: string): Promise<Buffer> {
  const copy = new CopyQuery(text);
  client.query(copy);
  const chunks: Buffer[] = [];
  for (let chunk = await copy.next(); chunk; chunk = await copy.next()) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

/** The fields of each tuple of a binary COPY, with their lengths, which tell NULL from an empty value. */
function* tuplesIn(bytes: Buffer): Generator<readonly Buffer[]> {
  for (let at = COPY_HEADER_BYTES, count = bytes.readInt16BE(at); count >= 0; count = bytes.readInt16BE(at)) {
    at += 2;
    const fields: Buffer[] = [];
    while (fields.length < count) {
      const end = at + 4 + Math.max(0, bytes.readInt32BE(at));
      fields.push(bytes.subarray(at, end));
      at = end;
    }
    yield fields;
  }
}

/** Compares two binary COPYs of the layout's columns and hash; null when they are equal. */
export function firstAlteration(layout: ChainLayout, sent: Buffer, stored: Buffer): Alteration | null {
  if (sent.equals(stored)) return null;
  const names = [...layout.columns.map(({ name }) => name), layout.hashColumn];
  const indexAt = names.indexOf(layout.indexColumn);
  const keyOf = (fields: readonly Buffer[]): string => fields[indexAt]?.toString('hex') ?? '';
  const rows = new Map([...tuplesIn(stored)].map((fields) => [keyOf(fields), fields]));
  let position = -1;
  for (const fields of tuplesIn(sent)) {
    position += 1;
    const row = rows.get(keyOf(fields));
    if (!row) return { position, what: 'the database did not store it under its index' };
    const column = fields.findIndex((field, at) => !row[at]?.equals(field));
    const name = names[column];
    if (name !== undefined)
      return { position, what: `the database changed column "${name}" after it was hashed` };
  }
  return { position, what: 'the database stored another row next to it' };
}

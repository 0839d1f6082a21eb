import * as fc from 'fast-check';
import { EventLinker, hashIn } from '../../../../../runtime/adapters/postgres/append/copy-in';
import { EventEncoder } from '../../../../../runtime/adapters/postgres/append/event-encoder';
import { RandomSalts, type SaltSource } from '../../../../../runtime/adapters/postgres/append/salts';
import type { Table } from '../../../../../runtime/adapters/postgres/table';
import type { ChainLayout } from '../../../../../runtime/domain/chain/columns';
import { parseColumnList, v1Layout } from '../../../../../runtime/domain/chain/columns';
import { eventDigest, eventHash } from '../../../../../runtime/domain/chain/event-hash';
import type { FieldValue } from '../../../../../runtime/domain/chain/message';
import { encodeMessage } from '../../../../../runtime/domain/chain/message';

const KEY = Buffer.alloc(32, 9);
const PREVIOUS = Buffer.alloc(32, 5);

function tableOf(layout: ChainLayout): Table {
  const columns = layout.columns.map(({ name, type }) => ({
    name,
    type,
    shown: type,
    notNull: false,
    modified: false,
  }));
  return {
    schema: 'public',
    name: 'events',
    qualified: '"public"."events"',
    kind: 'table',
    oid: 0,
    nonTableChild: null,
    columns,
  };
}

/** What the domain's encoder makes of the same event. */
function tupleOf(layout: ChainLayout, values: readonly FieldValue[]): Buffer {
  const message = encodeMessage(layout.columns, values);
  const count = Buffer.alloc(2);
  count.writeInt16BE(layout.columns.length + 1);
  return Buffer.concat([count, message, Buffer.from([0, 0, 0, 32]), eventHash(KEY, eventDigest(message))]);
}

describe.each(['int8', 'int4', 'int2'] as const)('with an index of type %s', (indexType) => {
  const layout = v1Layout(
    parseColumnList(
      `a:text,key_id:text,at:timestamptz,j:json,n:int8,chain_index:${indexType},b:bytea,v:varchar,prev_hash:bytea,c:bool`,
    ),
  );
  const encoder = new EventEncoder(layout, tableOf(layout), 'kéy');
  const text = fc.string({ unit: 'grapheme', maxLength: 400 }).map((value) => value.replaceAll('\0', ''));

  test('encodes as the chain format says, whatever the values, one buffer after another', () => {
    const linker = new EventLinker(layout, KEY);
    fc.assert(
      fc.property(
        fc.option(text),
        fc.bigInt(-(2n ** 62n), 2n ** 62n),
        fc.json(),
        fc.option(fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n)),
        fc.uint8Array({ maxLength: 200 }),
        text,
        fc.boolean(),
        fc.integer({ min: 0, max: 32_766 }),
        (a, micros, j, n, b, v, c, before) => {
          const date = new Date(Number(BigInt.asIntN(45, micros)));
          const at = (BigInt(date.getTime()) - 946_684_800_000n) * 1000n;
          const values = { a, at: date, j, n, b, v, c };
          const batch = linker.link([encoder.prepare(values, 'it')], { index: before, hash: PREVIOUS });
          const expected = tupleOf(layout, [a, 'kéy', at, j, n, before + 1, b, v, PREVIOUS, c]);
          expect(batch.bytes.subarray(19, -2).equals(expected)).toBe(true);
          expect(hashIn(batch, 0).equals(expected.subarray(-32))).toBe(true);
        },
      ),
    );
  });
});

test('an index beyond 32 bits is written whole', () => {
  const layout = v1Layout();
  const encoder = new EventEncoder(layout, tableOf(layout), 'k1');
  const prepared = encoder.prepare({ actor: 'alice' }, 'it');
  const index = 2 ** 40 + 7;
  const batch = new EventLinker(layout, KEY).link([prepared], { index: index - 1, hash: PREVIOUS });
  const { bytes } = batch;
  expect(bytes.readBigInt64BE(19 + prepared.indexAt)).toBe(BigInt(index));
});

test('an index that its column cannot hold is refused before anything is sent', () => {
  const layout = v1Layout(parseColumnList('chain_index:int2,key_id:text,prev_hash:bytea'));
  const prepared = new EventEncoder(layout, tableOf(layout), 'k1').prepare({}, 'it');
  expect(() => new EventLinker(layout, KEY).link([prepared], { index: 32_767, hash: PREVIOUS })).toThrow(
    'column "chain_index" (int2): found 32768, allowed an integer of 2 bytes',
  );
});

test('links each event of a batch to the one before', () => {
  const layout = v1Layout();
  const encoder = new EventEncoder(layout, tableOf(layout), 'k1');
  const prepared = ['a', 'b', 'c'].map((actor) => encoder.prepare({ actor }, 'it'));
  const batch = new EventLinker(layout, KEY).link(prepared, { index: 0, hash: PREVIOUS });
  prepared.forEach(({ tuple, prevHashAt }, position) => {
    const start = (batch.ends[position] ?? 0) - tuple.length;
    const link = batch.bytes.subarray(start + prevHashAt, start + prevHashAt + 32);
    expect(link).toEqual(position === 0 ? PREVIOUS : hashIn(batch, position - 1));
  });
});

describe('the salt of an event', () => {
  /** 16 times the number of the salt, from 1. */
  function counted(): SaltSource {
    let count = 0;
    return { next: () => Buffer.alloc(16, (count += 1)) };
  }

  function messageOf(layout: ChainLayout, values: object, salts: SaltSource): Buffer {
    return new EventEncoder(layout, tableOf(layout), 'k1', salts).prepare({ ...values }, 'it').tuple;
  }

  const GIVEN = '0b8f8b3e-6c0f-4d1e-9a55-2f6b1c9d7e10';

  test('is drawn for each event that brings none, also for one whose salt is null', () => {
    const layout = v1Layout();
    const encoder = new EventEncoder(layout, tableOf(layout), 'k1', counted());
    [{}, { salt: null }, { salt: undefined }].forEach((more, position) => {
      const { tuple } = encoder.prepare({ actor: 'alice', ...more }, 'it');
      const salt = Buffer.alloc(16, position + 1);
      const values = [0, null, 'alice', null, null, null, null, salt, 'k1', Buffer.alloc(32)];
      expect(tuple.subarray(2, -36).equals(encodeMessage(layout.columns, values))).toBe(true);
    });
  });

  test('is the one that the event brings, which has to be a UUID', () => {
    const layout = v1Layout();
    expect(
      messageOf(layout, { salt: GIVEN }, counted()).includes(Buffer.from('0b8f8b3e6c0f4d1e', 'hex')),
    ).toBe(true);
    expect(() => messageOf(layout, { salt: 'pepper' }, counted())).toThrow(
      'it: column "salt" (uuid): found "pepper", allowed a UUID',
    );
  });

  test.each([
    ['no such column', 'chain_index:int8,actor:text,key_id:text,prev_hash:bytea', 0],
    ['a salt that is no uuid', 'chain_index:int8,salt:text,key_id:text,prev_hash:bytea', 0],
    ['a uuid of another name', 'chain_index:int8,request:uuid,key_id:text,prev_hash:bytea', 0],
    ['a salt anywhere', 'salt:uuid,key_id:text,chain_index:int8,prev_hash:bytea', 1],
  ])('is drawn where the column list has one: %s', (_what, list, drawn) => {
    const salts = counted();
    messageOf(v1Layout(parseColumnList(list)), {}, salts);
    expect(salts.next()).toEqual(Buffer.alloc(16, drawn + 1));
  });

  test('is filled in where the column is NOT NULL', () => {
    const layout = v1Layout();
    const table = tableOf(layout);
    const columns = table.columns.map((column) => ({ ...column, notNull: column.name === 'salt' }));
    const encoder = new EventEncoder(layout, { ...table, columns }, 'k1', counted());
    expect(encoder.prepare({ salt: null }, 'it').tuple.includes(Buffer.alloc(16, 1))).toBe(true);
  });

  test('is another one each time, beyond what is drawn at a time', () => {
    const salts = new RandomSalts();
    const drawn = Array.from({ length: 1_000 }, () => Buffer.from(salts.next()).toString('hex'));
    expect(new Set(drawn).size).toBe(1_000);
    expect(drawn.every((salt) => salt.length === 32)).toBe(true);
  });
});

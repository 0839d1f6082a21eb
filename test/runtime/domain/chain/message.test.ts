import fc from 'fast-check';
import type { Column, ColumnType } from '../../../../runtime/domain/chain/columns';
import type { FieldValue } from '../../../../runtime/domain/chain/message';
import { encodeMessage } from '../../../../runtime/domain/chain/message';
import { TIMESTAMP_INFINITY, TIMESTAMP_MINUS_INFINITY } from '../../../../runtime/domain/chain/timestamp';

const column = (type: ColumnType): Column => ({ name: 'c', type });
const encode = (type: ColumnType, value: FieldValue): string =>
  encodeMessage([column(type)], [value]).toString('hex');

test.each<[ColumnType, FieldValue, string]>([
  ['int8', 1, '00000008 0000000000000001'],
  ['int8', -1n, '00000008 ffffffffffffffff'],
  ['int8', 0x7fff_ffff_ffff_ffffn, '00000008 7fffffffffffffff'],
  ['int8', -0x8000_0000_0000_0000n, '00000008 8000000000000000'],
  ['int4', -2_147_483_648, '00000004 80000000'],
  ['int2', 32_767, '00000002 7fff'],
  ['timestamptz', 0n, '00000008 0000000000000000'],
  ['timestamptz', -1n, '00000008 ffffffffffffffff'],
  ['timestamptz', TIMESTAMP_INFINITY - 1n, '00000008 7ffffffffffffffe'],
  ['text', '', '00000000'],
  ['text', 'ü😀', '00000006 c3bcf09f9880'],
  ['varchar', 'a', '00000001 61'],
  ['json', '{"a": 1}', '00000008 7b2261223a20317d'],
  ['bytea', Buffer.alloc(0), '00000000'],
  ['bytea', Buffer.from([0, 255]), '00000002 00ff'],
  ['bytea', new Uint8Array([9, 1, 2, 9]).subarray(1, 3), '00000002 0102'],
  ['uuid', Buffer.alloc(16, 7), `00000010 ${'07'.repeat(16)}`],
  ['bool', true, '00000001 01'],
  ['bool', false, '00000001 00'],
  ['text', null, 'ffffffff'],
])('%s %p', (type, value, hex) => {
  expect(encode(type, value)).toBe(hex.replace(/ /g, ''));
});

test.each<[ColumnType, FieldValue, string, string]>([
  ['int8', 1.5, '1.5', 'an integer'],
  ['int8', 2 ** 53, '9007199254740992', 'an integer'],
  ['int8', Number.NaN, 'NaN', 'an integer'],
  ['int8', '1', 'a string', 'an integer'],
  ['int8', 2n ** 63n, '9223372036854775808', 'an integer of 8 bytes'],
  ['int4', 2_147_483_648, '2147483648', 'an integer of 4 bytes'],
  ['int2', -32_769, '-32769', 'an integer of 2 bytes'],
  ['timestamptz', 0, 'a number', 'microseconds since 2000 as bigint'],
  ['timestamptz', TIMESTAMP_INFINITY, 'infinity', 'a finite time'],
  ['timestamptz', TIMESTAMP_MINUS_INFINITY, 'infinity', 'a finite time'],
  ['timestamptz', 2n ** 64n, 'infinity', 'a finite time'],
  ['text', 7, 'a number', 'text'],
  ['text', 'ab\0', 'NUL at character 2', 'text without NUL, which PostgreSQL cannot store'],
  ['json', '"\ud800"', 'a lone surrogate', 'well-formed Unicode'],
  ['varchar', 'x\udc00y', 'a lone surrogate', 'well-formed Unicode'],
  ['bytea', 'aa', 'a string', 'bytes'],
  ['uuid', Buffer.alloc(15), '15 bytes', '16 bytes'],
  ['bool', 1, 'a number', 'true or false'],
])('%s refuses %p', (type, value, found, allowed) => {
  expect(() => encode(type, value)).toThrow(
    expect.objectContaining({
      code: 'VALUE_INVALID',
      message: `column "c" (${type}): found ${found}, allowed ${allowed}`,
    }) as Error,
  );
});

test.each([[[]], [[1, 2]]])('as many values as columns: %j', (values) => {
  expect(() => encodeMessage([column('int8')], values)).toThrow(
    `found ${values.length} values, allowed 1, one for each column`,
  );
});

test('property: no two different rows give the same message', () => {
  const columns: Column[] = [column('text'), column('bytea'), column('text')];
  const words = fc.option(fc.stringMatching(/^[ab]{0,3}$/), { nil: null });
  const row = fc.tuple(words, words, words);
  const message = ([a, b, c]: readonly [string | null, string | null, string | null]): string =>
    encodeMessage(columns, [a, b === null ? null : Buffer.from(b), c]).toString('hex');
  fc.assert(
    fc.property(row, row, (one, other) => {
      expect(message(one) === message(other)).toBe(JSON.stringify(one) === JSON.stringify(other));
    }),
    { numRuns: 500 },
  );
});

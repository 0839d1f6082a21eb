import {
  countedHash,
  decodeHash,
  type HashForm,
  textForm,
} from '../../../../runtime/domain/chain/stored-hash';
import { sha256 } from '../../../../runtime/domain/digests';

const bytes = (count: number): Buffer => Buffer.alloc(count, 0xab);
const text = (value: string): Buffer => Buffer.from(value);

test.each<[HashForm, Buffer, Buffer | null]>([
  ['digest', bytes(32), bytes(32)],
  ['digest', bytes(31), null],
  ['bytes', bytes(16), bytes(16)],
  ['bytes', bytes(64), bytes(64)],
  ['bytes', bytes(15), null],
  ['bytes', bytes(65), null],
  ['text', text('AB'.repeat(16)), bytes(16)],
  ['hex', text('aB'.repeat(64)), bytes(64)],
  ['hex', text('ab'.repeat(15)), null],
  ['hex', text('ab'.repeat(65)), null],
  ['hex', text(bytes(32).toString('base64')), null],
  ['base64', text(bytes(32).toString('base64')), bytes(32)],
  ['base64', text(bytes(32).toString('base64').replace('=', '')), null],
  ['base64', text(bytes(32).toString('base64url')), null],
  ['base64', text(`${bytes(32).toString('base64')} `), null],
  ['base64', text('ab'.repeat(32)), null],
  ['text', text('GENESIS'), null],
])('%s of %j', (form, stored, hash) => {
  expect(decodeHash(stored, form)).toEqual(hash);
  expect(countedHash(stored, form)).toEqual(hash ?? sha256(stored));
});

test('NULL counts as the SHA-256 of nothing', () => {
  expect(countedHash(null, 'bytes')).toEqual(sha256());
});

test('the first hash says how the column is encoded', () => {
  expect(textForm([null, text('?'), text('ab'.repeat(16))])).toBe('hex');
  expect(textForm([text(bytes(20).toString('base64'))])).toBe('base64');
  expect(textForm([text('GENESIS')])).toBe('text');
});

import fc from 'fast-check';
import { compareLsn, isFlushed } from '../../../runtime/domain/lsn';

test.each([
  ['0/0', '0/0', 0],
  ['0/9F000A50', '0/9F000A51', -1],
  ['0/A', '0/9', 1],
  ['1/0', '0/FFFFFFFF', 1],
  ['9/FFFFFFFF', 'A/0', -1],
  ['0/100', '0/FF', 1],
  ['FFFFFFFF/FFFFFFFF', 'FFFFFFFF/FFFFFFFE', 1],
])('%s against %s', (a, b, sign) => {
  expect(Math.sign(compareLsn(a, b))).toBe(sign);
});

test('property: the order of the 64-bit positions', () => {
  const position = fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn });
  const text = (lsn: bigint): string =>
    `${(lsn >> 32n).toString(16)}/${(lsn & 0xffff_ffffn).toString(16)}`.toUpperCase();
  fc.assert(
    fc.property(position, position, (a, b) => {
      expect(Math.sign(compareLsn(text(a), text(b)))).toBe(a === b ? 0 : a < b ? -1 : 1);
    }),
  );
});

describe('isFlushed', () => {
  const layout = { block: 8192, segment: 16 * 1024 * 1024 };
  test.each([
    ['the very position', '0/2000', '0/2000', true],
    ['more than that', '0/2000', '1/0', true],
    ['a byte less', '0/2001', '0/2000', false],
    ['the header of the page to come', '0/2018', '0/2000', true],
    ['that header and the end of a record', '0/2028', '0/2000', false],
    ['the long header of a segment to come', '0/1000028', '0/1000000', true],
    ['the same distance within a page', '0/2118', '0/2100', false],
  ])('%s', (_, insert, flush, reached) => {
    expect(isFlushed(insert, flush, layout)).toBe(reached);
  });
});

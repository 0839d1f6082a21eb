import fc from 'fast-check';
import { compareLsn } from '../../../runtime/domain/lsn';

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

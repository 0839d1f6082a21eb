import fc from 'fast-check';
import {
  formatTimestamp,
  millisToTimestamp,
  parseTimestamp,
  timestampToMillis,
} from '../../../../runtime/domain/chain/timestamp';

test.each([
  ['2000-01-01T00:00:00Z', 0n],
  ['2000-01-01T00:00:00.000001Z', 1n],
  ['1999-12-31T23:59:59.999999Z', -1n],
  ['1970-01-01T00:00:00Z', -946_684_800_000_000n],
  ['2000-01-01 00:00:00z', 0n],
  ['2000-01-01t02:00:00+02', 0n],
  ['2000-01-01T02:30:00+0230', 0n],
  ['1999-12-31T18:15:00-05:45', 0n],
  ['2000-01-01T00:00:00.9999999Z', 999_999n],
  ['2000-01-01T00:00:00.5Z', 500_000n],
  ['2000-02-29T00:00:00Z', 59n * 86_400_000_000n],
  ['0001-01-01T00:00:00Z', -63_082_281_600_000_000n],
  ['9999-12-31T23:59:59.999999Z', 252_455_615_999_999_999n],
])('%s', (text, micros) => {
  expect(parseTimestamp(text)).toBe(micros);
});

test.each([
  ['', /is not ISO 8601/],
  ['2025-01-15', /is not ISO 8601/],
  ['2025-01-15T14:00:00', /is not ISO 8601/],
  ['2025-01-15T14:00Z', /is not ISO 8601/],
  ['infinity', /is not ISO 8601/],
  ['-infinity', /is not ISO 8601/],
  ['2025-01-15T14:00:00.Z', /is not ISO 8601/],
  ['12025-01-15T14:00:00Z', /is not ISO 8601/],
  ['2025-01-15T14:00:00Z\n', /is not ISO 8601/],
  ['2025-02-29T00:00:00Z', /does not exist/],
  ['2025-13-01T00:00:00Z', /does not exist/],
  ['2025-00-01T00:00:00Z', /does not exist/],
  ['2025-04-31T00:00:00Z', /does not exist/],
  ['2025-01-15T24:00:00Z', /does not exist/],
  ['2025-01-15T14:60:00Z', /does not exist/],
  ['2025-01-15T14:00:60Z', /does not exist/],
  ['0000-01-01T00:00:00Z', /does not exist/],
  ['2025-01-15T14:00:00+16', /does not exist/],
  ['2025-01-15T14:00:00+01:60', /does not exist/],
])('refused: %j', (text, message) => {
  expect(() => parseTimestamp(text)).toThrow(
    expect.objectContaining({
      code: 'VALUE_INVALID',
      message: expect.stringMatching(message) as string,
    }) as Error,
  );
});

test('the error shows 64 characters of what was found, no more', () => {
  expect(() => parseTimestamp('9'.repeat(1_000))).toThrow(`time "${'9'.repeat(64)}" is not`);
});

test('milliseconds are rounded down on both sides of 1970', () => {
  expect(timestampToMillis(parseTimestamp('1970-01-01T00:00:00.001999Z'))).toBe(1);
  expect(timestampToMillis(parseTimestamp('1969-12-31T23:59:59.999999Z'))).toBe(-1);
  expect(timestampToMillis(parseTimestamp('1969-12-31T23:59:59.999Z'))).toBe(-1);
});

test('property: what is formatted reads back, and milliseconds survive', () => {
  const micros = fc.bigInt({
    min: parseTimestamp('0001-01-01T00:00:00Z'),
    max: parseTimestamp('9999-12-31T23:59:59.999999Z'),
  });
  fc.assert(
    fc.property(micros, (value) => {
      expect(parseTimestamp(formatTimestamp(value))).toBe(value);
      const millis = timestampToMillis(value);
      expect(value - millisToTimestamp(millis)).toBeGreaterThanOrEqual(0n);
      expect(value - millisToTimestamp(millis)).toBeLessThan(1_000n);
    }),
  );
});

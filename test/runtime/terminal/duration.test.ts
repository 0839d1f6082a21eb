import { counted, formatAge, formatCount, formatDuration } from '../../../runtime/terminal/duration';

describe('durations', () => {
  test.each([
    [0, '0 s'],
    [0.9, '0 s'],
    [59.9, '59 s'],
    [60, '1 min'],
    [61, '1 min 1 s'],
    [3599, '59 min 59 s'],
    [3600, '1 h'],
    [3601, '1 h'],
    [3661, '1 h 1 min'],
    [86_399, '23 h 59 min'],
    [86_400, '1 d'],
    [90_000, '1 d 1 h'],
    [400 * 86_400, '400 d'],
    [36_500 * 86_400 - 1, '36,499 d 23 h'],
  ])('%d s is %s', (seconds, text) => {
    expect(formatDuration(seconds)).toBe(text);
  });
});

describe('ages', () => {
  const now = Date.UTC(2025, 0, 31);
  test.each([
    [0, 'now'],
    [999, 'now'],
    [-999, 'now'],
    [1_000, '1 s ago'],
    [3_661_000, '1 h 1 min ago'],
    [-5_000, 'in 5 s'],
  ])('%d ms before now is %s', (ms, text) => {
    expect(formatAge(now - ms, now)).toBe(text);
  });
});

test.each([
  [0, '0'],
  [999, '999'],
  [1_000, '1,000'],
  [-1_234_567, '-1,234,567'],
  [Number.MAX_SAFE_INTEGER, '9,007,199,254,740,991'],
  [18_446_744_073_709_551_615n, '18,446,744,073,709,551,615'],
])('the count %s is %s', (count, text) => {
  expect(formatCount(count)).toBe(text);
});

test.each([
  [0, '0 events'],
  [1, '1 event'],
  [2, '2 events'],
  [1_200, '1,200 events'],
])('a count of %d stands with its noun', (count, text) => {
  expect(counted(count, 'event')).toBe(text);
});

test('a plural of its own is told', () => {
  expect(counted(2, 'anchored hash', 'anchored hashes')).toBe('2 anchored hashes');
});

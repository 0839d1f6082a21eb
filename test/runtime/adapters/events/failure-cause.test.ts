import { readFileSync } from 'node:fs';
import { causeOf } from '../../../../runtime/adapters/events/failure-cause';
import { CAUSES } from '../../../../runtime/contract';

/** Every literal of a union of codes in the source: that each has an entry the compiler sees to. */
const CODES = [...readFileSync('runtime/errors.ts', 'utf8').matchAll(/^ {2}\| '([A-Z0-9_]+)'/gm)].map(
  ([, code]) => code ?? '',
);

test('each cause has codes, and a defect has none', () => {
  expect(new Set(CODES.map(causeOf))).toEqual(new Set([null, ...CAUSES]));
  expect(causeOf('INTERNAL')).toBeNull();
  expect(causeOf('toString')).toBeNull();
});

test.each([
  [/^CLOCK_/, 'clock'],
  [/^BUCKET_/, 'bucket'],
  [
    /^(TABLE_NOT_FOUND|TABLE_SHAPE|RELATION_|DB_NOT_FOUND|DB_POOLED|DB_VERSION|STANDBY_ANCHORING)/,
    'database',
  ],
  [/^(DB_AUTHENTICATION|DB_CHANNEL_BINDING|S3_CREDENTIALS)$|_DENIED$/, 'access'],
] as const)('codes %s tell the cause %s', (pattern, cause) => {
  const codes = CODES.filter((code) => pattern.test(code));
  expect(codes.length).toBeGreaterThan(0);
  expect(codes.filter((code) => causeOf(code) !== cause)).toEqual([]);
});

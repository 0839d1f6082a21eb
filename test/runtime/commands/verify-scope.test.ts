import type { VerifyOptions } from '../../../runtime/commands/verify';
import { parseScope } from '../../../runtime/commands/verify';
import { ConfigError } from '../../../runtime/errors';

const seconds = (iso: string): number => Date.parse(iso) / 1000;

/** Both ends in seconds since 1970, null for an open one. */
function timesOf(options: VerifyOptions): readonly (number | null)[] {
  const scope = parseScope(options);
  if (scope.kind !== 'range') throw new Error('that is no range');
  return [scope.from, scope.to].map((bound) => (bound?.kind === 'time' ? bound.seconds : null));
}

test.each<[name: string, options: VerifyOptions, from: string | null, to: string | null]>([
  ['a day', { from: '2030-01-15', to: '2030-01-15' }, '2030-01-15T00:00:00Z', '2030-01-16T00:00:00Z'],
  ['a month', { from: '2030-02-01', to: '2030-02-28' }, '2030-02-01T00:00:00Z', '2030-03-01T00:00:00Z'],
  ['a date alone as the end', { to: '2030-12-31' }, null, '2031-01-01T00:00:00Z'],
  ['a date alone as the beginning', { from: '2030-12-31' }, '2030-12-31T00:00:00Z', null],
  [
    'a time within the day of the end',
    { from: '2030-01-15T23:59:59Z', to: '2030-01-15' },
    '2030-01-15T23:59:59Z',
    '2030-01-16T00:00:00Z',
  ],
  ['a time as the end is that time', { to: '2030-01-15T14:00:00+02:00' }, null, '2030-01-15T12:00:00Z'],
])('%s', (_name, options, from, to) => {
  expect(timesOf(options)).toEqual([from, to].map((iso) => (iso === null ? null : seconds(iso))));
});

test.each<VerifyOptions>([
  { from: '2030-01-16', to: '2030-01-15' },
  { from: '2030-01-16T00:00:00Z', to: '2030-01-15' },
  { from: '2030-01-15T00:00:01Z', to: '2030-01-15T00:00:00Z' },
])('an end before the beginning: %j', (options) => {
  expect(() => parseScope(options)).toThrow(ConfigError);
});

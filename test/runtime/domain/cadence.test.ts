import fc from 'fast-check';
import type { CadenceState } from '../../../runtime/domain/cadence';
import { dueTrigger, nextGridTime, unanchoredEvents } from '../../../runtime/domain/cadence';

const POLICY = { intervalMinutes: 60, eventThreshold: 100 };
const seconds = (iso: string): number => Date.parse(iso) / 1000;

function state(now: string, more: Partial<CadenceState> = {}): CadenceState {
  return {
    now: seconds(now),
    newest: { seconds: seconds('2030-01-15T14:00:00Z'), lastSeq: 10, keyId: 'k1' },
    head: { index: 10, keyId: 'k1' },
    ...more,
  };
}

describe('the interval', () => {
  test.each([
    ['the second it was written', '2030-01-15T14:00:00Z', null],
    ['the last second of the hour', '2030-01-15T14:59:59Z', null],
    ['the full hour', '2030-01-15T15:00:00Z', 'interval'],
    ['the next day', '2030-01-16T14:00:00Z', 'interval'],
    ['a clock that went back', '2030-01-15T13:59:59Z', null],
  ])('%s', (_, now, expected) => {
    expect(dueTrigger(POLICY, state(now))).toBe(expected);
  });

  test('is due on the grid, not an hour after the newest anchor', () => {
    const newest = { seconds: seconds('2030-01-15T14:59:59Z'), lastSeq: 10, keyId: 'k1' };
    expect(dueTrigger(POLICY, state('2030-01-15T15:00:00Z', { newest }))).toBe('interval');
  });

  test('is due without any anchor, also for an empty chain', () => {
    expect(dueTrigger(POLICY, state('2030-01-15T14:00:00Z', { newest: null }))).toBe('interval');
    expect(dueTrigger(POLICY, state('2030-01-15T14:00:00Z', { newest: null, head: null }))).toBe('interval');
  });

  test.each([
    [1, '2030-01-15T14:00:30Z', '2030-01-15T14:01:00Z'],
    [7, '2030-01-15T14:00:00Z', '2030-01-15T14:03:00Z'],
    [15, '2030-01-15T14:14:59Z', '2030-01-15T14:15:00Z'],
    [60, '2030-01-15T14:00:00Z', '2030-01-15T15:00:00Z'],
    [1440, '2030-01-15T14:00:00Z', '2030-01-16T00:00:00Z'],
  ])('of %i minutes, from %s: next at %s', (interval, from, next) => {
    expect(nextGridTime(seconds(from), interval)).toBe(seconds(next));
  });

  test('property: the trigger comes exactly when the next grid time is reached', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1440 }),
        fc.integer({ min: 0, max: 4_000_000_000 }),
        fc.integer({ min: 0, max: 200_000 }),
        (intervalMinutes, written, later) => {
          const newest = { seconds: written, lastSeq: 1, keyId: 'k1' };
          const due = dueTrigger(
            { intervalMinutes, eventThreshold: 2 },
            { now: written + later, newest, head: { index: 1, keyId: 'k1' } },
          );
          const reached = written + later >= nextGridTime(written, intervalMinutes);
          expect(due).toBe(reached ? 'interval' : null);
        },
      ),
    );
  });
});

describe('events and key', () => {
  const quiet = '2030-01-15T14:30:00Z';

  test.each([
    [109, null],
    [110, 'events'],
    [5_000, 'events'],
  ])('head at %i after event 10', (index, expected) => {
    expect(dueTrigger(POLICY, state(quiet, { head: { index, keyId: 'k1' } }))).toBe(expected);
  });

  test('a new key is due at the first event under it', () => {
    expect(dueTrigger(POLICY, state(quiet, { head: { index: 11, keyId: 'k2' } }))).toBe('key_rotation');
  });

  test('the rotation is named before the threshold, the threshold before the interval', () => {
    const later = '2030-01-15T16:00:00Z';
    expect(dueTrigger(POLICY, state(later, { head: { index: 500, keyId: 'k2' } }))).toBe('key_rotation');
    expect(dueTrigger(POLICY, state(later, { head: { index: 500, keyId: 'k1' } }))).toBe('events');
    expect(dueTrigger(POLICY, state(later, { head: { index: 11, keyId: 'k1' } }))).toBe('interval');
  });

  test('an empty chain, or one without key ids, has no rotation', () => {
    const newest = { seconds: seconds('2030-01-15T14:00:00Z'), lastSeq: 0, keyId: null };
    expect(dueTrigger(POLICY, state(quiet, { newest }))).toBeNull();
    expect(dueTrigger(POLICY, state(quiet, { head: null }))).toBeNull();
  });

  test.each([
    [null, null, 0],
    [null, 7, 7],
    [10, 7, 0],
    [10, null, 0],
    [10, 12, 2],
  ])('anchored up to %p, head %p: %i unanchored', (lastSeq, index, expected) => {
    const newest = lastSeq === null ? null : { seconds: 0, lastSeq, keyId: null };
    const head = index === null ? null : { index, keyId: null };
    expect(unanchoredEvents({ newest, head })).toBe(expected);
  });
});

import fc from 'fast-check';
import type { NewFinding } from '../../../../runtime/domain/findings/finding';
import { FindingLog, MAX_PLACES_PER_CODE } from '../../../../runtime/domain/findings/finding-log';

/** Faults as a reading of the chain reports them: in order, some side by side, in words of two kinds. */
const reading = fc
  .array(fc.record({ step: fc.integer({ min: 1, max: 3 }), kind: fc.constantFrom('a', 'b') }), {
    maxLength: 120,
  })
  .map((faults) => {
    let at = 0;
    return faults.map(({ step, kind }): NewFinding => {
      at += step;
      const place = { kind: 'events', from: at, to: at } as const;
      return { code: 'EVENT_MALFORMED', place, message: `fault ${kind}`, actual: String(at) };
    });
  });

function logOf(findings: readonly NewFinding[]): FindingLog {
  const log = new FindingLog();
  findings.forEach((found) => log.add(found));
  return log;
}

test('logs of the parts of a reading add up to the log of the whole', () => {
  const cuts = fc.array(fc.nat({ max: 120 }), { maxLength: 6 });
  fc.assert(
    fc.property(reading, cuts, (faults, places) => {
      const ends = [...places.map((place) => Math.min(place, faults.length)), faults.length].sort(
        (a, b) => a - b,
      );
      const joined = new FindingLog();
      let from = 0;
      for (const end of ends) {
        logOf(faults.slice(from, end))
          .all()
          .forEach((found) => joined.add(found));
        from = end;
      }
      expect(joined.all()).toEqual(logOf(faults).all());
    }),
    { numRuns: 500 },
  );
});

test('it keeps a bounded number of places, and counts the rest', () => {
  const findings = Array.from({ length: 1_000 }, (_, at): NewFinding => {
    const place = { kind: 'events', from: 2 * at, to: 2 * at } as const;
    return { code: 'EVENT_HASH', place, message: 'wrong' };
  });
  const kept = logOf(findings).all();
  expect(kept).toHaveLength(MAX_PLACES_PER_CODE + 1);
  expect(kept[MAX_PLACES_PER_CODE]).toEqual({
    code: 'EVENT_HASH',
    severity: 'tampering',
    place: { kind: 'events', from: 2 * MAX_PLACES_PER_CODE, to: 1_998 },
    message: 'further places, 980 in all, are not listed one by one',
    count: 980,
  });
});

test('neighbours that name different anchors stay apart', () => {
  const of = (from: number, key: string, versionId: string): NewFinding => ({
    code: 'RANGE_ROOT',
    place: { kind: 'events', from, to: from + 9 },
    message: 'differs',
    anchor: { key, versionId, seq: 1 },
  });
  const kept = logOf([of(1, 'a', '1'), of(11, 'b', '1'), of(21, 'b', '2'), of(31, 'b', '2')]).all();
  expect(kept.map(({ place, count }) => [place, count])).toMatchObject([
    [{ from: 1, to: 10 }, 1],
    [{ from: 11, to: 20 }, 1],
    [{ from: 21, to: 40 }, 2],
  ]);
});

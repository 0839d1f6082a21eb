import { gaugesOf, gaugesOfReport } from '../../../runtime/application/gauges';
import { finding } from '../../../runtime/domain/findings/finding';
import type { NewFinding } from '../../../runtime/domain/findings/finding';
import type { VerificationReport } from '../../../runtime/domain/findings/report';
import { reportOf } from '../../support/daemon';

const NOW = Date.parse('2030-01-15T16:00:00Z');
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOTHING = { anchorAgeSeconds: null, unanchoredEvents: null, retentionDaysLeft: null };

describe('of a known anchor', () => {
  const newest = { seconds: (NOW - HOUR) / 1000, retainUntil: NOW + 1.5 * DAY };

  test('its age, the events behind it, the days it stays locked', () => {
    expect(gaugesOf(newest, 7, NOW)).toEqual({
      anchorAgeSeconds: 3600,
      unanchoredEvents: 7,
      retentionDaysLeft: 1.5,
    });
  });

  test('a day that is not full is not shown as one', () => {
    expect(gaugesOf({ ...newest, retainUntil: NOW + DAY - 1 }, 0, NOW).retentionDaysLeft).toBe(0.99);
  });

  test.each([
    ['a lock that is over', NOW - DAY, 0],
    ['a lock that S3 does not show', null, null],
  ])('%s', (_name, retainUntil, days) => {
    expect(gaugesOf({ ...newest, retainUntil }, 0, NOW).retentionDaysLeft).toBe(days);
  });

  test('a clock slightly ahead makes no negative age', () => {
    expect(gaugesOf({ ...newest, seconds: NOW / 1000 + 2 }, null, NOW).anchorAgeSeconds).toBe(0);
  });

  test('no anchor, no numbers but those of the events', () => {
    expect(gaugesOf(null, 7, NOW)).toEqual({ ...NOTHING, unanchoredEvents: 7 });
  });
});

describe('of a report', () => {
  const key = (hour: number): string => `production/2030/01/15/${hour}/anchor-20300115T${hour}0000Z.json`;
  const newestAnchor: VerificationReport['newestAnchor'] = {
    key: key(15),
    versionId: 'v2',
    anchorSeq: 2,
    lastSeq: 20,
    time: '2030-01-15T15:00:00Z',
    lockedUntil: '2031-02-19T15:00:00.000Z',
  };
  const report = (...found: readonly NewFinding[]): VerificationReport => ({
    ...reportOf('tampered'),
    finishedAt: '2030-01-15T16:00:00.000Z',
    newestAnchor,
    findings: found.map(finding),
  });
  const at = (hour: number) => ({ kind: 'object', key: key(hour), versionId: 'v1' }) as const;
  const KNOWN = { anchorAgeSeconds: 3600, unanchoredEvents: null, retentionDaysLeft: 399.95 };

  test('age and lock of the newest anchor', () => {
    expect(gaugesOfReport(report())).toEqual(KNOWN);
    const hidden = { ...report(), newestAnchor: { ...newestAnchor, lockedUntil: null } };
    expect(gaugesOfReport(hidden)).toEqual({ ...KNOWN, retentionDaysLeft: null });
  });

  test('no anchor: nothing', () => {
    expect(gaugesOfReport({ ...report(), newestAnchor: null })).toEqual(NOTHING);
  });

  test.each<[string, NewFinding]>([
    ['an older anchor is forged', { code: 'ANCHOR_LINK', place: at(14), message: 'no link' }],
    ['events are forged', { code: 'EVENT_HASH', place: { kind: 'events', from: 1, to: 1 }, message: 'x' }],
    ['an object is dated ahead', { code: 'ANCHOR_TIME_SKEW', place: at(16), message: 'skew' }],
    ['the newest one has a mere warning', { code: 'ANCHOR_STALE', place: at(15), message: 'stale' }],
  ])('known all the same when %s', (_name, found) => {
    expect(gaugesOfReport(report(found))).toEqual(KNOWN);
  });

  test.each<[string, NewFinding]>([
    ['the newest one is in doubt', { code: 'ANCHOR_TIME_SKEW', place: at(15), message: 'skew' }],
    ['a newer one cannot be read', { code: 'ANCHOR_UNREADABLE', place: at(16), message: 'denied' }],
    [
      'so many cannot be read that the newest may be among them',
      { code: 'ANCHOR_UNREADABLE', place: at(10), message: 'further places', count: 12 },
    ],
  ])('unknown when %s', (_name, found) => {
    expect(gaugesOfReport(report(found))).toEqual(NOTHING);
  });
});

import type { AnchorAlarmsProps } from '../../../constructs/monitoring/anchor-alarms-props';
import { type Course, DAY, HISTORY } from './cadence';

/** Something that happens, and what has to be told: alarm -> between which two times it fires first. */
export interface Scenario {
  readonly name: string;
  readonly props?: Partial<AnchorAlarmsProps>;
  readonly course: Course;
  /** Minutes since midnight of the first day; both included. */
  readonly fires: Readonly<Record<string, readonly [number, number]>>;
  /** Alarms that say that they are over; the others go on for as long as their cause, to the end. */
  readonly over?: readonly string[];
  /** From when on alarms exist; midnight by default. */
  readonly from?: number;
}

const NOON = at(12);
const between = (minute: number, from: number, to: number) => minute >= from && minute < to;

/** Hours and minutes of the first day, or of a later one, in minutes. */
export function at(hours: number, minutes = 0, day = 1): number {
  return (day - 1) * DAY + hours * 60 + minutes;
}

/** Three deployments of a quarter of an hour or less, one of them over the full hour. */
const restarting = (minute: number) =>
  between(minute, at(9, 20), at(9, 28)) ||
  between(minute, at(13, 55), at(14, 10)) ||
  between(minute, at(18), at(18, 4));

export const SCENARIOS: readonly Scenario[] = [
  { name: 'normal day', course: {}, fires: {} },
  {
    name: 'day with restarts and a failed attempt',
    course: {
      writerRuns: (minute) => !restarting(minute),
      attempt: (minute) => (between(minute, at(16), at(16, 4)) ? 'failed' : 'written'),
      verdict: (minute) => (between(minute, at(10), at(11)) ? 'not evaluated' : 'verified'),
      copySeconds: (minute) => (between(minute, at(8), at(9)) ? 700 : 20),
    },
    fires: {},
  },
  {
    name: 'anchors stop at noon',
    course: { attempt: (minute) => (minute > NOON ? 'hangs' : 'written') },
    fires: { 'billing/anchor-age': [at(14), at(14, 10)], 'billing/no-anchor': [at(14), at(14, 45)] },
  },
  {
    name: 'writer dies at noon and comes back at four',
    course: { writerRuns: (minute) => minute <= NOON || minute >= at(16) },
    fires: {
      'billing/writer-silent': [at(12, 30), at(12, 50)],
      'billing/no-anchor': [at(14), at(14, 45)],
      'billing/anchor-age': [at(14), at(14, 15)],
    },
    over: ['billing/writer-silent', 'billing/no-anchor', 'billing/anchor-age'],
  },
  {
    name: 'task never started',
    from: HISTORY,
    course: { writerRuns: () => false, verdict: () => 'not evaluated' },
    fires: {
      'billing/no-anchor': [HISTORY, HISTORY + 5],
      'billing/writer-silent': [HISTORY, HISTORY + 5],
      // Silent only until the verifier has run for the first time.
      'billing/verify-latest-silent': [HISTORY, HISTORY + 5],
      'billing/verify-full-silent': [HISTORY, HISTORY + 5],
      'billing/verify-latest-not-evaluated': [HISTORY + 60, HISTORY + 130],
      'billing/verify-full-not-evaluated': [HISTORY + 240, HISTORY + 250],
    },
    over: ['billing/verify-latest-silent', 'billing/verify-full-silent'],
  },
  {
    name: 'writer dies at noon, verifier lives',
    course: { writerRuns: (minute) => minute <= NOON },
    fires: {
      'billing/writer-silent': [at(12, 30), at(12, 50)],
      'billing/no-anchor': [at(14), at(14, 45)],
      'billing/anchor-age': [at(14), at(14, 15)],
    },
  },
  {
    name: 'verifier dies at noon',
    course: { verifierRuns: (minute) => minute <= NOON },
    fires: {
      'billing/verify-latest-silent': [at(14), at(15)],
      'billing/verify-full-silent': [at(6, 0, 2), at(9, 0, 2)],
    },
  },
  {
    name: 'tampering found by the full verification only',
    course: { verdict: (minute, scope) => (minute > 0 && scope === 'full' ? 'tampered' : 'verified') },
    fires: { 'billing/tampering': [at(4), at(4, 10)] },
    // For minutes, a day later; then the next full verification has found it again.
    over: ['billing/tampering'],
  },
  {
    name: 'tampering found hourly from noon on',
    course: { verdict: (minute) => (minute > NOON ? 'tampered' : 'verified') },
    fires: { 'billing/tampering': [at(12, 7), at(12, 15)] },
  },
  {
    name: 'nothing can be evaluated from noon on',
    course: { verdict: (minute) => (minute > NOON ? 'not evaluated' : 'verified') },
    fires: {
      'billing/verify-latest-not-evaluated': [at(13, 7), at(13, 20)],
      'billing/verify-full-not-evaluated': [at(4, 0, 2), at(4, 10, 2)],
    },
  },
  {
    name: 'writer refuses a broken chain from noon on',
    course: { attempt: (minute) => (minute >= NOON ? 'refused' : 'written') },
    fires: {
      'billing/tampering': [NOON, at(12, 10)],
      'billing/anchoring-fails': [at(12, 5), at(12, 20)],
      'billing/anchor-age': [at(13), at(13, 10)],
      'billing/no-anchor': [at(13), at(13, 45)],
    },
  },
  {
    name: 'uploads of a busy chain fail from noon on',
    course: { eventsPerMinute: 4_000, attempt: (minute) => (minute >= NOON ? 'failed' : 'written') },
    fires: {
      'billing/anchoring-fails': [at(12, 5), at(12, 20)],
      'billing/unanchored-events': [at(12, 25), at(12, 50)],
      'billing/anchor-age': [at(13, 55), at(14, 10)],
      'billing/no-anchor': [at(13, 55), at(14, 45)],
    },
  },
  {
    name: 'database cannot be reached from noon on',
    course: { attempt: (minute) => (minute >= NOON ? 'no database' : 'written') },
    fires: {
      'billing/anchoring-fails': [at(12, 5), at(12, 20)],
      'billing/writer-silent': [at(12, 30), at(12, 50)],
      'billing/anchor-age': [at(13), at(13, 10)],
      'billing/no-anchor': [at(13), at(13, 45)],
    },
  },
  {
    name: 'anchors are locked for ten days only',
    course: { retentionDays: 10 },
    fires: { 'billing/retention-ends': [at(0), at(0, 5)] },
  },
  {
    name: 'replication stuck from ten on',
    course: { copySeconds: (minute) => (minute >= at(10) ? Infinity : 20) },
    fires: { 'replication-lags': [at(10, 15), at(10, 35)] },
  },
  {
    name: 'replication fails at ten',
    course: { copyFails: (minute) => between(minute, at(10), at(11)) },
    fires: { 'replication-fails': [at(10), at(10, 10)] },
    over: ['replication-fails'],
  },
  {
    name: 'a scheduled run cannot be started at ten',
    course: { deadLetters: (minute) => (minute >= at(10) ? 1 : 0) },
    fires: { 'schedule-dead-letters': [at(10), at(10, 10)] },
  },
  {
    name: 'scheduled writer, normal day',
    props: { mode: 'scheduled' },
    course: { mode: 'scheduled' },
    fires: {},
  },
  {
    name: 'scheduled writer, one run is lost and two fail',
    props: { mode: 'scheduled' },
    course: {
      mode: 'scheduled',
      writerRuns: (minute) => minute !== at(9),
      attempt: (minute) => (between(minute, at(15), at(15, 10)) ? 'failed' : 'written'),
    },
    fires: {},
  },
  ...(
    [
      ['failed', {}],
      ['refused', { 'billing/tampering': [NOON, at(12, 10)] }],
    ] as const
  ).map(
    ([attempt, more]) =>
      ({
        name: `scheduled writer, attempts ${attempt} from noon on`,
        props: { mode: 'scheduled' },
        course: { mode: 'scheduled', attempt: (minute: number) => (minute >= NOON ? attempt : 'written') },
        fires: {
          ...more,
          'billing/anchoring-fails': [at(12, 5), at(12, 20)],
          'billing/anchor-age': [at(13), at(13, 10)],
          'billing/no-anchor': [at(13), at(13, 45)],
        },
      }) satisfies Scenario,
  ),
  ...(['service', 'scheduled', 'external'] as const).flatMap((mode) =>
    (
      [
        ['wrong clock', 'clock-skew'],
        ['unfit bucket', 'bucket-unfit'],
        ['no table', 'database-unfit'],
        ['login refused', 'access-refused'],
      ] as const
    ).map(([attempt, name]): Scenario => ({
      name: `writer (${mode}), ${attempt} from noon to three`,
      props: { mode },
      course: {
        ...(mode === 'scheduled' && { mode }),
        attempt: (minute) => (between(minute, NOON, at(15)) ? attempt : 'written'),
      },
      fires: {
        [`billing/${name}`]: [at(12, 5), at(12, 20)],
        'billing/anchoring-fails': [at(12, 5), at(12, 20)],
        'billing/anchor-age': [at(13), at(13, 10)],
        'billing/no-anchor': [at(13), at(13, 45)],
        // Whoever cannot read the database cannot say how many events wait.
        ...(mode !== 'external' &&
          (attempt === 'no table' || attempt === 'login refused') && {
            'billing/writer-silent': [at(12, 30), at(12, 50)],
          }),
      },
      over: [
        `billing/${name}`,
        'billing/anchoring-fails',
        'billing/anchor-age',
        'billing/no-anchor',
        ...(mode !== 'external' && (attempt === 'no table' || attempt === 'login refused')
          ? ['billing/writer-silent']
          : []),
      ],
    })),
  ),
  {
    name: 'a password is rotated at nine, and the writer has the new one at five past',
    course: { attempt: (minute) => (between(minute, at(9), at(9, 5)) ? 'login refused' : 'written') },
    fires: {},
  },
  {
    name: 'scheduled writer stops at noon',
    props: { mode: 'scheduled' },
    course: { mode: 'scheduled', writerRuns: (minute) => minute <= NOON },
    fires: {
      'billing/writer-silent': [at(12, 30), at(12, 50)],
      'billing/no-anchor': [at(14), at(14, 45)],
      'billing/anchor-age': [at(14), at(14, 15)],
    },
  },
  {
    name: 'gateway, normal day',
    props: { mode: 'external' },
    course: {},
    fires: {},
  },
  {
    name: 'gateway that emits no metrics',
    from: HISTORY,
    props: { mode: 'external' },
    course: { writerRuns: () => false, verifierRuns: () => false },
    fires: { 'billing/no-anchor': [HISTORY, HISTORY + 5] },
  },
  {
    name: 'gateway dies at noon and comes back at four',
    props: { mode: 'external' },
    course: {
      writerRuns: (minute) => minute <= NOON || minute >= at(16),
      verifierRuns: (minute) => minute <= NOON || minute >= at(16),
    },
    fires: { 'billing/no-anchor': [at(14), at(14, 45)] },
    over: ['billing/no-anchor'],
  },
  {
    name: 'gateway refuses a broken chain from noon on',
    props: { mode: 'external' },
    course: { attempt: (minute) => (minute >= NOON ? 'refused' : 'written') },
    fires: {
      'billing/tampering': [NOON, at(12, 10)],
      'billing/anchoring-fails': [at(12, 5), at(12, 20)],
      'billing/anchor-age': [at(13), at(13, 10)],
      'billing/no-anchor': [at(13), at(13, 45)],
    },
  },
  {
    name: 'foreign chain, normal day',
    props: { chainFormat: 'links' },
    course: { chainFormat: 'links' },
    fires: {},
  },
  {
    name: 'foreign chain, one verification cannot be evaluated',
    props: { chainFormat: 'links' },
    course: {
      chainFormat: 'links',
      verdict: (minute) => (between(minute, at(10), at(11)) ? 'not evaluated' : 'verified'),
    },
    fires: {},
  },
  ...(['not evaluated', 'broke off'] as const).map(
    (verdict) =>
      ({
        name: `foreign chain, verifications ${verdict} from noon to four of the next day`,
        props: { chainFormat: 'links' },
        course: {
          chainFormat: 'links',
          verdict: (minute: number) => (between(minute, NOON + 1, at(4, 30, 2)) ? verdict : 'verified'),
        },
        fires: {
          'billing/verify-latest-not-evaluated': [at(13, 7), at(13, 20)],
          'billing/verify-full-not-evaluated': [at(4, 0, 2), at(4, 10, 2)],
        },
        over: ['billing/verify-latest-not-evaluated'],
      }) satisfies Scenario,
  ),
  {
    name: 'foreign chain, tampering found hourly from noon on',
    props: { chainFormat: 'links' },
    course: { chainFormat: 'links', verdict: (minute) => (minute > NOON ? 'tampered' : 'verified') },
    fires: { 'billing/tampering': [at(12, 7), at(12, 15)] },
  },
  {
    name: 'scheduled writer, an anchor takes a quarter of an hour',
    props: { mode: 'scheduled' },
    course: { mode: 'scheduled', busy: (minute) => between(minute, at(9, 1), at(9, 16)) },
    fires: {},
  },
  {
    name: 'scheduled writer, the lock is held for ever from noon on',
    props: { mode: 'scheduled' },
    course: { mode: 'scheduled', busy: (minute) => minute > NOON },
    fires: {
      'billing/writer-silent': [at(12, 30), at(12, 50)],
      'billing/no-anchor': [at(14), at(14, 45)],
      'billing/anchor-age': [at(14), at(14, 15)],
    },
  },
  {
    name: 'interval of 6 hours, normal day',
    props: { intervalMinutes: 360 },
    course: { intervalMinutes: 360, eventsPerMinute: 1 },
    fires: {},
  },
  {
    name: 'interval of 6 hours, anchors stop at noon',
    props: { intervalMinutes: 360 },
    course: {
      intervalMinutes: 360,
      eventsPerMinute: 1,
      attempt: (minute) => (minute > NOON ? 'hangs' : 'written'),
    },
    fires: {
      'billing/anchor-age': [at(0, 0, 2), at(0, 10, 2)],
      'billing/no-anchor': [at(0, 0, 2), at(3, 30, 2)],
    },
  },
];

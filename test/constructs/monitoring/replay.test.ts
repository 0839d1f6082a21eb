import { alarmsOf, build } from './alarms-under-test';
import { DAY, HISTORY, record } from './cadence';
import { type Alarm, type Reality, replay, type Series } from './cloudwatch';
import type { Recording } from './recording';
import { type Scenario, SCENARIOS } from './scenarios';

/** CloudWatch looks back further than an alarm says, as far as it likes; the user guide's example is two. */
const LOOK_BACK = 2;
const DELAY_SECONDS = 120;
const UNTIL = 2 * DAY;

/** `day 1 14:03`, for minutes since midnight of the first day. */
function clock(minute: number): string {
  const day = Math.floor(minute / DAY);
  const [hours, minutes] = [Math.floor((minute - day * DAY) / 60), minute % 60].map((part) =>
    String(Math.abs(part)).padStart(2, '0'),
  );
  return `day ${day + 1} ${hours}:${minutes}`;
}

interface Change {
  readonly minute: number;
  readonly state: string;
}

/** What each alarm does; those that stay quiet are left out. */
class Replay {
  /** Most scenarios have the same alarms. */
  private static readonly built = new Map<string, Map<string, Alarm>>();
  private readonly known = new Map<string, Map<string, Change[]>>();

  private constructor(
    private readonly scenario: Scenario,
    private readonly alarms: ReadonlyMap<string, Alarm>,
    private readonly recording: Recording,
  ) {}

  static async of(scenario: Scenario): Promise<Replay> {
    const props = JSON.stringify(scenario.props ?? {});
    const alarms = this.built.get(props) ?? alarmsOf(build(scenario.props));
    this.built.set(props, alarms);
    return new Replay(scenario, alarms, await record(scenario.course, UNTIL));
  }

  changes({ lookBack = LOOK_BACK, delaySeconds = DELAY_SECONDS } = {}): ReadonlyMap<string, Change[]> {
    const reality = `${lookBack} ${delaySeconds}`;
    const known = this.known.get(reality) ?? this.compute({ lookBack, delaySeconds });
    this.known.set(reality, known);
    return known;
  }

  private compute({ lookBack, delaySeconds }: Reality): Map<string, Change[]> {
    const from = (this.scenario.from ?? 0) * 60;
    const all = [...this.alarms].map(([name, alarm]): [string, Change[]] => {
      const series = this.recording.samplesOf(alarm.namespace, alarm.metric_name, alarm.dimensions);
      const changes = replay(alarm, series, from, UNTIL * 60, { lookBack, delaySeconds });
      return [name, changes.map(({ at, state }) => ({ minute: at / 60, state }))];
    });
    return new Map(all.filter(([, changes]) => changes.some(({ state }) => state === 'ALARM')).sort());
  }
}

const REPLAYS = new Map<string, Replay>();
beforeAll(async () => {
  for (const scenario of SCENARIOS) REPLAYS.set(scenario.name, await Replay.of(scenario));
}, 120_000);

function replayOf(name: string): Replay {
  const replayed = REPLAYS.get(name);
  if (!replayed) throw new Error(`no scenario is called "${name}"`);
  return replayed;
}

const firstAlarm = (changes: readonly Change[] = []) =>
  changes.find(({ state }) => state === 'ALARM')?.minute ?? NaN;

describe.each(SCENARIOS)('$name', ({ name: scenario, fires, over = [] }) => {
  test('these alarms fire, in time, and no others', () => {
    const changes = replayOf(scenario).changes();
    expect([...changes.keys()].sort()).toEqual(Object.keys(fires).sort());
    const untimely = Object.entries(fires)
      .map(([name, [earliest, latest]]) => ({
        name,
        earliest,
        latest,
        minute: firstAlarm(changes.get(name)),
      }))
      .filter(({ minute, earliest, latest }) => !(minute >= earliest && minute <= latest));
    expect(untimely.map(({ name, minute }) => `${name}: ${clock(minute)}`)).toEqual([]);
  });

  test('no alarm says that it is over while its cause lasts', () => {
    const calledOff = [...replayOf(scenario).changes()].filter(([, each]) => {
      const fired = each.findIndex(({ state }) => state === 'ALARM');
      return each.slice(fired).some(({ state }) => state !== 'ALARM');
    });
    expect(calledOff.map(([name]) => name).sort()).toEqual([...over].sort());
  });

  test.each([
    { lookBack: 0, delaySeconds: 60 },
    { lookBack: 1, delaySeconds: 300 },
    { lookBack: 6, delaySeconds: 180 },
  ])('the same fire when CloudWatch behaves otherwise: %j', (reality) => {
    const replayed = replayOf(scenario);
    expect([...replayed.changes(reality).keys()]).toEqual([...replayed.changes().keys()]);
  });
});

test('which alarm fires when, and when it is over', () => {
  const table = [...REPLAYS].flatMap(([scenario, replayed]) => {
    const rows = [...replayed.changes()].map(([name, changes]) => {
      const told = changes.filter(({ state }, index) => index > 0 || state === 'ALARM');
      return `    ${name}: ${told.map(({ minute, state }) => `${clock(minute)} ${state}`).join(', ')}`;
    });
    return [scenario, ...(rows.length > 0 ? rows : ['    quiet'])];
  });
  expect(table.join('\n')).toMatchSnapshot();
});

test('what only the daily verification finds is not called off by the hourly ones, and told again daily', () => {
  const found = replayOf('tampering found by the full verification only');
  const changes = found.changes().get('billing/tampering') ?? [];
  const [fired = NaN, over = NaN, again = NaN, ...more] = changes
    .slice(changes.findIndex(({ state }) => state === 'ALARM'))
    .map(({ minute }) => minute);
  expect(over - fired).toBeGreaterThan(23 * 60);
  expect(again - over).toBeLessThan(10);
  expect(more).toEqual([]);
});

/** The alarm of the source document, with what its Terraform leaves to the defaults. */
const SOURCE_DOCUMENT: Alarm = {
  alarm_name: 'audit-anchor-missing',
  namespace: 'AWS/S3',
  metric_name: 'NumberOfObjects',
  dimensions: { BucketName: 'anchors-production', StorageType: 'AllStorageTypes' },
  statistic: 'Sum',
  comparison_operator: 'LessThanThreshold',
  threshold: 1,
  period: 7_200,
  evaluation_periods: 1,
};

describe("the source document's own alarm", () => {
  /** S3 counts the objects once a day, for the day before; locked anchors do not become fewer. */
  const counted = (anchors: (day: number) => number): Series =>
    [-2, -1, 0, 1].map((day) => ({ at: day * DAY * 60, value: anchors(day) }));

  const told = (series: Series) =>
    replay(SOURCE_DOCUMENT, series, HISTORY * 60, UNTIL * 60, {
      lookBack: LOOK_BACK,
      delaySeconds: DELAY_SECONDS,
    }).filter(({ state }) => state === 'ALARM');

  test.each<[string, Series]>([
    ['on a normal day', counted((day) => 9_600 + 24 * day)],
    ['when anchors stop', counted((day) => 9_600 + 24 * Math.min(day, 0))],
    ['when the task never started: an empty bucket is not counted', []],
  ])('never fires: %s', (_, series) => {
    expect(told(series)).toEqual([]);
  });

  test('would fire only if somebody deleted every anchor, which nobody can', () => {
    expect(told(counted(() => 0)).length).toBeGreaterThan(0);
  });
});

import { type Alarm, type Datapoint, replay, type Sample, type State, stateOf } from './cloudwatch';

const DATAPOINT: Readonly<Record<string, Datapoint>> = { '0': 'good', X: 'breaching', '-': 'missing' };
const TREATMENTS = ['missing', 'ignore', 'breaching', 'notBreaching'];

/** Tables of the user guide; "Retain" is the state from before. */
const ROWS: readonly [number, string, readonly string[]][] = [
  [3, '0 - X - X', ['OK', 'OK', 'OK', 'OK']],
  [3, '0 - - - -', ['OK', 'OK', 'OK', 'OK']],
  [3, '- - - - -', ['INSUFFICIENT_DATA', 'Retain', 'ALARM', 'OK']],
  [3, '0 X X - X', ['ALARM', 'ALARM', 'ALARM', 'ALARM']],
  [3, '- - X - -', ['ALARM', 'Retain', 'ALARM', 'OK']],
  // From the text on premature transitions, and from an older edition of the same table.
  [3, '- - - - X', ['INSUFFICIENT_DATA', 'Retain', 'ALARM', 'OK']],
  [3, '- - - X -', ['INSUFFICIENT_DATA', 'Retain', 'ALARM', 'OK']],
  [3, 'X - - - -', ['ALARM', 'Retain', 'ALARM', 'OK']],
  [2, '0 - X - X', ['ALARM', 'ALARM', 'ALARM', 'ALARM']],
  [2, '0 0 X 0 X', ['ALARM', 'ALARM', 'ALARM', 'ALARM']],
  [2, '0 - X - -', ['OK', 'OK', 'ALARM', 'OK']],
  [2, '- - - - 0', ['OK', 'OK', 'ALARM', 'OK']],
  [2, '- - - X -', ['ALARM', 'Retain', 'ALARM', 'OK']],
];

test.each(ROWS)('%i of 3 with %s: as AWS documents it', (datapointsToAlarm, text, expected) => {
  const range = text.split(' ').map((letter) => DATAPOINT[letter] ?? 'missing');
  const states = (current: State) =>
    TREATMENTS.map((treatment) => stateOf(range, 3, datapointsToAlarm, treatment, current));
  expect(states('OK')).toEqual(expected.map((state) => (state === 'Retain' ? 'OK' : state)));
  expect(states('ALARM')).toEqual(expected.map((state) => (state === 'Retain' ? 'ALARM' : state)));
});

const EXACT = { lookBack: 0, delaySeconds: 0 };

function alarm(differences: Partial<Alarm> = {}): Alarm {
  return {
    alarm_name: 'alarm',
    namespace: 'N',
    metric_name: 'M',
    dimensions: {},
    statistic: 'Maximum',
    comparison_operator: 'GreaterThanThreshold',
    threshold: 10,
    period: 300,
    evaluation_periods: 1,
    treat_missing_data: 'notBreaching',
    ...differences,
  };
}

const everyMinute = (minutes: number, value: (minute: number) => number): Sample[] =>
  Array.from({ length: minutes }, (_, minute) => ({ at: minute * 60, value: value(minute) }));

describe('over time', () => {
  test('a period slides: it is evaluated every minute on the minutes before', () => {
    const series = everyMinute(60, (minute) => (minute === 30 ? 11 : 0));
    expect(replay(alarm(), series, 0, 3_540, EXACT)).toEqual([
      { at: 0, state: 'OK' },
      { at: 31 * 60, state: 'ALARM' },
      { at: 36 * 60, state: 'OK' },
    ]);
  });

  test('what is measured is seen later', () => {
    const series = everyMinute(60, (minute) => (minute === 30 ? 11 : 0));
    const changes = replay(alarm(), series, 0, 3_540, { lookBack: 0, delaySeconds: 120 });
    expect(changes[1]).toEqual({ at: 33 * 60, state: 'ALARM' });
  });

  test.each<[string, string, number, State]>([
    ['Sum', 'GreaterThanThreshold', 9, 'ALARM'],
    ['Sum', 'GreaterThanThreshold', 10, 'OK'],
    ['SampleCount', 'GreaterThanOrEqualToThreshold', 5, 'ALARM'],
    ['SampleCount', 'LessThanThreshold', 5, 'OK'],
    ['Average', 'LessThanOrEqualToThreshold', 2, 'ALARM'],
    ['Minimum', 'LessThanThreshold', 1, 'ALARM'],
    ['Maximum', 'GreaterThanThreshold', 4, 'OK'],
  ])('%s %s %d of 0, 1, 2, 3, 4 is %s', (statistic, comparison_operator, threshold, expected) => {
    const series = everyMinute(5, (minute) => minute);
    const made = alarm({ statistic, comparison_operator, threshold });
    expect(replay(made, series, 300, 300, EXACT)).toEqual([{ at: 300, state: expected }]);
  });

  test('a statistic or an operator that is not known is no silent OK', () => {
    const series = everyMinute(5, () => 1);
    expect(() => replay(alarm({ statistic: 'p99' }), series, 300, 300, EXACT)).toThrow('p99');
    expect(() => replay(alarm({ comparison_operator: '>' }), series, 300, 300, EXACT)).toThrow('>');
  });

  test('data that stopped is looked at again for as long as CloudWatch looks back', () => {
    const series = everyMinute(60, () => 0);
    const silent = alarm({ treat_missing_data: 'breaching', period: 60, evaluation_periods: 3 });
    const firesAt = (lookBack: number) =>
      replay(silent, series, 0, 7_200, { lookBack, delaySeconds: 0 }).find(
        ({ at, state }) => at > 600 && state === 'ALARM',
      )?.at;
    // One real point that is left keeps three of three from being breaching.
    expect([firesAt(0), firesAt(2)]).toEqual([63 * 60, 65 * 60]);
  });

  test('more than a day is evaluated once an hour, on data up to the full hour', () => {
    const series = [{ at: 36_000 + 120, value: 11 }];
    const multiDay = alarm({ period: 3_600, evaluation_periods: 25, datapoints_to_alarm: 1 });
    expect(replay(multiDay, series, 180, 50_000, EXACT)).toEqual([
      { at: 180, state: 'OK' },
      { at: 39_600 + 180, state: 'ALARM' },
    ]);
  });
});

/**
 * How CloudWatch evaluates a metric alarm, as its user guide documents it ("Alarm evaluation" and "How alarm
 * state is evaluated when data is missing"). Times are seconds since 1970 or any other zero.
 */

export type State = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';

/** As `aws_cloudwatch_metric_alarm` has it in the synthesised JSON. */
export interface Alarm {
  readonly alarm_name: string;
  readonly namespace: string;
  readonly metric_name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly statistic: string;
  readonly comparison_operator: string;
  readonly threshold: number;
  readonly period: number;
  readonly evaluation_periods: number;
  readonly datapoints_to_alarm?: number;
  readonly treat_missing_data?: string;
}

export interface Sample {
  readonly at: number;
  readonly value: number;
}

/** Samples of one metric, sorted by time. */
export type Series = readonly Sample[];

/** What is known of one period: within the threshold, beyond it, or nothing. */
export type Datapoint = 'good' | 'breaching' | 'missing';

export interface Reality {
  /** Periods that CloudWatch retrieves beyond the evaluation periods; it does not say how many. */
  readonly lookBack: number;
  /** Seconds from a measurement to its being seen. */
  readonly delaySeconds: number;
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** @param range newest last; as many as CloudWatch retrieves, at least the evaluation periods */
export function stateOf(
  range: readonly Datapoint[],
  evaluationPeriods: number,
  datapointsToAlarm: number,
  treatMissingData: string,
  current: State,
): State {
  const real = range.filter((datapoint) => datapoint !== 'missing');
  const newest = real.slice(-evaluationPeriods);
  const breaching = newest.filter((datapoint) => datapoint === 'breaching').length;
  const toFill = evaluationPeriods - newest.length;
  if (breaching >= datapointsToAlarm) return 'ALARM';
  if (toFill === 0 || treatMissingData === 'notBreaching') return 'OK';
  if (treatMissingData === 'breaching') return breaching + toFill >= datapointsToAlarm ? 'ALARM' : 'OK';
  if (newest.includes('good')) return 'OK';
  if (treatMissingData === 'ignore') return current;
  // Too few, and all of them breaching: an alarm only if the oldest is not so new that it could be premature.
  const oldest = range.indexOf('breaching');
  return oldest >= 0 && range.length - oldest >= datapointsToAlarm ? 'ALARM' : 'INSUFFICIENT_DATA';
}

/** Every change of state from `from` to `to`, beginning without data. */
export function replay(
  alarm: Alarm,
  series: Series,
  from: number,
  to: number,
  { lookBack, delaySeconds }: Reality,
): { readonly at: number; readonly state: State }[] {
  const { period, evaluation_periods: periods } = alarm;
  // Alarms on more than a day are evaluated once an hour, on data up to the full hour.
  const multiDay = period * periods > DAY;
  const step = multiDay ? HOUR : MINUTE;
  const datapoints = new Datapoints(alarm, series);
  const changes: { at: number; state: State }[] = [];
  let current: State = 'INSUFFICIENT_DATA';
  for (let at = from; at <= to; at += step) {
    const end = multiDay ? Math.floor(at / HOUR) * HOUR : at;
    const range = Array.from({ length: periods + lookBack }, (_, index) =>
      datapoints.endingAt(end - (periods + lookBack - 1 - index) * period, at - delaySeconds),
    );
    const state = stateOf(
      range,
      periods,
      alarm.datapoints_to_alarm ?? periods,
      alarm.treat_missing_data ?? 'missing',
      current,
    );
    if (state !== current) changes.push({ at, state });
    current = state;
  }
  return changes;
}

/** Periods of one alarm; those that can be seen whole are looked at once. */
class Datapoints {
  private readonly whole = new Map<number, Datapoint>();

  constructor(
    private readonly alarm: Alarm,
    private readonly series: Series,
  ) {}

  /** @param seen what is measured later is not known yet */
  endingAt(end: number, seen: number): Datapoint {
    const start = end - this.alarm.period;
    if (seen < end) return datapointOf(this.alarm, samplesIn(this.series, start, seen));
    const known = this.whole.get(end) ?? datapointOf(this.alarm, samplesIn(this.series, start, end));
    this.whole.set(end, known);
    return known;
  }
}

function datapointOf(alarm: Alarm, samples: readonly number[]): Datapoint {
  if (samples.length === 0) return 'missing';
  const value = statistic(alarm.statistic, samples);
  return breaches(alarm.comparison_operator, value, alarm.threshold) ? 'breaching' : 'good';
}

function statistic(name: string, samples: readonly number[]): number {
  const sum = samples.reduce((total, sample) => total + sample, 0);
  switch (name) {
    case 'Sum':
      return sum;
    case 'SampleCount':
      return samples.length;
    case 'Average':
      return sum / samples.length;
    case 'Maximum':
      return Math.max(...samples);
    case 'Minimum':
      return Math.min(...samples);
    default:
      throw new Error(`statistic ${name}`);
  }
}

function breaches(operator: string, value: number, threshold: number): boolean {
  switch (operator) {
    case 'GreaterThanThreshold':
      return value > threshold;
    case 'GreaterThanOrEqualToThreshold':
      return value >= threshold;
    case 'LessThanThreshold':
      return value < threshold;
    case 'LessThanOrEqualToThreshold':
      return value <= threshold;
    default:
      throw new Error(`operator ${operator}`);
  }
}

function samplesIn(series: Series, start: number, stop: number): number[] {
  const values: number[] = [];
  for (let index = firstFrom(series, start); index < series.length; index += 1) {
    const sample = series[index];
    if (!sample || sample.at >= stop) break;
    values.push(sample.value);
  }
  return values;
}

function firstFrom(series: Series, start: number): number {
  let [low, high] = [0, series.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((series[middle]?.at ?? Infinity) < start) low = middle + 1;
    else high = middle;
  }
  return low;
}

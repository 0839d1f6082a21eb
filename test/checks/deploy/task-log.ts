import { setTimeout as sleep } from 'node:timers/promises';

/** A line that the program wrote about something that happened. */
export type LogLine = Readonly<Record<string, unknown>> & { readonly event?: unknown };

interface Directive {
  readonly Namespace: string;
  readonly Dimensions: readonly (readonly string[])[];
  readonly Metrics: readonly { readonly Name: string }[];
}

/** A value that CloudWatch would record. */
export interface Datapoint {
  /** See `seriesName`. */
  readonly series: string;
  readonly value: number;
}

const LOOK_MS = 50;

/** One name for namespace, metric and dimensions together: what tells one series of CloudWatch from another. */
export function seriesName(
  namespace: string,
  metric: string,
  dimensions: Readonly<Record<string, string>>,
): string {
  const sorted = Object.entries(dimensions).sort(([a], [b]) => (a < b ? -1 : 1));
  return `${namespace}/${metric}{${sorted.map(([name, value]) => `${name}=${value}`).join(',')}}`;
}

/** What a task wrote to stdout: log lines, and lines in the embedded metric format. */
export class TaskLog {
  readonly lines: LogLine[] = [];
  readonly datapoints: Datapoint[] = [];
  /** Lines that are no JSON object. There should be none: nobody would find them again. */
  readonly strangers: string[] = [];
  /** Everything, also what went to stderr. */
  text = '';
  private rest = '';

  takeOutput(chunk: string): void {
    this.text += chunk;
    const lines = (this.rest + chunk).split('\n');
    this.rest = lines.pop() ?? '';
    for (const line of lines) this.takeLine(line);
  }

  takeErrors(chunk: string): void {
    this.text += chunk;
  }

  /** Log lines of an event. */
  of(event: string): LogLine[] {
    return this.lines.filter((line) => line.event === event);
  }

  /** Values of a series, oldest first. */
  valuesOf(series: string): number[] {
    return this.datapoints.filter((each) => each.series === series).map(({ value }) => value);
  }

  /**
   * The first line that fits, as soon as it is there.
   *
   * @param ended true when no other line can come
   */
  async waitFor(
    what: string,
    fits: (line: LogLine) => boolean,
    seconds: number,
    ended: () => boolean,
  ): Promise<LogLine> {
    const deadline = Date.now() + seconds * 1_000;
    for (;;) {
      const last = ended() || Date.now() > deadline;
      const found = this.lines.find(fits);
      if (found !== undefined) return found;
      if (last) throw new Error(`no log line about ${what} within ${seconds} s; it wrote:\n${this.text}`);
      await sleep(LOOK_MS);
    }
  }

  private takeLine(text: string): void {
    const members = membersOf(text);
    if (members === null) {
      this.strangers.push(text);
      return;
    }
    if (!('_aws' in members)) {
      this.lines.push(members);
      return;
    }
    const { CloudWatchMetrics } = members['_aws'] as { CloudWatchMetrics: readonly Directive[] };
    this.datapoints.push(...CloudWatchMetrics.flatMap((directive) => datapointsOf(directive, members)));
  }
}

function membersOf(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

function datapointsOf(
  { Namespace, Dimensions, Metrics }: Directive,
  members: Readonly<Record<string, unknown>>,
): Datapoint[] {
  return Dimensions.flatMap((names) => {
    const dimensions = Object.fromEntries(names.map((name) => [name, String(members[name])]));
    return Metrics.map(({ Name }) => ({
      series: seriesName(Namespace, Name, dimensions),
      value: Number(members[Name]),
    }));
  });
}

import type { Gauges } from '../../../runtime/application/gauges';
import { Metrics } from '../../../runtime/adapters/events/metrics';
import type { VerificationReport } from '../../../runtime/domain/findings/report';
import type { Sample, Series } from './cloudwatch';

interface EmfLine {
  readonly [member: string]: unknown;
  readonly _aws: {
    readonly Timestamp: number;
    readonly CloudWatchMetrics: readonly {
      readonly Namespace: string;
      readonly Dimensions: readonly (readonly string[])[];
      readonly Metrics: readonly { readonly Name: string }[];
    }[];
  };
}

/** Samples by metric. Those of the program pass through its own code, so that a name that drifts is missed. */
export class Recording {
  private readonly series = new Map<string, Sample[]>();
  private now = 0;
  private readonly metrics: Metrics;

  constructor(chainId: string, foreign: boolean) {
    this.metrics = new Metrics(
      chainId,
      () => this.now * 1000,
      (line) => this.take(JSON.parse(line) as EmfLine),
      foreign,
    );
  }

  /** What the program emits at a time in seconds. */
  emit(at: number, say: (metrics: Pick<Metrics, 'anchored' | 'anchorFailed' | 'gauges'>) => void): void {
    this.now = at;
    say(this.metrics);
  }

  gauges(at: number, values: Gauges): void {
    this.emit(at, (metrics) => metrics.gauges(values));
  }

  verified(at: number, report: VerificationReport): void {
    this.now = at;
    this.metrics.verified(report);
  }

  brokeOff(at: number, scope: VerificationReport['scope']): void {
    this.now = at;
    this.metrics.verificationFailed(scope);
  }

  /** A metric of AWS. */
  add(
    at: number,
    namespace: string,
    name: string,
    dimensions: Readonly<Record<string, string>>,
    value: number,
  ): void {
    const key = keyOf(namespace, name, dimensions);
    const samples = this.series.get(key) ?? [];
    samples.push({ at, value });
    this.series.set(key, samples);
  }

  samplesOf(namespace: string, name: string, dimensions: Readonly<Record<string, string>>): Series {
    const samples = this.series.get(keyOf(namespace, name, dimensions)) ?? [];
    return [...samples].sort((one, other) => one.at - other.at);
  }

  private take(line: EmfLine): void {
    const { Timestamp, CloudWatchMetrics } = line._aws;
    for (const { Namespace, Dimensions, Metrics: named } of CloudWatchMetrics) {
      for (const names of Dimensions) {
        const dimensions = Object.fromEntries(names.map((name) => [name, String(line[name])]));
        for (const { Name } of named) {
          this.add(Timestamp / 1000, Namespace, Name, dimensions, Number(line[Name]));
        }
      }
    }
  }
}

function keyOf(namespace: string, name: string, dimensions: Readonly<Record<string, string>>): string {
  return JSON.stringify([namespace, name, Object.entries(dimensions).sort()]);
}

import { TerraformVariable } from 'cdktf';
import { AnchorDashboard, type AnchorDashboardProps } from '../../../constructs/monitoring/anchor-dashboard';
import { AnchorReplica } from '../../../constructs/replication/anchor-replica';
import { AnchorBucket } from '../../../constructs/storage/anchor-bucket';
import { DIMENSIONS, METRIC_NAMESPACE, METRICS, SEVERITIES } from '../../../runtime/contract';
import { jsonText } from './json-text';
import { drProvider, faultsOf, foreignStack, resource, synthesise } from '../../support/infra-stack';

interface Widget {
  readonly type: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly properties: {
    readonly region: string;
    readonly title: string;
    readonly period: number;
    readonly stat: string;
    readonly metrics: readonly (readonly (string | object)[])[];
    readonly annotations?: { readonly horizontal: readonly { readonly value: unknown }[] };
  };
}

function body(given: Partial<AnchorDashboardProps> = {}): string {
  const stack = foreignStack();
  const bucket = new AnchorBucket(stack, 'Anchors', { bucketName: 'anchors' });
  const replica = new AnchorReplica(stack, 'Replica', {
    source: bucket,
    provider: drProvider(stack),
    bucketName: 'anchors-dr',
  });
  new AnchorDashboard(stack, 'Dashboard', {
    environment: 'test',
    chainIds: ['a'],
    bucket,
    replica,
    ...given,
  });
  const expression = String(resource(synthesise(stack), 'aws_cloudwatch_dashboard').dashboard_body);
  return jsonText(expression, new Map(), { n: 360 });
}

const widgetsOf = (text: string) => (JSON.parse(text) as { widgets: Widget[] }).widgets;
const widgets = widgetsOf(body({ chainIds: ['a', 'b'] }));

test('every widget is one that CloudWatch can draw, and none covers another', () => {
  expect(widgets.length).toBe(13);
  const places = widgets.map(({ x, y }) => `${x},${y}`);
  expect(new Set(places).size).toBe(places.length);
  for (const { type, x, width, height, properties } of widgets) {
    expect(type).toBe('metric');
    expect(x + width).toBeLessThanOrEqual(24);
    expect([width, height].every((size) => Number.isInteger(size) && size > 0)).toBe(true);
    expect(properties.period % 60).toBe(0);
    expect(['Maximum', 'Minimum', 'Sum']).toContain(properties.stat);
    expect(properties.region).toMatch(/^data\.aws_region\./);
    for (const metric of properties.metrics) {
      expect(typeof metric[metric.length - 1]).toBe('object');
      // Namespace, name, and names and values of dimensions in turn.
      const words = metric.slice(0, -1);
      expect(words.every((word) => typeof word === 'string')).toBe(true);
      expect(words.length % 2).toBe(0);
    }
  }
});

test('it shows what the program emits, under the dimensions it emits it with', () => {
  const shown = widgets.flatMap(({ properties }) =>
    properties.metrics.map((metric) => metric.filter((word) => typeof word === 'string').join(' ')),
  );
  const own = (name: string, ...more: string[]) =>
    [METRIC_NAMESPACE, name, DIMENSIONS.chainId, 'b', ...more].join(' ');
  const others: readonly string[] = [METRICS.findingsBySeverity, METRICS.verificationResult];
  const charted = Object.values(METRICS).filter((name) => !others.includes(name));
  for (const name of charted) expect(shown).toContain(own(name));
  for (const severity of SEVERITIES)
    expect(shown).toContain(own(METRICS.findingsBySeverity, DIMENSIONS.severity, severity));
});

test('the latency of the replica is read where S3 reports it', () => {
  const latency = widgets.filter(({ properties }) => properties.title.includes('replica'));
  expect(latency.map(({ properties }) => properties.metrics[0]?.slice(0, 2))).toEqual([
    ['AWS/S3', 'ReplicationLatency'],
  ]);
  const regions = new Set(widgets.map(({ properties }) => properties.region));
  expect(regions.size).toBe(2);
  expect(widgetsOf(body({ replica: undefined })).length).toBe(6);
});

test('the line of the alarm follows the interval, also when only Terraform knows it', () => {
  const limit = (text: string) => widgetsOf(text)[0]?.properties.annotations?.horizontal[0]?.value;
  expect([limit(body()), limit(body({ intervalMinutes: 360 }))]).toEqual([7_200, 43_200]);
  const interval = new TerraformVariable(foreignStack(), 'n', { type: 'number' }).numberValue;
  expect(limit(body({ intervalMinutes: interval }))).toBe(43_200);
});

test('values are checked together', () => {
  const prop = (given: Partial<AnchorDashboardProps>) =>
    faultsOf(() => body(given)).map((fault) => fault.prop);
  expect(prop({ environment: 'A', chainIds: [] })).toEqual(['environment', 'chainIds']);
  expect(prop({ chainIds: ['a', 'a'] })).toEqual(['chainIds']);
  expect(prop({ intervalMinutes: 0, intervals: { a: 1_441 } })).toEqual(['intervalMinutes', 'intervals.a']);
});

test('chains whose number only Terraform knows are one fault, as with alarms', () => {
  const chainIds = new TerraformVariable(foreignStack(), 'list', { type: 'list(string)' }).listValue;
  expect(faultsOf(() => body({ chainIds }))).toEqual([
    {
      prop: 'chainIds',
      found: 'a token for the whole list',
      allowed: 'a list whose length is known at synth; its members may be tokens',
      fix: 'list the chains, each as a variable of its own if need be',
    },
  ]);
});

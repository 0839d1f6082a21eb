import { emfLine } from '../../../../runtime/adapters/events/emf';
import { Metrics } from '../../../../runtime/adapters/events/metrics';
import { DIMENSIONS, METRICS, SCOPES, SEVERITIES } from '../../../../runtime/contract';
import { finding } from '../../../../runtime/domain/findings/finding';
import { reportOf, truncated } from '../../../support/daemon';

const NOW = Date.parse('2030-01-15T14:00:00Z');

interface Line {
  readonly [member: string]: unknown;
  readonly _aws: {
    readonly Timestamp: number;
    readonly CloudWatchMetrics: readonly {
      readonly Namespace: string;
      readonly Dimensions: readonly (readonly string[])[];
      readonly Metrics: readonly { readonly Name: string; readonly Unit: string }[];
    }[];
  };
}

function open(foreign = false): { metrics: Metrics; lines: () => Line[]; text: () => string[] } {
  const text: string[] = [];
  const metrics = new Metrics(
    'production',
    () => NOW,
    (line) => void text.push(line),
    foreign,
  );
  return { metrics, text: () => text, lines: () => text.map((line) => JSON.parse(line) as Line) };
}

/** Every metric that CloudWatch makes of the lines: name, dimensions with their values, value. */
function published(lines: readonly Line[]): string[] {
  return lines.flatMap((line) =>
    line._aws.CloudWatchMetrics.flatMap(({ Dimensions, Metrics: named }) =>
      Dimensions.flatMap((names) =>
        named.map(({ Name }) => {
          const where = names.map((name) => `${name}=${String(line[name])}`).join(' ');
          return `${Name} ${where}: ${String(line[Name])}`;
        }),
      ),
    ),
  );
}

/** What the Embedded Metric Format asks of a line, as far as it can be broken here. */
function faultsOf(line: Line): string[] {
  const faults: string[] = [];
  for (const { Namespace, Dimensions, Metrics: named } of line._aws.CloudWatchMetrics) {
    if (Namespace !== 'AuditAnchor') faults.push(`namespace ${Namespace}`);
    if (named.length === 0 || named.length > 100) faults.push(`${named.length} metrics`);
    for (const { Name, Unit } of named) {
      if (!Number.isFinite(line[Name])) faults.push(`${Name} is no number`);
      if (!['Count', 'Seconds', 'None'].includes(Unit)) faults.push(`unit ${Unit}`);
      if (!(Object.values(METRICS) as string[]).includes(Name)) faults.push(`${Name} is not in the contract`);
    }
    for (const name of Dimensions.flat()) {
      const value = line[name];
      if (typeof value !== 'string' || value === '') faults.push(`dimension ${name} has no value`);
      if (!(Object.values(DIMENSIONS) as string[]).includes(name)) faults.push(`dimension ${name}`);
    }
  }
  return faults;
}

test('an EMF line: one line, with unit, dimensions and time', () => {
  const line = emfLine(
    [
      { dimensions: [['ChainId']], metrics: [{ name: 'AnchorAgeSeconds', unit: 'Seconds', value: 12 }] },
      { dimensions: [['ChainId', 'Scope']], metrics: [{ name: 'VerifiedEvents', unit: 'Count', value: 0 }] },
    ],
    { ChainId: 'prod\n"x"', Scope: 'full' },
    NOW,
  );
  expect(line).not.toContain('\n');
  expect(JSON.parse(line)).toEqual({
    _aws: {
      Timestamp: NOW,
      CloudWatchMetrics: [
        {
          Namespace: 'AuditAnchor',
          Dimensions: [['ChainId']],
          Metrics: [{ Name: 'AnchorAgeSeconds', Unit: 'Seconds' }],
        },
        {
          Namespace: 'AuditAnchor',
          Dimensions: [['ChainId', 'Scope']],
          Metrics: [{ Name: 'VerifiedEvents', Unit: 'Count' }],
        },
      ],
    },
    ChainId: 'prod\n"x"',
    Scope: 'full',
    AnchorAgeSeconds: 12,
    VerifiedEvents: 0,
  });
});

test('an attempt to anchor: failures are counted, by cause where it is known, and their absence too', () => {
  const { metrics, lines } = open();
  metrics.anchored({ kind: 'written', anchor: { first_seq: 11, last_seq: 30 } } as Parameters<
    Metrics['anchored']
  >[0]);
  metrics.anchored({ kind: 'not due', nextInterval: NOW, unanchored: 1 });
  metrics.anchored({ kind: 'busy', message: 'held' });
  metrics.anchored({ kind: 'refused', findings: [truncated(1)] });
  metrics.anchorFailed({ code: 'S3_UNREACHABLE' });
  metrics.anchorFailed({ code: 'DB_AUTHENTICATION' });
  metrics.anchorFailed({ code: 'INTERNAL' });
  expect(published(lines())).toEqual([
    'AnchorsWritten ChainId=production: 1',
    'AnchoredEvents ChainId=production: 20',
    'AnchorFailures ChainId=production: 0',
    'AnchorFailures ChainId=production: 0',
    'AnchorFailures ChainId=production: 0',
    'AnchorFailures ChainId=production: 1',
    'FindingsBySeverity ChainId=production Severity=tampering: 1',
    'AnchorFailures ChainId=production: 1',
    'AnchorFailures ChainId=production: 1',
    'AnchorFailures ChainId=production Cause=access: 1',
    'AnchorFailures ChainId=production: 1',
  ]);
});

test.each([
  ['verified', 0],
  ['tampered', 1],
  ['not evaluated', 3],
] as const)(
  'a verification that says %s: its exit code, for the chain and for the scope',
  (verdict, code) => {
    const { metrics, lines } = open();
    const place = { kind: 'database' } as const;
    const findings =
      verdict === 'verified'
        ? [finding({ code: 'ANCHORS_EXPIRED', place, message: 'expired' })]
        : [truncated(5), truncated(6), finding({ code: 'KEY_UNKNOWN', place, message: 'unknown' })];
    metrics.verified({ ...reportOf(verdict), findings });
    const [tampering, unproven, info] = verdict === 'verified' ? [0, 0, 1] : [2, 1, 0];
    expect(published(lines())).toEqual([
      `VerificationResult ChainId=production: ${code}`,
      `VerificationResult ChainId=production Scope=full: ${code}`,
      'VerifiedEvents ChainId=production: 12',
      `FindingsBySeverity ChainId=production Severity=tampering: ${tampering}`,
      `FindingsBySeverity ChainId=production Severity=unproven: ${unproven}`,
      'FindingsBySeverity ChainId=production Severity=warning: 0',
      `FindingsBySeverity ChainId=production Severity=info: ${info}`,
    ]);
  },
);

test('a verification that failed was not evaluated; of its findings nothing is known', () => {
  const { metrics, lines } = open();
  metrics.verificationFailed('latest');
  metrics.verificationFailed(null);
  expect(published(lines())).toEqual([
    'VerificationResult ChainId=production: 3',
    'VerificationResult ChainId=production Scope=latest: 3',
    'VerificationResult ChainId=production: 3',
  ]);
});

describe('a foreign chain, whose result is 3 also when it is sound', () => {
  const place = { kind: 'database' } as const;
  const byDesign = finding({ code: 'CONTENTS_NOT_EVALUATED', place, message: 'not recomputed' });
  const unproven = (verify: (metrics: Metrics) => void): string[] => {
    const { metrics, lines } = open(true);
    verify(metrics);
    expect(lines().flatMap(faultsOf)).toEqual([]);
    return published(lines()).filter((each) => /^VerificationResult.*Scope|unproven/.test(each));
  };
  const told = (count: number) => [
    'VerificationResult ChainId=production Scope=latest: 3',
    `FindingsBySeverity ChainId=production Severity=unproven: ${count}`,
    `FindingsBySeverity ChainId=production Severity=unproven Scope=latest: ${count}`,
  ];

  test('tells, with the scope, what could not be looked at besides', () => {
    const report = reportOf('not evaluated', 'latest');
    expect(unproven((metrics) => metrics.verified({ ...report, findings: [byDesign] }))).toEqual(told(0));
    const archived = finding({ code: 'ANCHOR_ARCHIVED', place, message: 'archived' });
    const both = { ...report, findings: [archived, byDesign] };
    expect(unproven((metrics) => metrics.verified(both))).toEqual(told(1));
  });

  test('counts a verification that broke off', () => {
    expect(unproven((metrics) => metrics.verificationFailed('latest'))).toEqual(told(1));
    expect(unproven((metrics) => metrics.verificationFailed(null))).toEqual([
      'FindingsBySeverity ChainId=production Severity=unproven: 1',
    ]);
  });
});

test('gauges: only what is known, and no line of nothing', () => {
  const { metrics, lines } = open();
  metrics.gauges({ anchorAgeSeconds: null, unanchoredEvents: null, retentionDaysLeft: null });
  expect(lines()).toEqual([]);
  metrics.gauges({ anchorAgeSeconds: null, unanchoredEvents: 7, retentionDaysLeft: null });
  metrics.gauges({ anchorAgeSeconds: 60, unanchoredEvents: 0, retentionDaysLeft: 399.5 });
  expect(published(lines())).toEqual([
    'UnanchoredEvents ChainId=production: 7',
    'AnchorAgeSeconds ChainId=production: 60',
    'UnanchoredEvents ChainId=production: 0',
    'RetentionDaysLeft ChainId=production: 399.5',
  ]);
});

test('every line is valid, and every metric of the contract is emitted somewhere', () => {
  const { metrics, lines, text } = open();
  metrics.anchored({ kind: 'written', anchor: { first_seq: 11, last_seq: 30 } } as Parameters<
    Metrics['anchored']
  >[0]);
  for (const scope of SCOPES) metrics.verified({ ...reportOf('tampered'), scope, findings: [truncated(5)] });
  metrics.gauges({ anchorAgeSeconds: 60, unanchoredEvents: 0, retentionDaysLeft: 399.5 });
  metrics.verificationFailed(null);
  expect(lines().flatMap(faultsOf)).toEqual([]);
  expect(text().filter((line) => line.includes('\n'))).toEqual([]);
  const names = new Set(published(lines()).map((each) => each.split(' ')[0]));
  expect([...names].sort()).toEqual(Object.values(METRICS).sort());
  const severities = lines().map((line) => line.Severity);
  expect(SEVERITIES.filter((severity) => !severities.includes(severity))).toEqual([]);
});

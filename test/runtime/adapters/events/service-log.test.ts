import pino from 'pino';
import { createServiceLog } from '../../../../runtime/adapters/events/service-log';
import { emfLine } from '../../../../runtime/adapters/events/emf';
import { finding } from '../../../../runtime/domain/findings/finding';
import { UnavailableError } from '../../../../runtime/errors';
import { reportOf, truncated } from '../../../support/daemon';

const NOW = Date.parse('2030-01-15T14:00:00Z');

/** A sink, and the lines that it wrote. */
function open(metrics = true): {
  sink: ReturnType<typeof createServiceLog>;
  log: () => Record<string, unknown>[];
  emf: () => Record<string, unknown>[];
} {
  const lines: string[] = [];
  const emf: string[] = [];
  const logger = pino({ base: null, timestamp: false }, { write: (line: string) => void lines.push(line) });
  const parse = (all: readonly string[]) => all.map((line) => JSON.parse(line) as Record<string, unknown>);
  return {
    sink: createServiceLog(logger, 'production', () => NOW, metrics ? (line) => void emf.push(line) : null),
    log: () => parse(lines),
    emf: () => parse(emf),
  };
}

test('an EMF line: one line, with unit, dimension and time', () => {
  const line = emfLine([{ name: 'AnchorAgeSeconds', unit: 'Seconds', value: 12 }], 'prod\n"x"', NOW);
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
      ],
    },
    ChainId: 'prod\n"x"',
    AnchorAgeSeconds: 12,
  });
});

test('a refusal: the findings, and a failed anchor', () => {
  const { sink, log, emf } = open();
  sink.anchored({ kind: 'refused', findings: Array.from({ length: 40 }, (_, n) => truncated(n)) });
  expect(log()).toMatchObject([{ level: 50, event: 'anchor.refused', msg: 'no anchor written: cut off' }]);
  expect(log()[0]?.findings).toHaveLength(10);
  expect(emf()).toMatchObject([{ AnchorFailed: 1 }]);
});

test('nothing due is nothing to tell', () => {
  const { sink, log, emf } = open();
  sink.anchored({ kind: 'not due', nextInterval: NOW, unanchored: 1 });
  expect([...log(), ...emf()]).toEqual([]);
});

test('an error: its code, text and hint, never its cause', () => {
  const { sink, log, emf } = open();
  const cause = new Error('postgres://user:hunter2@db');
  sink.anchorFailed(
    new UnavailableError('S3_UNREACHABLE', 'S3 is not there', { hint: 'check the network', cause }),
  );
  sink.verificationFailed(new UnavailableError('DB_TIMEOUT', 'too slow', { cause }));
  expect(log()).toEqual([
    {
      level: 50,
      event: 'anchor.failed',
      code: 'S3_UNREACHABLE',
      hint: 'check the network',
      msg: 'S3 is not there',
    },
    { level: 50, event: 'verification.failed', code: 'DB_TIMEOUT', msg: 'too slow' },
  ]);
  expect(emf()).toMatchObject([{ AnchorFailed: 1 }, { VerificationNotEvaluated: 1 }]);
});

test.each([
  ['verified', 30, 'verification (full): verified', 'VerificationVerified'],
  ['tampered', 60, 'verification (full): TAMPERED: cut off', 'VerificationTampered'],
  ['not evaluated', 50, 'verification (full): not evaluated: cut off', 'VerificationNotEvaluated'],
] as const)('a report: %s', (verdict, level, msg, metric) => {
  const { sink, log, emf } = open();
  const findings =
    verdict === 'verified' ? [] : [truncated(5), finding({ ...truncated(6), code: 'RANGE_ROOT' })];
  sink.verified({ ...reportOf(verdict), findings });
  expect(log()).toMatchObject([{ level, msg, event: 'verification.done', verdict, scope: 'full', findings }]);
  expect(emf()).toMatchObject([{ [metric]: 1 }]);
});

test('gauges: only what is known', () => {
  const { sink, emf } = open();
  sink.gauges({ anchorAgeSeconds: null, unanchoredEvents: null });
  sink.gauges({ anchorAgeSeconds: null, unanchoredEvents: 7 });
  sink.gauges({ anchorAgeSeconds: 60, unanchoredEvents: 0 });
  expect(emf()).toHaveLength(2);
  expect(emf()[0]).toMatchObject({ UnanchoredEvents: 7 });
  expect(emf()[0]).not.toHaveProperty('AnchorAgeSeconds');
  expect(emf()[1]).toMatchObject({ AnchorAgeSeconds: 60, UnanchoredEvents: 0 });
});

test('without metrics the log is the same', () => {
  const { sink, log, emf } = open(false);
  sink.verified(reportOf('verified'));
  sink.gauges({ anchorAgeSeconds: 60, unanchoredEvents: 0 });
  expect(log()).toHaveLength(1);
  expect(emf()).toEqual([]);
});

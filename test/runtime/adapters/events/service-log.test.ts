import pino from 'pino';
import { createServiceLog } from '../../../../runtime/adapters/events/service-log';
import { Metrics } from '../../../../runtime/adapters/events/metrics';
import type { AnchorOutcome } from '../../../../runtime/application/anchoring';
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
    sink: createServiceLog(
      logger,
      metrics
        ? new Metrics(
            'production',
            () => NOW,
            (line) => void emf.push(line),
          )
        : null,
    ),
    log: () => parse(lines),
    emf: () => parse(emf),
  };
}

test('an anchor: what it covers, and how long the attempt took', () => {
  const { sink, log, emf } = open();
  const anchor = { anchor_seq: 7, first_seq: 11, last_seq: 30 };
  const place = { key: 'production/a.json', versionId: 'v1' };
  sink.anchored({ kind: 'written', trigger: 'events', ...place, anchor, durationMs: 81 } as AnchorOutcome);
  expect(log()).toEqual([
    {
      level: 30,
      event: 'anchor.written',
      trigger: 'events',
      ...place,
      anchorSeq: 7,
      lastSeq: 30,
      events: 20,
      durationMs: 81,
      msg: 'anchor #7 written (events)',
    },
  ]);
  expect(emf()).toMatchObject([{ AnchorsWritten: 1, AnchoredEvents: 20, AnchorFailures: 0 }]);
});

test('a refusal: the findings, and a failed anchor', () => {
  const { sink, log, emf } = open();
  sink.anchored({ kind: 'refused', findings: Array.from({ length: 40 }, (_, n) => truncated(n)) });
  expect(log()).toMatchObject([
    {
      level: 60,
      event: 'anchor.refused',
      severity: 'tampering',
      findingsInAll: 40,
      msg: 'no anchor written, TAMPERING: cut off',
    },
  ]);
  expect(log()[0]?.findings).toHaveLength(10);
  expect(log()[0]).not.toHaveProperty('hint');
  expect(emf()).toMatchObject([{ AnchorFailures: 1 }, { FindingsBySeverity: 40, Severity: 'tampering' }]);
});

describe('a key that the ring lacks', () => {
  const place = { kind: 'events', from: 3, to: 9 } as const;
  const unknown = finding({ code: 'KEY_UNKNOWN', place, message: 'the key ring has no key "k2"' });

  test('is no tampering, and how to mend it is said', () => {
    const { sink, log, emf } = open();
    sink.anchored({ kind: 'refused', findings: [unknown] });
    expect(log()).toEqual([
      {
        level: 50,
        event: 'anchor.refused',
        severity: 'unproven',
        hint: expect.stringMatching(
          /^add the key to AUDIT_HMAC_KEYS .*restart.*--force-new-deployment/,
        ) as string,
        findings: [unknown],
        findingsInAll: 1,
        msg: 'no anchor written, not evaluated: the key ring has no key "k2"',
      },
    ]);
    expect(JSON.stringify(log())).not.toMatch(/tamper/i);
    expect(emf()).toMatchObject([{ AnchorFailures: 1 }]);
  });

  test('beside tampering it is not what matters', () => {
    const { sink, log } = open();
    sink.anchored({ kind: 'refused', findings: [truncated(5), unknown] });
    expect(log()).toMatchObject([{ level: 60, severity: 'tampering' }]);
    expect(log()[0]).not.toHaveProperty('hint');
  });
});

test('a refusal like the one before: counted, not logged again', () => {
  const { sink, log, emf } = open();
  sink.anchored({ kind: 'refused', findings: [truncated(5)] }, true);
  expect(log()).toEqual([]);
  expect(emf()).toMatchObject([{ AnchorFailures: 1 }, { FindingsBySeverity: 1, Severity: 'tampering' }]);
});

test('nothing due: when the next one comes, and no failure', () => {
  const { sink, log, emf } = open();
  sink.anchored({ kind: 'not due', nextInterval: NOW, unanchored: 1 });
  expect(log()).toEqual([
    {
      level: 30,
      event: 'anchor.not_due',
      unanchoredEvents: 1,
      nextInterval: '2030-01-15T14:00:00.000Z',
      msg: 'no anchor is due',
    },
  ]);
  expect(emf()).toMatchObject([{ AnchorFailures: 0 }]);
});

test('another anchorer at work: who it is, and no failure', () => {
  const { sink, log, emf } = open();
  sink.anchored({ kind: 'busy', message: 'the lock is held by server process 7' });
  expect(log()).toEqual([
    {
      level: 30,
      event: 'anchor.busy',
      msg: 'left to the anchorer at work: the lock is held by server process 7',
    },
  ]);
  expect(emf()).toMatchObject([{ AnchorFailures: 0 }]);
});

test('an error: its code, text and hint, never its cause', () => {
  const { sink, log, emf } = open();
  const cause = new Error('postgres://user:hunter2@db');
  sink.anchorFailed(
    new UnavailableError('S3_UNREACHABLE', 'S3 is not there', { hint: 'check the network', cause }),
  );
  sink.verificationFailed(new UnavailableError('DB_TIMEOUT', 'too slow', { cause }), 'latest');
  expect(log()).toEqual([
    {
      level: 50,
      event: 'anchor.failed',
      code: 'S3_UNREACHABLE',
      hint: 'check the network',
      msg: 'S3 is not there',
    },
    { level: 50, event: 'verification.failed', code: 'DB_TIMEOUT', scope: 'latest', msg: 'too slow' },
  ]);
  expect(emf()).toMatchObject([{ AnchorFailures: 1 }, { VerificationResult: 3, Scope: 'latest' }]);
});

test.each([
  ['verified', 30, 'verification (full): verified', 0],
  ['tampered', 60, 'verification (full): TAMPERED: cut off', 1],
  ['not evaluated', 50, 'verification (full): not evaluated: cut off', 3],
] as const)('a report: %s', (verdict, level, msg, result) => {
  const { sink, log, emf } = open();
  const findings =
    verdict === 'verified' ? [] : [truncated(5), finding({ ...truncated(6), code: 'RANGE_ROOT' })];
  sink.verified({ ...reportOf(verdict), findings });
  expect(log()).toMatchObject([{ level, msg, event: 'verification.done', verdict, scope: 'full', findings }]);
  expect(emf()[0]).toMatchObject({ VerificationResult: result, Scope: 'full', VerifiedEvents: 12 });
});

test.each([
  [12, 'every event fails: check AUDIT_ANCHOR_CHAIN_ID'],
  [11, undefined],
])('%s of 12 events that fail: a report and a refusal name the settings only for all', (count, hint) => {
  const { sink, log } = open();
  const place = { kind: 'events', from: 1, to: count } as const;
  const findings = [finding({ code: 'EVENT_HASH', place, message: 'another hash', count })];
  sink.verified({ ...reportOf('tampered'), findings });
  sink.anchored({ kind: 'refused', findings, eventsRecomputed: 12 });
  const start = (line: Record<string, unknown>) => (line.hint as string | undefined)?.slice(0, hint?.length);
  expect(log().map(start)).toEqual([hint, hint]);
});

test('without metrics the log is the same', () => {
  const { sink, log, emf } = open(false);
  sink.verified(reportOf('verified'));
  sink.gauges({ anchorAgeSeconds: 60, unanchoredEvents: 0, retentionDaysLeft: 400 });
  expect(log()).toHaveLength(1);
  expect(emf()).toEqual([]);
});

import { setTimeout as delay } from 'node:timers/promises';
import { anchorKey } from '../../../runtime/domain/anchor/object-key';
import { ENV } from '../../../runtime/contract';
import { CliScene } from '../../support/cli-scene';
import { CHAIN_ID } from '../../support/chain';
import type { CliInput } from '../../support/run-cli';
import { runCli } from '../../support/run-cli';
import { activity, lockTable } from '../../support/silent-server';

type Line = Readonly<Record<string, unknown>>;

const LOG = { AUDIT_OUTPUT: 'log' };

let scene: CliScene;
beforeAll(async () => {
  scene = await CliScene.start();
});
afterAll(() => scene.stop());
beforeEach(() => scene.reset());

interface Told {
  readonly exitCode: number;
  readonly events: readonly Line[];
  readonly metrics: readonly Line[];
  readonly stderr: string;
}

function read({ exitCode, stdout, stderr }: Awaited<ReturnType<typeof runCli>>): Told {
  const lines = stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Line);
  const isMetric = (line: Line): boolean => '_aws' in line;
  return {
    exitCode,
    events: lines.filter((line) => !isMetric(line)),
    metrics: lines.filter(isMetric).map(({ _aws, ...values }) => values),
    stderr,
  };
}

async function run(args: string, input: CliInput = {}): Promise<Told> {
  return read(await runCli(args.split(' '), { env: scene.env(LOG), ...input }));
}

describe('anchor', () => {
  test('written: one line, the counts and the gauges', async () => {
    await scene.embedded.append(3);
    expect(await run('anchor')).toEqual({
      exitCode: 0,
      stderr: '',
      events: [
        expect.objectContaining({
          level: 'info',
          event: 'anchor.written',
          trigger: 'interval',
          anchorSeq: 1,
          lastSeq: 3,
          msg: 'anchor #1 written (interval)',
        }),
      ],
      metrics: [
        { ChainId: 'production', AnchorsWritten: 1, AnchoredEvents: 3, AnchorFailures: 0 },
        {
          ChainId: 'production',
          AnchorAgeSeconds: expect.any(Number) as number,
          UnanchoredEvents: 0,
          RetentionDaysLeft: expect.closeTo(400, 0) as number,
        },
      ],
    });
  });

  test('not due: no failure, and what has come in since', async () => {
    await scene.embedded.append(3);
    await run('anchor');
    await scene.embedded.append(2);
    const { exitCode, events, metrics } = await run('anchor');
    expect(exitCode).toBe(0);
    expect(events).toMatchObject([{ event: 'anchor.not_due', unanchoredEvents: 2 }]);
    expect(metrics).toMatchObject([
      { AnchorFailures: 0 },
      { UnanchoredEvents: 2, RetentionDaysLeft: expect.closeTo(400, 0) as number },
    ]);
  });

  describe('while another anchorer holds the lock', () => {
    const held = (use: () => Promise<void>): Promise<void> =>
      scene.embedded.auditLog().exclusive(use, { waitMs: 0 });

    test('there is nothing to do: no failure, no guess at how things stand, and no long wait', async () => {
      await scene.embedded.append(3);
      await held(async () => {
        const from = performance.now();
        const { exitCode, events, metrics } = await run('anchor');
        expect(performance.now() - from).toBeLessThan(15_000);
        expect(exitCode).toBe(0);
        expect(events).toMatchObject([
          { level: 'info', event: 'anchor.busy', msg: expect.stringContaining('server process') as string },
        ]);
        expect(metrics).toEqual([{ ChainId: 'production', AnchorFailures: 0 }]);
        const { document } = await runCli(['anchor', '--json'], { env: scene.env() });
        expect(document).toMatchObject({
          exitCode: 0,
          outcome: 'busy',
          message: expect.stringContaining('"production" is held') as string,
        });
      });
      expect((await run('anchor')).events).toMatchObject([{ event: 'anchor.written' }]);
    }, 30_000);

    test('--force waits for it', async () => {
      await scene.embedded.append(3);
      let forced: ReturnType<typeof run> | undefined;
      await held(async () => {
        forced = run('anchor --force');
        // Longer than a run without it waits.
        await delay(4_000);
      });
      expect(await forced).toMatchObject({ exitCode: 0, events: [{ event: 'anchor.written' }] });
    }, 30_000);
  });

  test('refused: exit 1, the findings and a failure; how many events wait is unknown where anchored ones are gone', async () => {
    await scene.embedded.append(3);
    await run('anchor');
    await scene.embedded.sql('DELETE FROM audit_events WHERE chain_index > 1');
    const { exitCode, events, metrics } = await run('anchor --force');
    expect(exitCode).toBe(1);
    expect(events).toMatchObject([
      {
        level: 'fatal',
        event: 'anchor.refused',
        severity: 'tampering',
        findings: [{ code: 'CHAIN_TRUNCATED' }],
        findingsInAll: 1,
      },
    ]);
    expect(metrics[0]).toEqual({ ChainId: 'production', AnchorFailures: 1 });
    expect(metrics[1]).toMatchObject({ FindingsBySeverity: 1, Severity: 'tampering' });
    expect(metrics.filter((metric) => 'UnanchoredEvents' in metric)).toEqual([]);
  });

  test('refused for want of a key: exit 3, and how many events wait', async () => {
    await scene.embedded.append(3);
    await run('anchor');
    await scene.embedded.append(2, 'k2');
    const [[id, secret] = ['', '']] = Object.entries(
      JSON.parse(scene.env()[ENV.hmacKeys] ?? '{}') as Record<string, string>,
    );
    const env = { ...LOG, [ENV.hmacKeys]: JSON.stringify({ [id]: secret }), [ENV.hmacActiveKeyId]: id };
    const { exitCode, events, metrics } = await run('anchor', { env: scene.env(env) });
    expect(exitCode).toBe(3);
    expect(events).toMatchObject([{ event: 'anchor.refused', findings: [{ code: 'KEY_UNKNOWN' }] }]);
    expect(metrics).toMatchObject([{ AnchorFailures: 1 }, { UnanchoredEvents: 2 }]);
  });

  test('the upload fails: how many events wait was seen before', async () => {
    await scene.embedded.append(3);
    await run('anchor');
    await scene.embedded.append(2);
    scene.embedded.s3.faults.inject({ operation: 'PutObject', status: 403, times: Infinity });
    const { exitCode, events, metrics } = await run('anchor --force');
    expect(exitCode).toBe(3);
    expect(events).toMatchObject([{ event: 'anchor.failed' }]);
    expect(metrics).toEqual([
      expect.objectContaining({ UnanchoredEvents: 2, AnchorAgeSeconds: expect.any(Number) as number }),
      { ChainId: 'production', Cause: 'access', AnchorFailures: 1 },
    ]);
  });

  test('S3 fails: exit 3, code and hint, a failure', async () => {
    scene.embedded.s3.faults.inject({ operation: 'ListObjectVersions', status: 403, times: Infinity });
    const { exitCode, events, metrics } = await run('anchor');
    expect(exitCode).toBe(3);
    expect(events).toMatchObject([
      { event: 'anchor.failed', code: 'S3_ACCESS_DENIED', hint: expect.any(String) as string },
    ]);
    expect(metrics).toEqual([{ ChainId: 'production', Cause: 'access', AnchorFailures: 1 }]);
  });

  test('--quiet leaves the metrics and what needs attention', async () => {
    await scene.embedded.append(3);
    const { events, metrics } = await run('anchor --quiet');
    expect(events).toEqual([]);
    expect(metrics).toHaveLength(2);
  });
});

test('a foreign chain: its result is 3 also when it is sound; what could not be looked at is told besides', async () => {
  await scene.embedded.append(3);
  const links = (more: Record<string, string> = {}) => ({
    env: scene.env({ ...LOG, AUDIT_CHAIN_FORMAT: 'links', ...more }),
  });
  expect((await run('anchor', links())).exitCode).toBe(0);
  const unproven = ({ metrics }: Told) => metrics.filter(({ Severity }) => Severity === 'unproven');
  const told = (count: number) => [
    { ChainId: 'production', Severity: 'unproven', Scope: 'latest', FindingsBySeverity: count },
  ];

  const sound = await run('verify --latest', links());
  expect(sound).toMatchObject({
    exitCode: 3,
    metrics: [{ VerificationResult: 3, Scope: 'latest' }, {}, {}, {}, {}, {}],
  });
  expect(unproven(sound)).toEqual(told(0));
  const unreadable = await run('verify --latest', links({ AUDIT_EVENTS_TABLE: 'elsewhere' }));
  expect([unreadable.exitCode, unproven(unreadable)]).toEqual([3, told(1)]);
  const brokeOff = await run('verify --latest', links({ DATABASE_URL: 'nonsense' }));
  expect([brokeOff.exitCode, unproven(brokeOff)]).toEqual([2, told(1)]);
});

describe('verify', () => {
  beforeEach(async () => {
    await scene.embedded.append(3);
    await run('anchor');
  });

  test('verified: one line; result, events, every severity, age and lock', async () => {
    const { exitCode, events, metrics, stderr } = await run('verify --latest');
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(events).toMatchObject([
      { event: 'verification.done', verdict: 'verified', scope: 'latest', findings: [], findingsInAll: 0 },
    ]);
    expect(metrics[0]).toEqual({
      ChainId: 'production',
      Scope: 'latest',
      VerificationResult: 0,
      VerifiedEvents: 3,
    });
    expect(metrics.slice(1, 5)).toEqual(
      ['tampering', 'unproven', 'warning', 'info'].map((Severity) => ({
        ChainId: 'production',
        Severity,
        FindingsBySeverity: 0,
      })),
    );
    expect(metrics.slice(5)).toEqual([
      {
        ChainId: 'production',
        AnchorAgeSeconds: expect.any(Number) as number,
        RetentionDaysLeft: expect.closeTo(400, 0) as number,
      },
    ]);
  });

  test('tampered: exit 1, the finding in the line and in the metrics', async () => {
    await scene.embedded.sql(`UPDATE audit_events SET actor = 'mallory' WHERE chain_index = 2`);
    const { exitCode, events, metrics } = await run('verify');
    expect(exitCode).toBe(1);
    expect(events).toMatchObject([{ level: 'fatal', verdict: 'tampered', scope: 'full' }]);
    const codes = (events[0]?.findings as Line[]).map(({ code }) => code);
    expect(codes).toContain('EVENT_HASH');
    expect(metrics[0]).toMatchObject({ VerificationResult: 1, Scope: 'full' });
    expect(metrics[1]).toEqual({
      ChainId: 'production',
      Severity: 'tampering',
      FindingsBySeverity: codes.length,
    });
  });

  test('interrupted with tampering known by then: exit 1, and the same in line and metric', async () => {
    await scene.embedded.append(3);
    await scene.run('anchor --force');
    await scene.embedded.put(`${CHAIN_ID}/foreign`, 'forged');
    const stop = new AbortController();
    const unlock = await lockTable(scene.embedded.database, 'audit_events');
    const client = await scene.embedded.database.connect();
    const running = run('verify', { signal: stop.signal });
    await activity(client, 'audit-anchor', 'waiting');
    stop.abort();
    const { exitCode, events, metrics } = await running;
    await unlock();
    expect(exitCode).toBe(1);
    expect(events).toMatchObject([
      {
        level: 'fatal',
        event: 'verification.done',
        verdict: 'tampered',
        findings: [{}, { code: 'INTERRUPTED' }],
      },
    ]);
    expect(metrics[0]).toMatchObject({ Scope: 'full', VerificationResult: 1 });
  });

  test('many findings: ten in the line, all in the count', async () => {
    const forged = Array.from({ length: 15 }, (_, at) => anchorKey('production', 1_600_000_000 + at * 7200));
    for (const key of forged) await scene.embedded.put(key, 'forged');
    const { exitCode, events } = await run('verify --anchors-only');
    expect(exitCode).toBe(1);
    expect(events[0]?.findings).toHaveLength(10);
    expect(events[0]?.findingsInAll).toBeGreaterThan(15);
  });

  test('no anchor to be found: not evaluated, and no gauges', async () => {
    const { exitCode, metrics } = await run('verify --anchors-only', {
      env: scene.env({ ...LOG, AUDIT_ANCHOR_CHAIN_ID: 'other' }),
    });
    expect(exitCode).toBe(3);
    expect(metrics[0]).toMatchObject({ ChainId: 'other', VerificationResult: 3 });
    expect(metrics.filter((line) => 'AnchorAgeSeconds' in line || 'RetentionDaysLeft' in line)).toEqual([]);
  });

  test.each([
    ['verify --latest', 'latest'],
    ['verify', 'full'],
  ])('interrupted %s: not evaluated, never verified', async (args, scope) => {
    const stop = new AbortController();
    scene.embedded.s3.faults.inject({ operation: 'ListObjectVersions', delayMs: 400 });
    const running = run(args, { signal: stop.signal });
    setTimeout(() => stop.abort(), 100);
    const { exitCode, events, metrics } = await running;
    expect(exitCode).toBe(3);
    expect(events).toMatchObject([{ event: 'verification.failed', code: 'INTERRUPTED', scope }]);
    expect(metrics).toEqual([{ ChainId: 'production', Scope: scope, VerificationResult: 3 }]);
  });
});

describe('what keeps a command from starting', () => {
  test('a wrong configuration: one line with every fault, and the metric', async () => {
    const env = { ...scene.env(LOG), AUDIT_ANCHOR_RETENTION_DAYS: 'ten', AWS_REGION: 'nowhere at all' };
    const { exitCode, events, metrics, stderr } = await run('anchor', { env });
    expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: '' });
    expect(events).toMatchObject([{ level: 'error', event: 'anchor.failed', code: 'CONFIG_INVALID' }]);
    expect(events[0]?.msg).toContain('AUDIT_ANCHOR_RETENTION_DAYS');
    expect(events[0]?.msg).toContain('AWS_REGION');
    expect(metrics).toEqual([{ ChainId: 'production', AnchorFailures: 1 }]);
  });

  test.each([undefined, 'Not A Chain'])('without a usable chain id (%s) there is no metric', async (id) => {
    const env = { ...scene.env(LOG), AUDIT_ANCHOR_CHAIN_ID: id };
    const { exitCode, events, metrics } = await run('verify --latest', { env });
    expect(exitCode).toBe(2);
    expect(events).toMatchObject([{ event: 'verification.failed', code: 'CONFIG_INVALID', scope: 'latest' }]);
    expect(metrics).toEqual([]);
  });

  test.each([
    ['verify --everything', 'verification.failed', { VerificationResult: 3, Scope: 'full' }],
    ['anchor --now', 'anchor.failed', { AnchorFailures: 1 }],
    ['run --now', 'anchor.failed', { AnchorFailures: 1 }],
  ])('a wrong command line: %s', async (args, event, metric) => {
    const { exitCode, events, metrics, stderr } = await run(args);
    expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: '' });
    expect(events).toMatchObject([{ event, code: 'USAGE' }]);
    expect(metrics).toEqual([{ ChainId: 'production', ...metric }]);
  });

  test('scopes that exclude each other: a result, but of no scope', async () => {
    const { exitCode, metrics } = await run('verify --latest --full');
    expect(exitCode).toBe(2);
    expect(metrics).toEqual([{ ChainId: 'production', VerificationResult: 3 }]);
  });
});

describe('everything else is as ever', () => {
  test('--json wins: one document, no metric', async () => {
    await scene.embedded.append(3);
    const { document, stdout } = await runCli(['anchor', '--json'], { env: scene.env(LOG) });
    expect(document).toMatchObject({ exitCode: 0, outcome: 'written' });
    expect(stdout).not.toContain('_aws');
  });

  test('commands that answer a person print their report', async () => {
    const { stdout } = await runCli(['status'], { env: scene.env(LOG) });
    expect(stdout).toMatch(/^chain +production\n/);
  });

  test('help is help', async () => {
    const { exitCode, stdout } = await runCli(['verify', '--help'], { env: LOG });
    expect(exitCode).toBe(0);
    expect(stdout).toContain('Usage: audit-anchor verify');
  });

  test('a report has no metrics', async () => {
    await scene.embedded.append(3);
    for (const args of ['anchor', 'verify']) {
      const { exitCode, stdout } = await runCli([args], { env: scene.env({ AUDIT_OUTPUT: 'report' }) });
      expect(exitCode).toBe(0);
      expect(stdout).not.toContain('_aws');
    }
  });

  test.each(['json', 'LOG', ' log'])('another word is a fault: %j', async (word) => {
    const { exitCode, stderr } = await runCli(['anchor'], { env: scene.env({ AUDIT_OUTPUT: word }) });
    expect(exitCode).toBe(2);
    expect(stderr).toContain(`AUDIT_OUTPUT: found "${word}", allowed "report" or "log"`);
  });
});

import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { main } from '../../../runtime/cli';
import type { ExitCode } from '../../../runtime/contract';
import { parseAnchor } from '../../../runtime/domain/anchor/anchor-body';
import { CliScene } from '../../support/cli-scene';

jest.setTimeout(60_000);

type Line = Readonly<Record<string, unknown>>;

function jsonLines(text: string): Line[] {
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Line);
}

let scene: CliScene;
beforeAll(async () => {
  scene = await CliScene.start();
});
afterAll(() => scene.stop());
beforeEach(() => scene.reset());

/** A running `audit-anchor run` with a poll each second and a threshold of 5 events. */
class Run {
  stdout = '';
  stderr = '';
  readonly ended: Promise<ExitCode>;
  private readonly stop = new AbortController();

  constructor(args: readonly string[] = [], more: Readonly<Record<string, string>> = {}) {
    const settings = {
      AUDIT_ANCHOR_POLL_SECONDS: '1',
      AUDIT_ANCHOR_EVENT_THRESHOLD: '5',
      AUDIT_ANCHOR_INTERVAL_MINUTES: '1440',
      AUDIT_HTTP_PORT: '0',
    };
    this.ended = main({
      args: ['run', ...args],
      env: scene.env({ ...settings, ...more }),
      stdin: Readable.from([]),
      stdout: { write: (text) => (this.stdout += text) },
      stderr: { write: (text) => (this.stderr += text) },
      signal: this.stop.signal,
    });
  }

  get log(): Line[] {
    return jsonLines(this.stderr);
  }

  events(name: string): Line[] {
    return this.log.filter(({ event }) => event === name);
  }

  /** Waits for so many log lines of an event. */
  async until(name: string, count: number): Promise<void> {
    for (let waited = 0; this.events(name).length < count; waited += 20) {
      if (waited > 40_000) throw new Error(`no ${name} number ${count} within 40 s: ${this.stderr}`);
      await delay(20);
    }
  }

  async get(path: string): Promise<{ status: number; body: Line }> {
    const port = this.log.find((line) => 'port' in line)?.port;
    const response = await fetch(`http://127.0.0.1:${Number(port)}${path}`);
    return { status: response.status, body: (await response.json()) as Line };
  }

  /** What SIGTERM does. */
  terminate(): Promise<ExitCode> {
    this.stop.abort();
    return this.ended;
  }
}

async function storedTriggers(): Promise<string[]> {
  const { embedded } = scene;
  const versions = await embedded.versions();
  const bodies = await Promise.all(versions.map(({ key }) => embedded.bodyOf(key)));
  return bodies.map((body) => parseAnchor(body).trigger);
}

test('from the first anchor to the last one, with health, metrics and a log', async () => {
  const { embedded } = scene;
  await embedded.append(3);
  const run = new Run();
  await run.until('anchor.written', 1);
  await run.until('verification.done', 1);
  expect(await run.get('/healthz')).toEqual({ status: 200, body: { alive: true, loginRefused: false } });
  expect(await run.get('/readyz')).toMatchObject({
    status: 200,
    body: {
      ready: true,
      newestAnchor: { anchorSeq: 1, lastSeq: 3 },
      lastVerification: { verdict: 'verified' },
    },
  });
  await embedded.append(5);
  await run.until('anchor.written', 2);
  await embedded.append(1, 'k2');
  await run.until('anchor.written', 3);
  await embedded.append(1, 'k2');
  expect(await run.terminate()).toBe(0);

  expect(await storedTriggers()).toEqual(['interval', 'events', 'key_rotation', 'shutdown']);
  expect(run.events('anchor.written')).toMatchObject([
    { level: 'info', trigger: 'interval', anchorSeq: 1, lastSeq: 3 },
    { trigger: 'events', anchorSeq: 2, lastSeq: 8 },
    { trigger: 'key_rotation', anchorSeq: 3, lastSeq: 9 },
    { trigger: 'shutdown', anchorSeq: 4, lastSeq: 10 },
  ]);
  expect(run.events('verification.done')).toMatchObject([{ verdict: 'verified', scope: 'full' }]);
  expect(run.events('service.stopped')).toMatchObject([
    { anchorsWritten: 4, verifications: 1, tampered: false },
  ]);
  await expect(run.get('/healthz')).rejects.toThrow('fetch failed');

  const lines = run.stdout.trimEnd().split('\n');
  expect(lines.pop()).toBe('✔ stopped; anchors written: 4, verifications: 1');
  const metrics = lines.map((line) => JSON.parse(line) as Line);
  expect(metrics.filter(({ AnchorsWritten }) => AnchorsWritten === 1)).toHaveLength(4);
  expect(metrics.filter(({ AnchorFailures }) => AnchorFailures === 0)).toHaveLength(4);
  expect(metrics.filter(({ VerificationResult }) => VerificationResult === 0)).toHaveLength(1);
  expect(metrics.filter(({ FindingsBySeverity }) => FindingsBySeverity === 0)).toHaveLength(4);
  expect(metrics.find(({ UnanchoredEvents }) => UnanchoredEvents !== undefined)).toMatchObject({
    AnchorAgeSeconds: expect.any(Number) as number,
    RetentionDaysLeft: expect.closeTo(400, 0) as number,
  });
  for (const metric of metrics) {
    expect(metric).toMatchObject({
      ChainId: 'production',
      _aws: {
        CloudWatchMetrics: expect.arrayContaining([
          expect.objectContaining({ Namespace: 'AuditAnchor' }),
        ]) as unknown,
      },
    });
  }
  expect(await embedded.verifier().verify({ kind: 'full' })).toMatchObject({
    verdict: 'verified',
    findings: [],
  });
}, 20_000);

test('AUDIT_OUTPUT=log: everything on stdout, as JSON lines', async () => {
  await scene.embedded.append(3);
  const run = new Run([], { AUDIT_OUTPUT: 'log' });
  while (!run.stdout.includes('verification.done') || !run.stdout.includes('anchor.written')) await delay(20);
  expect(await run.terminate()).toBe(0);
  expect(run.stderr).toBe('');
  const lines = jsonLines(run.stdout);
  const events = lines.filter(({ event }) => event !== undefined).map(({ event }) => event);
  expect(events[0]).toBe('service.started');
  expect(events.slice(1, 3).sort()).toEqual(['anchor.written', 'verification.done']);
  expect(events.slice(3)).toEqual(['anchor.not_due', 'service.stopped']);
  expect(lines.filter(({ AnchorsWritten }) => AnchorsWritten === 1)).toHaveLength(1);
  expect(lines.filter(({ VerificationResult }) => VerificationResult === 0)).toHaveLength(1);
});

test('with --json stdout holds one document, at the end', async () => {
  await scene.embedded.append(1);
  const run = new Run(['--json'], { AUDIT_VERIFY_INTERVAL_MINUTES: '0' });
  await run.until('anchor.written', 1);
  expect(run.stdout).toBe('');
  expect(await run.terminate()).toBe(0);
  expect(JSON.parse(run.stdout)).toEqual({
    exitCode: 0,
    anchorsWritten: 1,
    verifications: 0,
    tampered: false,
    shutdownProblem: null,
  });
});

test('tampering: refused and logged once, not ready, exit 1, and nothing written', async () => {
  const { embedded } = scene;
  await embedded.append(3);
  const run = new Run();
  await run.until('anchor.written', 1);
  await run.until('verification.done', 1);
  await embedded.append(5);
  await embedded.sql('DELETE FROM audit_events WHERE chain_index > 1; ');
  await embedded.append(
    [{ occurred_at: '2030-01-15T13:00:00Z', actor: 'x', action: 'y', outcome: 'z' }],
    'k2',
  );
  await run.until('anchor.refused', 1);
  expect(run.events('anchor.refused')).toMatchObject([
    { level: 'fatal', severity: 'tampering', findings: [{ code: 'CHAIN_TRUNCATED' }] },
  ]);
  expect(await run.get('/readyz')).toMatchObject({
    status: 503,
    body: { ready: false, alive: true },
  });
  expect(await run.get('/healthz')).toMatchObject({ status: 200 });
  expect(await run.terminate()).toBe(1);
  expect(run.events('anchor.refused')).toHaveLength(1);
  expect(run.stdout).toContain('TAMPERING');
  expect(await storedTriggers()).toEqual(['interval']);
});

test('a bucket that fails for a while: logged, not ready, then as if nothing had been', async () => {
  const { embedded } = scene;
  await embedded.append(3);
  embedded.s3.faults.inject({ operation: 'ListObjectVersions', status: 403, times: Infinity });
  const run = new Run([], { AUDIT_VERIFY_INTERVAL_MINUTES: '0' });
  await run.until('anchor.failed', 1);
  expect(run.events('anchor.failed')).toMatchObject([{ level: 'error', code: 'S3_ACCESS_DENIED' }]);
  expect(await run.get('/readyz')).toMatchObject({ status: 503 });
  embedded.s3.faults.clear();
  await run.until('anchor.written', 1);
  expect(await run.get('/readyz')).toMatchObject({ status: 200, body: { ready: true } });
  expect(await run.terminate()).toBe(0);
  expect(await storedTriggers()).toEqual(['interval']);
});

test('a port that is taken: exit 2, and nothing is left running', async () => {
  const first = new Run();
  await first.until('service.started', 1);
  const port = String(first.log.find((line) => 'port' in line)?.port);
  const second = new Run(['--json'], { AUDIT_HTTP_PORT: port });
  expect(await second.ended).toBe(2);
  expect(JSON.parse(second.stdout)).toMatchObject({
    error: { message: expect.stringContaining(`found ${port}`) as string },
  });
  expect(await first.terminate()).toBe(0);
});

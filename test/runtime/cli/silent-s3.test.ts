import { setTimeout as delay } from 'node:timers/promises';
import { ENV } from '../../../runtime/contract';
import { Service } from '../../../runtime/application/service';
import type { Failure } from '../../../runtime/application/failure';
import { systemClock } from '../../../runtime/adapters/clock/system-clock';
import { CliScene } from '../../support/cli-scene';
import { CHAIN_ID } from '../../support/embedded';
import { SilentS3 } from '../../support/silent-s3';

jest.setTimeout(60_000);

/** Far less than one attempt of a request takes, 30 s, and more than a busy machine needs. */
const AT_ONCE_MS = 6_000;
const KEY = `${CHAIN_ID}/2026/01/15/14/anchor-20260115T140000Z.json`;

let scene: CliScene;
let silent: SilentS3;

beforeAll(async () => {
  scene = await CliScene.start();
  silent = await SilentS3.start();
  await scene.run('append', { stdin: scene.events(10) });
});
afterAll(async () => {
  await scene?.stop();
  await silent?.stop();
});

/** The document of a command that is told to end once S3 was asked. */
async function interrupted(
  command: string,
  asked: Promise<void>,
  endpoint = silent.endpoint,
): Promise<Record<string, unknown>> {
  const stop = new AbortController();
  const running = scene.run(`${command} --json`, {
    signal: stop.signal,
    more: { [ENV.s3Endpoint]: endpoint },
  });
  await asked;
  const from = performance.now();
  stop.abort();
  const { exitCode, document } = await running;
  expect(performance.now() - from).toBeLessThan(AT_ONCE_MS);
  expect(exitCode).toBe(3);
  return document;
}

test.each([
  'verify',
  'verify --latest',
  'verify --anchors-only',
  'verify --plan 1',
  'verify --plan 1 --out s3://reports/2026/',
  'verify --merge s3://reports/2026/',
  'status',
  'anchor --force',
  `hold on ${KEY}`,
])('%s ends when it is told to, although S3 is silent', async (command) => {
  expect(await interrupted(command, silent.asked())).toMatchObject({
    error: { code: 'INTERRUPTED', message: 'interrupted before it was done' },
  });
});

test('a legal hold that was asked for may be there: it says so', async () => {
  expect(await interrupted(`hold on ${KEY} --version-id v1`, silent.asked())).toMatchObject({
    error: {
      code: 'INTERRUPTED',
      message: `interrupted: the legal hold of ${KEY} may be on or not`,
      hint: `Run audit-anchor hold on ${KEY} again: to ask twice changes nothing`,
    },
  });
});

test('an anchor whose write is under way may be there: it says so', async () => {
  const { s3 } = scene.embedded;
  s3.faults.inject({ operation: 'PutObject', delayMs: 60_000 });
  const written = async (): Promise<void> => {
    for (let polls = 0; s3.requests.count('PutObject') === 0 && polls < 1_000; polls += 1) await delay(20);
  };
  expect(await interrupted('anchor --force', written(), s3.endpoint)).toMatchObject({
    error: { code: 'PUT_UNRESOLVED', hint: expect.stringContaining('the next run reads the bucket') },
  });
});

test('the daemon gives its last anchor no more time than it has', async () => {
  const failures: Failure[] = [];
  const ignore = (): void => undefined;
  const service = new Service({
    anchorer: scene.embedded.anchorer({ store: scene.embedded.store({ endpoint: silent.endpoint }) }),
    verify: () => Promise.reject(new Error('is not called')),
    clock: systemClock,
    sink: {
      anchored: ignore,
      anchorFailed: (failure) => failures.push(failure),
      verified: ignore,
      verificationFailed: ignore,
      gauges: ignore,
    },
    intervalMinutes: 60,
    pollSeconds: 5,
    verifyIntervalMinutes: 0,
    verifyFullIntervalHours: 24,
    lastAnchorMillis: 300,
  });
  const stop = new AbortController();
  const asked = silent.asked();
  const running = service.run(stop.signal);
  await asked;
  const from = performance.now();
  stop.abort();
  const summary = await running;
  expect(performance.now() - from).toBeLessThan(AT_ONCE_MS);
  expect(summary).toMatchObject({ anchorsWritten: 0, shutdownProblem: 'not done after 0.3 s' });
  expect(failures).toMatchObject([
    { code: 'INTERRUPTED', message: 'the last anchor was not done after 0.3 s' },
  ]);
});

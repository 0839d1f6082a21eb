import { RequestPace } from '../../../../runtime/adapters/s3/request-pace';
import { describeFailure } from '../../../../runtime/adapters/s3/s3-failure';
import { S3RequestFailed } from '../../../../runtime/adapters/s3/s3-request-failed';
import { SettableClock } from '../../../support/settable-clock';
import { fail, ok, ScriptedS3 } from './scripted-s3';

const NOON = '2026-01-15T12:00:00Z';

function failed(status: number | null, name: string, more: object = {}): S3RequestFailed {
  const $metadata = status === null ? {} : { httpStatusCode: status };
  return new S3RequestFailed(describeFailure({ name, message: name, $metadata, ...more }));
}

const SLOW_DOWN = failed(503, 'SlowDown');

class Waits extends SettableClock {
  readonly waits: number[] = [];

  override sleep(ms: number, signal?: AbortSignal): Promise<void> {
    this.waits.push(ms);
    return super.sleep(ms, signal);
  }
}

function pace(): { pace: RequestPace; clock: Waits } {
  const clock = new Waits(NOON);
  return { pace: new RequestPace(clock, () => 0.5), clock };
}

/** Fails so many times, then succeeds. */
function flaky(error: Error, times: number): { send: () => Promise<string>; sent: () => number } {
  let sent = 0;
  return {
    send: () => (++sent <= times ? Promise.reject(error) : Promise.resolve('done')),
    sent: () => sent,
  };
}

test.each([
  ['503 SlowDown', SLOW_DOWN],
  ['503 without a code, as HEAD gets it', failed(503, 'Unknown')],
  ['429', failed(429, 'TooManyRequests')],
  ['400 ThrottlingException of KMS', failed(400, 'KMS.ThrottlingException')],
])('waits longer and longer while S3 says %s, and gets through', async (_, error) => {
  const { pace: own, clock } = pace();
  const request = flaky(error, 8);
  await expect(own.run(request.send)).resolves.toBe('done');
  expect(request.sent()).toBe(9);
  expect(clock.waits).toEqual([150, 300, 600, 1_200, 2_400, 4_800, 7_500, 7_500]);
});

test('gives up after a minute in which nothing came through', async () => {
  const { pace: own, clock } = pace();
  await expect(own.run(flaky(SLOW_DOWN, Infinity).send)).rejects.toBe(SLOW_DOWN);
  const waited = clock.waits.reduce((sum, ms) => sum + ms, 0);
  expect(waited).toBeGreaterThanOrEqual(60_000);
  expect(waited).toBeLessThan(70_000);
});

test('having given up, waits no more until a request comes through', async () => {
  const { pace: own, clock } = pace();
  const down = flaky(SLOW_DOWN, Infinity);
  await expect(own.run(down.send)).rejects.toBe(SLOW_DOWN);
  const before = clock.waits.length;
  await expect(own.run(down.send)).rejects.toBe(SLOW_DOWN);
  expect(clock.waits).toHaveLength(before);
  await own.run(() => Promise.resolve());
  await expect(own.run(flaky(SLOW_DOWN, 2).send)).resolves.toBe('done');
});

test('does not give up while others come through', async () => {
  const clock = new Waits(NOON);
  // While the unlucky one waits, another request is answered.
  const own: RequestPace = new RequestPace(
    {
      now: () => clock.now(),
      sleep: async (ms) => {
        await clock.sleep(ms);
        await own.run(() => Promise.resolve());
      },
    },
    () => 0.5,
  );
  const unlucky = flaky(SLOW_DOWN, 40);
  await expect(own.run(unlucky.send)).resolves.toBe('done');
  expect(unlucky.sent()).toBe(41);
});

test.each([
  ['a reset', failed(null, 'Error', { code: 'ECONNRESET' }), 3],
  ['a timeout', failed(null, 'TimeoutError'), 3],
  ['500 InternalError', failed(500, 'InternalError'), 3],
  ['a clock that is wrong', failed(403, 'RequestTimeTooSkewed'), 3],
  ['AccessDenied', failed(403, 'AccessDenied'), 1],
  ['NoSuchKey', failed(404, 'NoSuchKey'), 1],
  ['an untrusted certificate', failed(null, 'Error', { code: 'CERT_HAS_EXPIRED' }), 1],
  ['a fault of this program', new TypeError('x is not a function'), 1],
])('sends %s so often: %#', async (_, error, attempts) => {
  const { pace: own } = pace();
  const request = flaky(error, Infinity);
  await expect(own.run(request.send)).rejects.toBe(error);
  expect(request.sent()).toBe(attempts);
});

/** A server that refuses whatever comes while `capacity` requests are under way. */
class Busy {
  most = 0;
  refused = 0;
  private active = 0;

  constructor(public capacity: number) {}

  readonly send = async (): Promise<void> => {
    this.active += 1;
    this.most = Math.max(this.most, this.active);
    try {
      await new Promise((resolve) => setImmediate(resolve));
      if (this.active > this.capacity) {
        this.refused += 1;
        throw SLOW_DOWN;
      }
    } finally {
      this.active -= 1;
    }
  };
}

test('finds the number of requests that a busy server takes, and hardly asks for more', async () => {
  const { pace: own } = pace();
  const server = new Busy(6);
  const workers = Array.from({ length: 24 }, async () => {
    for (let request = 0; request < 100; request += 1) await own.run(server.send);
  });
  await Promise.all(workers);
  expect(server.most).toBe(24);
  expect(server.refused).toBeGreaterThan(10);
  expect(server.refused).toBeLessThan(2_400 * 0.25);
});

test('sends more again when the server recovers', async () => {
  const { pace: own } = pace();
  const server = new Busy(1);
  const burst = async (): Promise<void> => {
    await Promise.all(Array.from({ length: 24 }, () => own.run(server.send)));
  };
  await burst();
  server.capacity = Infinity;
  server.most = 0;
  for (let round = 0; round < 30; round += 1) await burst();
  expect(server.most).toBe(24);
});

test('close ends the wait of whoever is throttled', async () => {
  const own = new RequestPace(
    {
      now: () => 0,
      sleep: (_, signal) =>
        new Promise((resolve) => signal?.addEventListener('abort', () => resolve(), { once: true })),
    },
    Math.random,
  );
  const request = flaky(SLOW_DOWN, Infinity);
  const done = own.run(request.send);
  await new Promise((resolve) => setImmediate(resolve));
  own.close();
  await expect(done).rejects.toBe(SLOW_DOWN);
  expect(request.sent()).toBe(2);
});

describe('an abort', () => {
  test('ends the wait between attempts', async () => {
    const abort = new AbortController();
    const reason = new Error('stop');
    const sleep = (): Promise<void> => Promise.resolve(abort.abort(reason));
    const own = new RequestPace({ now: () => 0, sleep }, Math.random);
    const request = flaky(SLOW_DOWN, Infinity);
    await expect(own.run(request.send, abort.signal)).rejects.toBe(reason);
    expect(request.sent()).toBe(1);
  });

  test('while it waits for its turn: the turn goes to the next in line, also when it came in the same moment', async () => {
    const { pace: own } = pace();
    let fail = (_: Error): void => undefined;
    const attempts = [
      () => Promise.reject(SLOW_DOWN),
      () => new Promise<never>((_, reject) => (fail = reject)),
    ];
    // Throttled once, so that only one request goes out at a time: this one.
    const first = own.run(() => attempts.shift()!()).catch((error: unknown) => error);
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
    const reason = new Error('stop');
    const abort = new AbortController();
    const second = own.run(() => Promise.resolve(), abort.signal).catch((error: unknown) => error);
    const third = own.run(() => Promise.resolve('third'));
    abort.abort(reason);
    fail(new TypeError('x is not a function'));
    expect(await second).toBe(reason);
    expect(await first).toBeInstanceOf(TypeError);
    await expect(third).resolves.toBe('third');
  });
});

describe('a throttled read whose lock has to be asked for', () => {
  let s3: ScriptedS3;
  beforeEach(async () => {
    s3 = await ScriptedS3.start();
  });
  afterEach(() => s3.stop());

  test('does not wait for itself', async () => {
    const slow = fail(503, 'SlowDown');
    const object = ok(
      { 'last-modified': 'Thu, 01 Jan 2026 00:00:00 GMT', 'x-amz-version-id': 'v1', 'content-length': '6' },
      'anchor',
    );
    const retention = ok(
      {},
      '<?xml version="1.0"?><Retention><Mode>COMPLIANCE</Mode><RetainUntilDate>2027-01-01T00:00:00Z</RetainUntilDate></Retention>',
    );
    s3.script(slow, object, retention);
    const { head } = await s3.store().read('key', 'v1', 1_000);
    expect(head.lock?.mode).toBe('COMPLIANCE');
    expect(s3.seen).toHaveLength(3);
  });
});

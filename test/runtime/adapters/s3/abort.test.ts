import { getEventListeners, getMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { S3AnchorStore } from '../../../../runtime/adapters/s3/s3-anchor-store';
import { fail, hang, ScriptedS3, type Reply } from './scripted-s3';

/** Far longer than the test may take: an abort ends it, or nothing does. */
const TIMEOUT = { requestTimeoutMs: 60_000 } as const;
const REASON = new Error('stop');

let s3: ScriptedS3;
beforeEach(async () => {
  s3 = await ScriptedS3.start();
});
afterEach(() => s3.stop());

async function drain(pages: AsyncIterable<unknown>): Promise<number> {
  let count = 0;
  for await (const page of pages) count += page === undefined ? 0 : 1;
  return count;
}

const CALLS: Readonly<Record<string, (store: S3AnchorStore, signal: AbortSignal) => Promise<unknown>>> = {
  listPage: (store, signal) => store.listPage({ prefix: 'production/', signal }),
  listAll: (store, signal) => drain(store.listAll('production/', signal)),
  head: (store, signal) => store.head('key', 'v1', signal),
  read: (store, signal) => store.read('key', 'v1', 1_000, signal),
  bucketLock: (store, signal) => store.bucketLock(signal),
  setLegalHold: (store, signal) => store.setLegalHold('key', 'v1', true, signal),
};

describe.each(Object.entries(CALLS))('%s', (_name, call) => {
  test('an abort ends it while S3 is silent, is not repeated, and its reason is thrown', async () => {
    const abort = new AbortController();
    s3.script(() => abort.abort(REASON));
    await expect(call(s3.store(TIMEOUT), abort.signal)).rejects.toBe(REASON);
    expect(s3.seen).toHaveLength(1);
  });

  test('after an abort nothing is sent', async () => {
    s3.script(hang);
    await expect(call(s3.store(TIMEOUT), AbortSignal.abort(REASON))).rejects.toBe(REASON);
    expect(s3.seen).toHaveLength(0);
  });

  test('an abort ends it while the credentials are waited for', async () => {
    const abort = new AbortController();
    const credentials = (): Promise<never> => {
      abort.abort(REASON);
      return new Promise(() => undefined);
    };
    await expect(call(s3.store({ ...TIMEOUT, credentials }), abort.signal)).rejects.toBe(REASON);
  });
});

test('an abort ends a body that stopped coming', async () => {
  const abort = new AbortController();
  const half: Reply = (_request, response) => {
    response.writeHead(200, {
      'last-modified': 'Thu, 01 Jan 2026 00:00:00 GMT',
      'x-amz-version-id': 'v1',
      'content-length': '6',
    });
    response.write('anc', () => setImmediate(() => abort.abort(REASON)));
  };
  s3.script(half);
  const reading = s3.store(TIMEOUT).read('key', 'v1', 1_000, abort.signal);
  await expect(reading).rejects.toBe(REASON);
});

test('an abort of one call leaves the others of the store alone', async () => {
  const abort = new AbortController();
  s3.script(hang, (request, response) => {
    abort.abort(REASON);
    fail(403, 'AccessDenied')(request, response);
  });
  const store = s3.store(TIMEOUT);
  const ended = store.head('one', 'v1', abort.signal).catch((error: unknown) => error);
  for (let polls = 0; s3.seen.length === 0 && polls < 500; polls += 1) await delay(10);
  const other = store.bucketLock(new AbortController().signal);
  expect(await ended).toBe(REASON);
  await expect(other).rejects.toMatchObject({ code: 'S3_ACCESS_DENIED' });
});

test('many requests under one signal are no leak to warn of', async () => {
  const { signal } = new AbortController();
  s3.script(fail(404, 'NoSuchKey'), fail(404, 'NoSuchKey'));
  await s3
    .store(TIMEOUT)
    .head('key', 'v1', signal)
    .catch(() => undefined);
  // Node.js would warn, in the middle of the report, of more than ten; Jest does not hear its warnings.
  expect(getMaxListeners(signal)).toBe(Infinity);
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});

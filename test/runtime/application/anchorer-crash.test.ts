import { setTimeout as delay } from 'node:timers/promises';
import { initialise } from '../../../runtime/adapters/postgres/init';
import type { S3AnchorStore } from '../../../runtime/adapters/s3/s3-anchor-store';
import type { AnchorStore } from '../../../runtime/application/ports';
import { parseAnchor } from '../../../runtime/domain/anchor/anchor-body';
import { LAYOUT, plainContents } from '../../support/chain';
import { runScript } from '../../support/child-process';
import { createTestDatabase } from '../../support/database';
import { Embedded, TABLE } from '../../support/embedded';

let servers: Embedded;
beforeAll(async () => {
  servers = await Embedded.start();
});
afterAll(() => servers.stop());
beforeEach(() => servers.reset());

/** Numbers of the anchors in the bucket, in the order of their keys; fails when a key has two versions. */
async function sequence(): Promise<number[]> {
  const versions = await servers.versions();
  expect(new Set(versions.map(({ key }) => key)).size).toBe(versions.length);
  const bodies = await Promise.all(versions.map(({ key, versionId }) => servers.bodyOf(key, versionId)));
  return bodies.map((body) => parseAnchor(body).anchor_seq);
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, n) => n + 1);
}

/** The store with something done before each of one kind of its calls. */
function before(store: S3AnchorStore, call: 'create' | 'bucketLock', act: () => Promise<void>): AnchorStore {
  return new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      if (name !== call) return value.bind(target) as unknown;
      return async (...args: unknown[]): Promise<unknown> => {
        await act();
        return Reflect.apply(value, target, args) as unknown;
      };
    },
  });
}

describe('answers that get lost', () => {
  test('the reply after the write: the anchor is recognised as our own', async () => {
    await servers.append(5);
    servers.s3.faults.inject({ operation: 'PutObject', dropReply: 'after' });
    const anchorer = servers.anchorer();
    const outcome = await anchorer.anchor();
    expect(outcome).toMatchObject({ kind: 'written', alreadyStored: true, trigger: 'interval' });
    const [only] = await servers.versions();
    expect(outcome).toMatchObject({ versionId: only?.versionId });
    expect(await sequence()).toEqual([1]);
    expect(await anchorer.anchor()).toMatchObject({ kind: 'not due' });
  });

  test.each([409, 503, 500])('%i twice, then the write: one anchor', async (status) => {
    await servers.append(5);
    servers.s3.faults.inject({ operation: 'PutObject', status, times: 2 });
    expect(await servers.anchorer().anchor()).toMatchObject({ kind: 'written', alreadyStored: false });
    expect(servers.s3.requests.count('PutObject')).toBe(3);
    expect(await sequence()).toEqual([1]);
  });

  test('every reply, until it gives up: the next attempt finds what was stored', async () => {
    await servers.append(5);
    servers.s3.faults.inject({ operation: 'PutObject', dropReply: 'after' });
    servers.s3.faults.inject({ operation: 'PutObject', dropReply: 'before', times: Infinity });
    const anchorer = servers.anchorer({ store: servers.store({ createBudgetMs: 500 }) });
    await expect(anchorer.anchor()).rejects.toMatchObject({ code: 'PUT_UNRESOLVED' });
    servers.s3.faults.clear();
    expect(await anchorer.anchor()).toMatchObject({ kind: 'written', alreadyStored: true });
    expect(await anchorer.anchor()).toMatchObject({ kind: 'not due', unanchored: 0 });
    expect(await sequence()).toEqual([1]);
  });

  test('the connection before the write, until it gives up: the trigger is not lost', async () => {
    await servers.append(5);
    await servers.anchorer().anchor();
    await servers.append(1, 'k2');
    servers.clock.advanceMinutes(1);
    servers.s3.faults.inject({ operation: 'PutObject', dropReply: 'before', times: Infinity });
    const anchorer = servers.anchorer({ store: servers.store({ createBudgetMs: 500 }) });
    await expect(anchorer.anchor()).rejects.toMatchObject({ code: 'PUT_UNRESOLVED' });
    servers.s3.faults.clear();
    servers.clock.advanceMinutes(1);
    expect(await anchorer.anchor()).toMatchObject({ kind: 'written', trigger: 'key_rotation' });
    expect(await sequence()).toEqual([1, 2]);
  });
});

describe('more than one anchorer', () => {
  test('eight at once, one trigger: one writes, seven see that it was done', async () => {
    await servers.append(200);
    const anchorers = upTo(8).map(() => servers.anchorer({ lockWaitMs: 60_000 }));
    const outcomes = await Promise.all(anchorers.map((anchorer) => anchorer.anchor()));
    expect(outcomes.map(({ kind }) => kind).sort()).toEqual([...Array<string>(7).fill('not due'), 'written']);
    expect(await sequence()).toEqual([1]);
  });

  test('eight at once, all by force: one chain of eight, no two in one second', async () => {
    await servers.append(20);
    const anchorers = upTo(8).map(() => servers.anchorer({ lockWaitMs: 60_000 }));
    const outcomes = await Promise.all(anchorers.map((anchorer) => anchorer.anchor({ force: 'manual' })));
    expect(outcomes.every(({ kind }) => kind === 'written')).toBe(true);
    expect(await sequence()).toEqual(upTo(8));
    expect(await servers.verifier().verify({ kind: 'full' })).toMatchObject({
      verdict: 'verified',
      findings: [],
    });
  });

  test('one that does not get the lock in time says who has it', async () => {
    await servers.append(1);
    const holder = servers.auditLog();
    await holder.exclusive(
      async () => {
        await expect(servers.anchorer({ lockWaitMs: 150 }).anchor()).rejects.toMatchObject({
          code: 'LOCK_BUSY',
          message: expect.stringContaining('production') as string,
        });
        expect(await servers.anchorer({ lockWaitMs: 150 }).anchorUnlessBusy()).toEqual({
          kind: 'busy',
          message: expect.stringContaining('production') as string,
        });
      },
      { waitMs: 0 },
    );
    expect(await servers.versions()).toEqual([]);
  });

  test('two copies of the database that went apart, in one second: one anchor, the other one stops', async () => {
    const copy = await createTestDatabase();
    try {
      await initialise({ connectionString: copy.url }, LAYOUT, TABLE);
      const event = (position: number, actor: string): object => ({
        occurred_at: '2030-01-15T13:00:00Z',
        ...plainContents(position),
        actor,
      });
      for (const [url, actor] of [
        [undefined, 'here'],
        [copy.url, 'there'],
      ] as const) {
        await servers.append([event(1, 'both'), event(2, 'both'), event(3, actor)] as never, 'k1', url);
      }
      // Neither writes before both have seen an empty bucket.
      let arrived = 0;
      const bothThere = async (): Promise<void> => {
        arrived += 1;
        while (arrived < 2) await delay(5);
      };
      const anchorers = [servers.database.url, copy.url].map((url) =>
        servers.anchorer({
          auditLog: servers.auditLog(url),
          store: before(servers.store(), 'create', bothThere),
        }),
      );
      const results = await Promise.allSettled(anchorers.map((anchorer) => anchorer.anchor()));
      expect(results.filter(({ status }) => status === 'fulfilled')).toMatchObject([
        { value: { kind: 'written' } },
      ]);
      expect(results.filter(({ status }) => status === 'rejected')).toMatchObject([
        { reason: { code: 'ANCHOR_CONFLICT' } },
      ]);
      expect(await sequence()).toEqual([1]);
      const loser = anchorers[results.findIndex(({ status }) => status === 'rejected')];
      expect(await loser?.anchor()).toMatchObject({ kind: 'refused', findings: [{ code: 'ANCHORED_HASH' }] });
    } finally {
      await servers.reset();
      await copy.drop();
    }
  });
});

describe('the lock', () => {
  async function endSessions(): Promise<void> {
    const { rowCount } = await servers.database.pool.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND application_name = 'audit-anchor'`,
    );
    expect(rowCount).toBeGreaterThan(0);
  }

  test('lost between reading and writing: nothing is written, and the next attempt is a new one', async () => {
    await servers.append(5);
    let ended = false;
    const store = before(servers.store(), 'bucketLock', async () => {
      if (!ended) await endSessions();
      ended = true;
    });
    const anchorer = servers.anchorer({ store });
    await expect(anchorer.anchor()).rejects.toMatchObject({ code: 'LOCK_LOST' });
    expect(await servers.versions()).toEqual([]);
    expect(await anchorer.anchor()).toMatchObject({ kind: 'written' });
  });

  test('released by a pooler behind our back: found out before the write', async () => {
    await servers.append(5);
    const store = before(servers.store(), 'bucketLock', async () => {
      await endSessions();
      await servers.auditLog().exclusive(() => Promise.resolve(), { waitMs: 1_000 });
    });
    await expect(servers.anchorer({ store }).anchor()).rejects.toMatchObject({ code: 'LOCK_LOST' });
    expect(await servers.versions()).toEqual([]);
  });

  test('a database that goes away while events are read', async () => {
    await servers.append(2_000);
    const ended: Promise<void>[] = [];
    const store = before(servers.store(), 'bucketLock', async () => void (await Promise.all(ended)));
    const onProgress = (): void => {
      if (ended.length === 0) ended.push(endSessions());
    };
    await expect(servers.anchorer({ store }).anchor({ onProgress })).rejects.toMatchObject({
      code: expect.stringMatching(/^(DB_|LOCK_LOST)/) as string,
    });
    expect(ended).toHaveLength(1);
    expect(await servers.versions()).toEqual([]);
    expect(await servers.anchorer().anchor()).toMatchObject({ kind: 'written' });
  });
});

describe('kill -9', () => {
  /** The CLI in a process of its own, which says when its code is loaded. */
  const SCRIPT = `
    require('@aws-sdk/client-s3');
    require('./runtime/adapters/digests/select-engine');
    const { main } = require('./runtime/cli');
    process.stdout.write('loaded\\n');
    const stream = { write: () => true };
    const signal = new AbortController().signal;
    main({ args: ['anchor', '--json'], env: process.env, stdin: process.stdin, stdout: stream, stderr: process.stderr, signal })
      .then((code) => process.exit(code));`;
  const THRESHOLD = 3;

  const afterMillis = (millis: number) => (): Promise<void> => delay(millis);
  const atRequest =
    (operation: string, thenMillis = 0) =>
    async (over: AbortSignal): Promise<void> => {
      while (servers.s3.requests.count(operation) === 0 && !over.aborted) await delay(1);
      await delay(thenMillis);
    };
  const POINTS = [
    ['at any time', afterMillis(20 + Math.random() * 160)],
    ['as it looks at the bucket', atRequest('ListObjectVersions')],
    ['before it writes', atRequest('GetObjectLockConfiguration')],
    ['as it writes', atRequest('PutObject')],
    ['after it wrote', atRequest('PutObject', 10)],
    ['at any other time', afterMillis(20 + Math.random() * 160)],
  ] as const;

  /** Runs the command; its exit code, null when it was killed. */
  async function run(killPoint?: (over: AbortSignal) => Promise<void>): Promise<number | null> {
    const env = servers.environment({
      AUDIT_ANCHOR_EVENT_THRESHOLD: String(THRESHOLD),
      AUDIT_ANCHOR_INTERVAL_MINUTES: '1440',
    });
    servers.s3.requests.clear();
    const { child, firstLine, ended } = runScript(SCRIPT, env);
    await firstLine;
    const over = new AbortController();
    void ended.then(() => over.abort());
    if (killPoint) {
      await killPoint(over.signal);
      child.kill('SIGKILL');
    }
    return (await ended).code;
  }

  test('at any point, and repeated until it is done: one anchor for each trigger', async () => {
    // The processes have the machine's clock.
    servers.clock.followMachine();
    await servers.append(1);
    expect(await run()).toBe(0);
    const exits: (number | null)[] = [];
    for (const [round, [, killPoint]] of POINTS.entries()) {
      await servers.append(THRESHOLD);
      exits.push(await run(killPoint));
      expect(await run()).toBe(0);
      expect(await sequence()).toEqual(upTo(round + 2));
    }
    expect(exits).toContain(null);
    const triggers = await Promise.all(
      (await servers.versions()).map(async ({ key }) => parseAnchor(await servers.bodyOf(key)).trigger),
    );
    expect(triggers).toEqual(['interval', ...POINTS.map(() => 'events')]);
    expect(await servers.verifier().verify({ kind: 'full' })).toMatchObject({
      verdict: 'verified',
      findings: [],
    });
  }, 300_000);
});

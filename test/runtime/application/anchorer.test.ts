import type { AnchorOutcome, AnchorRequest, WrittenAnchor } from '../../../runtime/application/anchoring';
import type { Anchor } from '../../../runtime/domain/anchor/anchor';
import { parseAnchor } from '../../../runtime/domain/anchor/anchor-body';
import { EMPTY_ROOT } from '../../../runtime/domain/merkle/accumulator';
import { Embedded } from '../../support/embedded';

let servers: Embedded;
beforeAll(async () => {
  servers = await Embedded.start();
});
afterAll(() => servers.stop());
beforeEach(() => servers.reset());

/** The outcome, which must be an anchor; by a new anchorer, as a new process has one. */
async function written(request: AnchorRequest = {}, anchorer = servers.anchorer()): Promise<WrittenAnchor> {
  const outcome: AnchorOutcome = await anchorer.anchor(request);
  if (outcome.kind !== 'written') throw new Error(`nothing was written: ${JSON.stringify(outcome)}`);
  return outcome;
}

/** Every anchor of the bucket, oldest first, parsed from its stored bytes. */
async function stored(): Promise<Anchor[]> {
  const versions = await servers.versions();
  return Promise.all(
    versions.map(async ({ key, versionId }) => parseAnchor(await servers.bodyOf(key, versionId))),
  );
}

describe('triggers', () => {
  test('the first look writes, and no other before the hour is full', async () => {
    await servers.append(10);
    servers.clock.set('2030-01-15T14:20:30Z');
    expect(await written()).toMatchObject({ trigger: 'interval', alreadyStored: false });
    servers.clock.set('2030-01-15T14:59:59.999Z');
    await servers.append(3);
    expect(await servers.anchorer().anchor()).toEqual({
      kind: 'not due',
      nextInterval: Date.parse('2030-01-15T15:00:00Z'),
      unanchored: 3,
    });
    servers.clock.set('2030-01-15T15:00:00Z');
    expect(await written()).toMatchObject({
      trigger: 'interval',
      key: 'production/2030/01/15/15/anchor-20300115T150000Z.json',
    });
    expect((await stored()).map(({ ts_utc }) => ts_utc)).toEqual([
      '2030-01-15T14:20:30Z',
      '2030-01-15T15:00:00Z',
    ]);
  });

  test.each([
    [15, '14:14:59', '14:15:00'],
    [90, '14:59:59', '15:00:00'],
    [1440, '23:59:59', '24:00:00'],
  ])('a grid of %i minutes: not at %s, at %s', async (intervalMinutes, before, at) => {
    const cadence = { intervalMinutes, eventThreshold: 100 };
    await servers.append(1);
    await written({}, servers.anchorer({ cadence }));
    servers.clock.set(`2030-01-15T${before}Z`);
    expect(await servers.anchorer({ cadence }).anchor()).toMatchObject({ kind: 'not due' });
    servers.clock.set(at === '24:00:00' ? '2030-01-16T00:00:00Z' : `2030-01-15T${at}Z`);
    expect(await written({}, servers.anchorer({ cadence }))).toMatchObject({ trigger: 'interval' });
  });

  test('the event threshold, exactly', async () => {
    await servers.append(5);
    await written();
    servers.clock.advanceMinutes(1);
    await servers.append(99);
    expect(await servers.anchorer().anchor()).toMatchObject({ kind: 'not due', unanchored: 99 });
    await servers.append(1);
    expect(await written()).toMatchObject({ trigger: 'events', anchor: { first_seq: 6, last_seq: 105 } });
  });

  test('a new key, at its first event', async () => {
    await servers.append(5);
    await written();
    servers.clock.advanceMinutes(1);
    await servers.append(1, 'k2');
    expect(await written()).toMatchObject({ trigger: 'key_rotation', anchor: { key_id: 'k2', last_seq: 6 } });
    servers.clock.advanceMinutes(1);
    await servers.append(1, 'k2');
    expect(await servers.anchorer().anchor()).toMatchObject({ kind: 'not due' });
  });

  test('when several are due the rotation is named, then the threshold, then the interval', async () => {
    await servers.append(1);
    await written();
    servers.clock.advanceMinutes(61);
    await servers.append(100);
    await servers.append(1, 'k2');
    expect(await written()).toMatchObject({ trigger: 'key_rotation' });
    servers.clock.advanceMinutes(61);
    await servers.append(100, 'k2');
    expect(await written()).toMatchObject({ trigger: 'events' });
    servers.clock.advanceMinutes(61);
    expect(await written({ force: 'manual' })).toMatchObject({ trigger: 'interval' });
  });

  test('by force at any time, with or without new events', async () => {
    await servers.append(5);
    await written();
    servers.clock.advance(1_000);
    expect(await written({ force: 'manual' })).toMatchObject({
      trigger: 'manual',
      anchor: { anchor_seq: 2, first_seq: 6, last_seq: 5, merkle_root: EMPTY_ROOT },
    });
  });

  test('on shutdown, only when events are unanchored', async () => {
    await servers.append(5);
    await written();
    servers.clock.advance(1_000);
    expect(await servers.anchorer().anchor({ force: 'shutdown' })).toMatchObject({ kind: 'not due' });
    await servers.append(1);
    expect(await written({ force: 'shutdown' })).toMatchObject({
      trigger: 'shutdown',
      anchor: { last_seq: 6 },
    });
  });

  test('`pending` tells the same without a look at the bucket', async () => {
    const anchorer = servers.anchorer();
    await servers.append(5);
    const onSeen = jest.fn();
    await anchorer.anchor({ onSeen });
    const newest = expect.objectContaining({ anchorSeq: 1, lastSeq: 5 }) as object;
    expect(onSeen.mock.calls).toEqual([[{ newest: null, unanchored: 5 }], [{ newest, unanchored: 0 }]]);
    servers.s3.requests.clear();
    expect(await anchorer.pending()).toEqual({ trigger: null, unanchored: 0 });
    await servers.append(99);
    expect(await anchorer.pending()).toEqual({ trigger: null, unanchored: 99 });
    await servers.append(1);
    expect(await anchorer.pending()).toEqual({ trigger: 'events', unanchored: 100 });
    expect(servers.s3.requests.count()).toBe(0);
  });
});

describe('requests', () => {
  test('one list before the write and one after it while this process is the only writer', async () => {
    const anchorer = servers.anchorer();
    await servers.append(1);
    await written({}, anchorer);
    for (let hour = 0; hour < 3; hour += 1) {
      servers.clock.advanceMinutes(60);
      servers.s3.requests.clear();
      await written({}, anchorer);
      expect(servers.s3.requests.entries.map(({ operation }) => operation)).toEqual([
        'ListObjectVersions',
        'PutObject',
        'ListObjectVersions',
      ]);
    }
  });

  test('an anchor of another process is read once and continued from', async () => {
    const [one, other] = [servers.anchorer(), servers.anchorer()];
    await servers.append(1);
    await written({}, one);
    servers.clock.advanceMinutes(60);
    await written({}, other);
    servers.clock.advanceMinutes(60);
    servers.s3.requests.clear();
    expect(await written({}, one)).toMatchObject({ anchor: { anchor_seq: 3 } });
    expect(servers.s3.requests.count('GetObject')).toBe(1);
  });

  test('nothing due: one list, no write', async () => {
    const anchorer = servers.anchorer();
    await servers.append(1);
    await written({}, anchorer);
    servers.s3.requests.clear();
    await anchorer.anchor();
    expect(servers.s3.requests.entries.map(({ operation }) => operation)).toEqual(['ListObjectVersions']);
  });
});

describe('the clock', () => {
  test('two anchors in one second: the second one waits for the next', async () => {
    await servers.append(1);
    await written();
    expect(await written({ force: 'manual' })).toMatchObject({ anchor: { ts_utc: '2030-01-15T14:00:01Z' } });
    expect(servers.clock.now()).toBe(Date.parse('2030-01-15T14:00:01Z'));
  });

  test('the duration of the attempt includes that wait', async () => {
    await servers.append(1);
    servers.clock.set('2030-01-15T14:20:30.250Z');
    expect(await written({ force: 'manual' })).toMatchObject({ durationMs: 0 });
    expect(await written({ force: 'manual' })).toMatchObject({ durationMs: 750 });
  });

  test('up to five seconds behind the newest anchor are waited for', async () => {
    await servers.append(1);
    await written();
    servers.clock.set('2030-01-15T13:59:56Z');
    expect(await written({ force: 'manual' })).toMatchObject({ anchor: { ts_utc: '2030-01-15T14:00:01Z' } });
  });

  test('further behind: dated a second after it, without waiting', async () => {
    await servers.append(1);
    await written();
    servers.clock.set('2030-01-15T13:59:00Z');
    expect(await written({ force: 'manual' })).toMatchObject({ anchor: { ts_utc: '2030-01-15T14:00:01Z' } });
    expect(servers.clock.now()).toBe(Date.parse('2030-01-15T13:59:00Z'));
  });

  test('interrupted while it waits: nothing is written', async () => {
    await servers.append(1);
    await written();
    const stop = new AbortController();
    const clock = {
      now: () => servers.clock.now(),
      sleep: () => {
        stop.abort();
        return Promise.resolve();
      },
    };
    const anchoring = servers.anchorer({ clock }).anchor({ force: 'manual', signal: stop.signal });
    await expect(anchoring).rejects.toMatchObject({ name: 'AbortError' });
    expect(await servers.versions()).toHaveLength(1);
  });
});

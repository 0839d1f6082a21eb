import type { TupleStream } from '../../../runtime/application/ports';
import type { Bound, VerifyScope } from '../../../runtime/application/verify/scope';
import type { Anchor } from '../../../runtime/domain/anchor/anchor';
import { anchorKey } from '../../../runtime/domain/anchor/object-key';
import { FINDINGS } from '../../../runtime/domain/findings/finding';
import { UnavailableError } from '../../../runtime/errors';
import { reportText } from '../../../runtime/report/report-text';
import { createColors } from '../../../runtime/terminal/colors';
import { CHAIN_ID } from '../../support/embedded';
import { Scene, seconds } from '../../support/scene';
import { ANCHOR_CHAIN_SCENARIOS } from './verify/anchor-chain-scenarios';
import { ANCHOR_SCENARIOS } from './verify/anchor-scenarios';
import { DATABASE_SCENARIOS } from './verify/database-scenarios';
import { EVENT_SCENARIOS } from './verify/event-scenarios';
import { codesOf } from './verify/scenario';
import { SCOPE_SCENARIOS } from './verify/scope-scenarios';

let scene: Scene;
beforeAll(async () => {
  scene = await Scene.start();
});
afterEach(() => scene.restore());
afterAll(() => scene?.stop());

test('every finding has a scenario that produces it', () => {
  const scenarios = [
    ...EVENT_SCENARIOS,
    ...ANCHOR_SCENARIOS,
    ...ANCHOR_CHAIN_SCENARIOS,
    ...DATABASE_SCENARIOS,
    ...SCOPE_SCENARIOS,
  ];
  // The foreign chain, the file of --state, an interruption, the replica and a lengthened retention are scenes of
  // their own.
  const produced = codesOf(scenarios)
    .add('CONTENTS_NOT_EVALUATED')
    .add('STATE_DISCARDED')
    .add('INTERRUPTED')
    .add('ANCHOR_NOT_REPLICATED')
    .add('REPLICA_INCOMPLETE')
    .add('RELATION_NOT_TABLE')
    .add('TABLE_SHAPE')
    .add('ANCHOR_RETENTION_EARLIER');
  expect([...produced].sort()).toEqual(Object.keys(FINDINGS).sort());
});

describe('an untouched chain is verified', () => {
  test('in full', async () => {
    const report = await scene.verify();
    expect(report).toMatchObject({
      verdict: 'verified',
      contents: 'verified',
      findings: [],
      coverage: {
        anchors: 3,
        anchorsRead: 3,
        events: 32,
        eventsRecomputed: 32,
        range: { from: 1, to: 32 },
        anchoredHashes: 3,
        rangeRoots: 3,
      },
      tail: { events: 2, fromIndex: 31, ageSeconds: expect.any(Number) },
      newestAnchor: { key: scene.key(3), anchorSeq: 3, lastSeq: 30, time: '2030-01-15T16:00:00Z' },
      database: { systemId: scene.anchor(3).db_system_id, timeline: 1 },
    });
  });

  test('by its newest anchor, in a handful of requests', async () => {
    const report = await scene.verify({ kind: 'latest' });
    expect(report).toMatchObject({ verdict: 'verified', findings: [] });
    expect(report.coverage).toMatchObject({
      anchors: 1,
      range: { from: 21, to: 32 },
      rangeRoots: 1,
      anchoredHashes: 1,
    });
    expect(scene.embedded.s3.requests.count()).toBeLessThanOrEqual(3);
  });

  test('by a newest anchor that covers no event of its own', async () => {
    await scene.embedded.newBucket();
    const anchorer = scene.embedded.anchorer();
    await anchorer.anchor({ force: 'manual' });
    scene.embedded.clock.advanceMinutes(5);
    await anchorer.anchor({ force: 'manual' });
    await scene.append(3);
    const report = await scene.verify({ kind: 'latest' });
    expect(report).toMatchObject({ verdict: 'verified', findings: [], tail: { events: 3, fromIndex: 33 } });
    expect(report.coverage).toMatchObject({ range: { from: 33, to: 35 }, anchoredHashes: 1, rangeRoots: 0 });
  });

  test('by its anchors alone, without a database', async () => {
    const report = await scene.verify({ kind: 'anchors-only' }, { database: null });
    expect(report).toMatchObject({
      verdict: 'verified',
      contents: 'not evaluated',
      findings: [],
      database: null,
    });
    expect(report.coverage).toMatchObject({ anchors: 3, anchorsRead: 3, events: 0, range: null });
  });

  test('when it is empty and anchored as empty', async () => {
    await scene.sql('TRUNCATE audit_events');
    await scene.embedded.newBucket();
    await scene.embedded.anchorer().anchor();
    const report = await scene.verify();
    expect(report).toMatchObject({
      verdict: 'verified',
      findings: [],
      contents: 'not evaluated',
      tail: null,
    });
    expect(report.coverage).toMatchObject({ anchors: 1, events: 0, eventsRecomputed: 0 });
  });

  const at = (index: number): Bound => ({ kind: 'index', index });
  const time = (iso: string): Bound => ({ kind: 'time', seconds: seconds(iso) });
  test.each<[string, Bound | null, Bound | null, { from: number; to: number }, number]>([
    ['from 15 to 18, widened to the anchored range', at(15), at(18), { from: 11, to: 20 }, 1],
    ['from 10 to 11, over two ranges', at(10), at(11), { from: 1, to: 20 }, 2],
    ['from 11 to 20, as anchored', at(11), at(20), { from: 11, to: 20 }, 1],
    ['from 21 on', at(21), null, { from: 21, to: 32 }, 1],
    ['up to 10', null, at(10), { from: 1, to: 10 }, 1],
    ['the tail alone', at(31), null, { from: 31, to: 32 }, 0],
    ['into the tail', at(25), at(31), { from: 21, to: 32 }, 1],
    ['from a time', time('2030-01-15T14:00:01Z'), null, { from: 11, to: 32 }, 2],
    ['from the very time of an anchor', time('2030-01-15T14:00:00Z'), null, { from: 1, to: 32 }, 3],
    ['up to a time', null, time('2030-01-15T14:30:00Z'), { from: 1, to: 20 }, 2],
    ['since the newest anchor', time('2030-01-15T16:00:01Z'), null, { from: 31, to: 32 }, 0],
    ['from an index to a time', at(1), time('2030-01-15T15:00:00Z'), { from: 1, to: 20 }, 2],
  ])('%s', async (_name, from, to, covered, roots) => {
    const report = await scene.verify({ kind: 'range', from, to });
    expect(report).toMatchObject({ verdict: 'verified', contents: 'verified', findings: [] });
    expect(report.coverage).toMatchObject({
      range: covered,
      events: covered.to - covered.from + 1,
      anchoredHashes: roots,
      rangeRoots: roots,
    });
  });

  test.each<[string, VerifyScope, { after: string | null; until: string | null } | null]>([
    ['everything', { kind: 'full' }, { after: null, until: null }],
    [
      'an anchored range',
      { kind: 'range', from: at(15), to: at(18) },
      { after: '2030-01-15T14:00:00Z', until: '2030-01-15T15:00:00Z' },
    ],
    ['the tail', { kind: 'range', from: at(31), to: null }, { after: '2030-01-15T16:00:00Z', until: null }],
    ['the newest anchor, which alone is looked at', { kind: 'latest' }, null],
    ['no event', { kind: 'anchors-only' }, null],
  ])('the report names the time that was covered, by the anchors: %s', async (_name, scope, covered) => {
    expect((await scene.verify(scope)).coverage.time).toEqual(covered);
  });

  test('beside the anchors of chains whose ids begin with its own', async () => {
    await scene.refill();
    const anchor: Anchor = { ...scene.anchor(2), chain_id: `${CHAIN_ID}/eu` };
    await scene.place({ anchor, key: anchorKey(anchor.chain_id, seconds(anchor.ts_utc)) });
    await scene.place({ anchor, key: anchorKey(`${CHAIN_ID}-2`, seconds(anchor.ts_utc)) });
    expect(await scene.verify()).toMatchObject({
      verdict: 'verified',
      findings: [],
      coverage: { anchors: 3 },
    });
    expect(await scene.verify({ kind: 'latest' })).toMatchObject({ verdict: 'verified', findings: [] });
  });
});

describe('a listing of many pages', () => {
  test('pages of one entry split the versions of a key', async () => {
    await scene.refill();
    for (let version = 0; version < 3; version++) await scene.place({ anchor: scene.anchor(2) });
    const { client, sdk, bucket } = scene.embedded;
    await client.send(new sdk.DeleteObjectCommand({ Bucket: bucket, Key: scene.key(2) }));
    const report = await scene.verify({ kind: 'full' }, { store: scene.embedded.store({ pageSize: 1 }) });
    expect(report.coverage).toMatchObject({ anchors: 3, anchorsRead: 3 });
    expect(report.findings.map(({ code }) => code)).toEqual([
      'ANCHOR_DELETE_MARKER',
      ...Array.from({ length: 3 }, () => 'ANCHOR_REPEATED'),
    ]);
  });
});

describe('what cannot be looked at', () => {
  test.each<VerifyScope>([{ kind: 'full' }, { kind: 'latest' }, { kind: 'anchors-only' }])(
    'a bucket that may not be listed is an error, never a verdict ($kind)',
    async (scope) => {
      scene.embedded.s3.faults.inject({ operation: 'ListObjectVersions', status: 403, times: Infinity });
      await expect(scene.verify(scope)).rejects.toMatchObject({
        name: 'UnavailableError',
        code: 'S3_ACCESS_DENIED',
      });
    },
  );

  test('a verifier without the right to see the settings of the bucket', async () => {
    scene.embedded.s3.faults.inject({
      operation: 'GetObjectLockConfiguration',
      status: 403,
      times: Infinity,
    });
    scene.embedded.s3.faults.inject({ operation: 'GetBucketVersioning', status: 403, times: Infinity });
    expect(await scene.verify()).toMatchObject({ verdict: 'verified', findings: [] });
  });

  test('an interruption ends it without a verdict', async () => {
    const stop = new AbortController();
    const verifier = scene.embedded.verifier();
    const running = verifier.verify(
      { kind: 'full' },
      (phase) => (phase === 'anchors' ? stop.abort() : undefined),
      stop.signal,
    );
    await expect(running).rejects.toThrow(/abort/i);
  });

  test('an interruption while events are read', async () => {
    const stop = new AbortController();
    const database = { auditLog: scene.embedded.auditLog(), reading: scene.embedded.reading() };
    const readTuples = async function* (): TupleStream {
      stop.abort();
      yield new Uint8Array(1);
      return Promise.reject(new UnavailableError('DB_ERROR', 'the connection was closed'));
    };
    const auditLog = Object.assign(Object.create(database.auditLog) as typeof database.auditLog, {
      snapshot: (use: Parameters<typeof database.auditLog.snapshot>[0]) =>
        database.auditLog.snapshot((snapshot) => use(Object.assign(snapshot, { readTuples }))),
    });
    const verifier = scene.embedded.verifier({ database: { ...database, auditLog } });
    await expect(verifier.verify({ kind: 'full' }, undefined, stop.signal)).rejects.toThrow(/abort/i);
  });
});

describe('a report stays short', () => {
  const lines = async (): Promise<number> => reportText(await scene.verify(), createColors(false)).length;

  test('one edited event is one finding and its consequence', async () => {
    await scene.sql("UPDATE audit_events SET actor = 'x' WHERE chain_index = 15");
    expect(await lines()).toBeLessThanOrEqual(16);
  });

  test('every second event edited', async () => {
    await scene.sql("UPDATE audit_events SET actor = 'x' WHERE chain_index % 2 = 0");
    expect(await lines()).toBeLessThanOrEqual(60);
  });
});

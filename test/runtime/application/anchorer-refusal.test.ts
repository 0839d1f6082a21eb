import { anchorHash } from '../../../runtime/domain/anchor/anchor';
import { anchorKey } from '../../../runtime/domain/anchor/object-key';
import { sha256Hex } from '../../../runtime/domain/digests';
import type { Finding } from '../../../runtime/domain/findings/finding';
import { EMPTY_ROOT } from '../../../runtime/domain/merkle/accumulator';
import { Embedded } from '../../support/embedded';
import { anchorTwice, NEWEST, unchanged } from '../../support/half-anchored';

let servers: Embedded;
beforeAll(async () => {
  servers = await Embedded.start();
});
afterAll(() => servers.stop());
beforeEach(() => anchorTwice(servers));

/** The findings of the refusal, the explaining one first. */
async function refused(anchorer = servers.anchorer()): Promise<readonly Finding[]> {
  const outcome = await unchanged(servers, () => anchorer.anchor({ force: 'manual' }));
  if (outcome.kind !== 'refused') throw new Error(`not refused: ${JSON.stringify(outcome)}`);
  return outcome.findings;
}

function events(from: number, to = from): object {
  return { kind: 'events', from, to };
}

describe('the database against the newest anchor', () => {
  test('the end cut off', async () => {
    await servers.sql('DELETE FROM audit_events WHERE chain_index > 7');
    expect(await refused()).toMatchObject([
      {
        code: 'CHAIN_TRUNCATED',
        severity: 'tampering',
        place: events(8, 10),
        expected: 'events up to 10',
        actual: 'the last event is 7',
        anchor: { key: NEWEST, seq: 2 },
      },
    ]);
  });

  test('emptied', async () => {
    await servers.sql('TRUNCATE audit_events');
    expect(await refused()).toMatchObject([
      { code: 'CHAIN_TRUNCATED', place: events(1, 10), actual: 'no event', anchor: { key: NEWEST } },
    ]);
  });

  test('cut off and chained anew with the stolen key', async () => {
    await servers.sql('DELETE FROM audit_events WHERE chain_index > 7');
    await servers.append(
      [...Array(20)].map(() => ({
        occurred_at: '2030-01-15T13:00:00Z',
        actor: 'x',
        action: 'y',
        outcome: 'z',
      })),
    );
    expect(await refused()).toMatchObject([
      { code: 'ANCHORED_HASH', place: events(10), anchor: { key: NEWEST, seq: 2 } },
    ]);
  });

  test('written anew from the first event', async () => {
    await servers.sql('TRUNCATE audit_events');
    await servers.append(
      [...Array(15)].map(() => ({
        occurred_at: '2030-01-15T13:00:00Z',
        actor: 'x',
        action: 'y',
        outcome: 'z',
      })),
    );
    expect(await refused()).toMatchObject([{ code: 'ANCHORED_HASH', place: events(10) }]);
  });

  test('the anchored event gone, later ones still there', async () => {
    await servers.sql('DELETE FROM audit_events WHERE chain_index = 10');
    expect(await refused()).toMatchObject([{ code: 'EVENT_MISSING', place: events(10) }]);
  });

  test('the anchored hash set to NULL', async () => {
    await servers.sql(
      'ALTER TABLE audit_events ALTER event_hash DROP NOT NULL; UPDATE audit_events SET event_hash = NULL WHERE chain_index = 10',
    );
    // A hash that is NULL counts as the digest of nothing.
    const actual = sha256Hex();
    expect(await refused()).toMatchObject([{ code: 'ANCHORED_HASH', place: events(10), actual }]);
  });

  test('a process that remembers the anchor sees it too', async () => {
    const anchorer = servers.anchorer();
    await anchorer.anchor();
    await servers.sql('DELETE FROM audit_events WHERE chain_index > 14');
    servers.clock.advanceMinutes(60);
    expect(await refused(anchorer)).toMatchObject([{ code: 'CHAIN_TRUNCATED', place: events(15) }]);
  });

  test('it is found whether an anchor is due or not', async () => {
    await servers.anchorer().anchor();
    await servers.sql('DELETE FROM audit_events WHERE chain_index > 14');
    const outcome = await unchanged(servers, () => servers.anchorer().anchor());
    expect(outcome).toMatchObject({ kind: 'refused', findings: [{ code: 'CHAIN_TRUNCATED' }] });
  });
});

describe('the new events', () => {
  test.each([
    ['actor', "actor = 'mallory'"],
    ['time', "occurred_at = occurred_at + interval '1 microsecond'"],
    ['details', "details = '{}'"],
    ['hash', "event_hash = decode(repeat('ab', 32), 'hex')"],
  ])('edited: %s', async (column, change) => {
    await servers.sql(`UPDATE audit_events SET ${change} WHERE chain_index = 13`);
    const next = column === 'hash' ? [{ code: 'EVENT_LINK', place: events(14) }] : [];
    expect(await refused()).toMatchObject([{ code: 'EVENT_HASH', place: events(13) }, ...next]);
  });

  test('a gap', async () => {
    await servers.sql('DELETE FROM audit_events WHERE chain_index IN (12, 13)');
    const [first, ...others] = await refused();
    expect(first).toMatchObject({ code: 'EVENT_MISSING', place: events(12, 13), count: 2 });
    expect(others.every(({ explainedBy }) => explainedBy === 'EVENT_MISSING')).toBe(true);
  });

  test('the first new event gone', async () => {
    await servers.sql('DELETE FROM audit_events WHERE chain_index = 11');
    expect((await refused())[0]).toMatchObject({ code: 'EVENT_MISSING', place: events(11) });
  });

  test('a forged link with a valid HMAC', async () => {
    await servers.sql('DELETE FROM audit_events WHERE chain_index > 12');
    // The forger continues from event 12 after a change of it, and puts the true one back.
    await servers.sql(`CREATE TABLE kept AS SELECT * FROM audit_events WHERE chain_index = 12;
      UPDATE audit_events SET event_hash = decode(repeat('cd', 32), 'hex') WHERE chain_index = 12`);
    await servers.append(2);
    await servers.sql(
      'UPDATE audit_events SET event_hash = (SELECT event_hash FROM kept) WHERE chain_index = 12; DROP TABLE kept',
    );
    expect(await refused()).toMatchObject([
      { code: 'EVENT_LINK', place: events(13), actual: 'cd'.repeat(32) },
    ]);
  });

  test('an event twice, after the primary key was dropped', async () => {
    await servers.sql(`ALTER TABLE audit_events DROP CONSTRAINT audit_events_pkey;
      INSERT INTO audit_events SELECT * FROM audit_events WHERE chain_index = 12`);
    expect((await refused())[0]).toMatchObject({ code: 'EVENT_DUPLICATE', place: events(12) });
  });

  test('a key that is not in the ring: not evaluated, not tampering, and no certificate', async () => {
    await servers.append(2, 'k2');
    expect(await refused(servers.anchorer({ reading: servers.reading(['k1']) }))).toMatchObject([
      { code: 'KEY_UNKNOWN', severity: 'unproven', place: events(16, 17) },
    ]);
    expect(await servers.anchorer().anchor()).toMatchObject({ kind: 'written' });
  });

  test('mended, the next attempt of the same process writes', async () => {
    const anchorer = servers.anchorer();
    await servers.sql("UPDATE audit_events SET actor = actor || '!' WHERE chain_index = 13");
    await refused(anchorer);
    await servers.sql("UPDATE audit_events SET actor = rtrim(actor, '!') WHERE chain_index = 13");
    expect(await anchorer.anchor()).toMatchObject({
      kind: 'written',
      anchor: { first_seq: 11, last_seq: 15 },
    });
  });
});

describe('the beginning of a chain', () => {
  beforeEach(async () => {
    await servers.sql('TRUNCATE audit_events');
    await servers.newBucket();
    await servers.put('something/else', 'x');
  });

  test.each([0, -5])('an only event with index %i is before the beginning', async (index) => {
    await servers.sql(`ALTER TABLE audit_events DROP CONSTRAINT audit_events_chain_index_check;
      INSERT INTO audit_events (chain_index, occurred_at, actor, action, outcome, key_id, prev_hash, event_hash)
      VALUES (${index}, now(), 'a', 'b', 'c', 'k1', decode(repeat('00', 32), 'hex'), decode(repeat('ab', 32), 'hex'))`);
    expect(await refused()).toMatchObject([{ code: 'EVENT_INDEX', place: events(index) }]);
  });

  test('a chain that begins at 3 has a gap before it', async () => {
    await servers.append(5);
    await servers.sql('DELETE FROM audit_events WHERE chain_index < 3');
    expect((await refused())[0]).toMatchObject({ code: 'EVENT_MISSING', place: events(1, 2) });
  });

  test('a first link that is not zero', async () => {
    await servers.append(5);
    await servers.sql(
      "UPDATE audit_events SET prev_hash = decode(repeat('ab', 32), 'hex') WHERE chain_index = 1",
    );
    const found = await refused();
    expect(found.map(({ code }) => code).sort()).toEqual(['EVENT_HASH', 'EVENT_LINK']);
    expect(found[0]?.place).toEqual(events(1));
  });
});

describe('the newest anchor itself', () => {
  const next = anchorKey('production', Date.parse('2030-01-15T15:30:00Z') / 1000);

  test.each([
    ['truncated', (body: string) => body.slice(0, -20), 'ANCHOR_MALFORMED'],
    ['empty', () => '', 'ANCHOR_MALFORMED'],
    ['not JSON', () => 'hello', 'ANCHOR_MALFORMED'],
    ['huge', () => 'x'.repeat(100_000), 'ANCHOR_MALFORMED'],
    ['with another key', (body: string) => body.replace('}', ',"note":1}'), 'ANCHOR_MALFORMED'],
    [
      'reordered',
      (body: string) =>
        JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(body) as object).reverse())),
      'ANCHOR_MALFORMED',
    ],
    ['of another time', (body: string) => body, 'ANCHOR_MISPLACED'],
    ['of another chain', (body: string) => body.replace('"production"', '"staging"'), 'ANCHOR_MISPLACED'],
  ])('%s: refused, and never taken for no anchor', async (_, change, code) => {
    await servers.put(next, change((await servers.bodyOf(NEWEST)).toString()), {
      ChecksumAlgorithm: 'SHA256',
    });
    const anchorer = servers.anchorer();
    expect((await refused(anchorer))[0]).toMatchObject({
      code,
      severity: 'tampering',
      place: { kind: 'object', key: next },
    });
    expect((await refused(anchorer))[0]).toMatchObject({ code });
    // Which anchor is the newest is in doubt, so nobody knows how many events are behind it.
    const onSeen = jest.fn();
    await anchorer.anchor({ onSeen });
    expect(onSeen.mock.calls).toEqual([[{ newest: null, unanchored: null }]]);
    expect((await anchorer.pending()).unanchored).toBeNull();
  });

  test('without a SHA-256 checksum: its own bytes and links decide', async () => {
    const prev = anchorHash(await servers.bodyOf(NEWEST));
    const body = (await servers.bodyOf(NEWEST))
      .toString()
      .replace('T15:00:00Z', 'T15:30:00Z')
      .replace(/"prev_anchor_hash":"[0-9a-f]{64}"/, `"prev_anchor_hash":"${prev}"`)
      .replace('"anchor_seq":2', '"anchor_seq":3')
      .replace(/"first_seq":\d+/, '"first_seq":11')
      .replace(/"events":\d+/, '"events":0')
      .replace(/"merkle_root":"[0-9a-f]{64}"/, `"merkle_root":"${EMPTY_ROOT}"`);
    await servers.put(next, body, { ChecksumAlgorithm: 'CRC32' });
    expect(await servers.anchorer().anchor()).toMatchObject({
      kind: 'written',
      anchor: { anchor_seq: 4, prev_anchor_hash: anchorHash(Buffer.from(body)) },
    });
  });

  test('a second version laid over it is passed over: the first one is continued from', async () => {
    await servers.put(NEWEST, '{}', { ChecksumAlgorithm: 'SHA256' });
    expect(await servers.anchorer().anchor()).toMatchObject({
      kind: 'written',
      anchor: { anchor_seq: 3, first_seq: 11 },
    });
  });

  test('a delete marker over it hides nothing', async () => {
    await servers.client.send(new servers.sdk.DeleteObjectCommand({ Bucket: servers.bucket, Key: NEWEST }));
    expect(await servers.anchorer().anchor()).toMatchObject({ kind: 'written', anchor: { anchor_seq: 3 } });
  });

  test('dated ahead of S3, though S3 said so too: its clock was set back, and nothing is written', async () => {
    servers.clock.advanceMinutes(60 * 24);
    const ahead = await servers.anchorer().anchor({ force: 'manual' });
    if (ahead.kind !== 'written') throw new Error('not written');
    servers.clock.set('2030-01-15T16:00:00Z');
    await expect(
      unchanged(servers, () => servers.anchorer().anchor({ force: 'manual' })),
    ).rejects.toMatchObject({
      code: 'CLOCK_SKEW',
      message: expect.stringContaining(ahead.key) as string,
    });
  });
});

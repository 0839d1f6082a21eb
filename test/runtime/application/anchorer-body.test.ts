import { createHash } from 'node:crypto';
import type { AnchorOutcome, AnchorRequest, WrittenAnchor } from '../../../runtime/application/anchoring';
import { anchorHash } from '../../../runtime/domain/anchor/anchor';
import { parseAnchor } from '../../../runtime/domain/anchor/anchor-body';
import { eventDigest, eventLeaf } from '../../../runtime/domain/chain/event-hash';
import { ZERO_HASH } from '../../../runtime/domain/digests';
import { EMPTY_ROOT, MerkleAccumulator } from '../../../runtime/domain/merkle/accumulator';
import { Embedded, KMS_KEY_ARN } from '../../support/embedded';
import { plainNodeHasher } from '../../support/plain-node-hasher';

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

describe('what is written', () => {
  test('an empty chain, a quiet hour, then events: one chain of anchors that verifies', async () => {
    expect(await written()).toMatchObject({
      anchor: {
        last_seq: 0,
        last_hash: ZERO_HASH,
        first_seq: 1,
        anchor_seq: 1,
        merkle_root: EMPTY_ROOT,
        key_id: null,
        prev_anchor_hash: ZERO_HASH,
      },
    });
    servers.clock.advanceMinutes(60);
    expect(await written()).toMatchObject({ anchor: { anchor_seq: 2, first_seq: 1, last_seq: 0 } });
    await servers.append(3);
    servers.clock.advanceMinutes(60);
    expect(await written()).toMatchObject({ anchor: { anchor_seq: 3, first_seq: 1, last_seq: 3 } });
    servers.clock.advanceMinutes(60);
    expect(await written()).toMatchObject({
      anchor: { anchor_seq: 4, first_seq: 4, last_seq: 3, key_id: 'k1' },
    });
    expect(await servers.verifier().verify({ kind: 'full' })).toMatchObject({
      verdict: 'verified',
      findings: [],
    });
  });

  test('the body: what the table and the server say', async () => {
    await servers.append(7);
    const { anchor, key, versionId, retainUntil } = await written();
    const { rows: events } = await servers.database.pool.query<{ event_hash: Buffer; message: Buffer }>(
      'SELECT event_hash FROM audit_events ORDER BY chain_index',
    );
    const { rows: identity } = await servers.database.pool.query<{
      id: string;
      timeline: number;
      later: boolean;
    }>(
      `SELECT system_identifier::text AS id, (SELECT timeline_id FROM pg_control_checkpoint()) AS timeline,
              pg_current_wal_lsn() >= $1::pg_lsn AS later FROM pg_control_system()`,
      [anchor.db_snapshot_lsn],
    );
    expect(parseAnchor(await servers.bodyOf(key, versionId))).toEqual(anchor);
    expect(anchor).toMatchObject({
      chain_id: 'production',
      last_seq: 7,
      last_hash: events[6]?.event_hash.toString('hex'),
      ts_utc: '2030-01-15T14:00:00Z',
      key_id: 'k1',
      db_system_id: identity[0]?.id,
      db_timeline: identity[0]?.timeline,
    });
    expect(identity[0]?.later).toBe(true);
    expect(retainUntil).toBe(Date.parse('2030-01-15T14:00:00Z') + 400 * 86_400_000);
  });

  test('the links: each anchor names the SHA-256 of the body before', async () => {
    for (let hour = 0; hour < 3; hour += 1) {
      await servers.append(2);
      await written();
      servers.clock.advanceMinutes(60);
    }
    const versions = await servers.versions();
    const bodies = await Promise.all(versions.map(({ key }) => servers.bodyOf(key)));
    const anchors = bodies.map((body) => parseAnchor(body));
    expect(anchors.map(({ anchor_seq }) => anchor_seq)).toEqual([1, 2, 3]);
    expect(anchors.map(({ first_seq, last_seq }) => [first_seq, last_seq])).toEqual([
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
    expect(anchors.map(({ prev_anchor_hash }) => prev_anchor_hash)).toEqual([
      ZERO_HASH,
      ...bodies.slice(0, 2).map((body) => anchorHash(body)),
    ]);
  });

  test('the object: metadata, lock, checksum, encryption and type', async () => {
    await servers.append(2);
    servers.clock.set('2030-01-15T14:00:05.700Z');
    const { anchor, key, versionId } = await written();
    const body = await servers.bodyOf(key);
    const head = await servers.client.send(
      new servers.sdk.HeadObjectCommand({
        Bucket: servers.bucket,
        Key: key,
        VersionId: versionId,
        ChecksumMode: 'ENABLED',
      }),
    );
    expect(key).toBe('production/2030/01/15/14/anchor-20300115T140005Z.json');
    expect(head).toMatchObject({
      ContentType: 'application/json',
      ContentLength: body.length,
      ServerSideEncryption: 'aws:kms',
      SSEKMSKeyId: KMS_KEY_ARN,
      ObjectLockMode: 'COMPLIANCE',
      ObjectLockRetainUntilDate: new Date(Date.parse('2030-01-15T14:00:05Z') + 400 * 86_400_000),
      ChecksumSHA256: createHash('sha256').update(body).digest('base64'),
      Metadata: {
        'anchor-seq': '1',
        'last-seq': '2',
        'last-hash': anchor.last_hash,
        'prev-anchor-hash': ZERO_HASH,
      },
    });
  });

  test('the Merkle root is over the events of this range only', async () => {
    await servers.append(4);
    await written();
    await servers.append(9);
    servers.clock.advanceMinutes(60);
    const { anchor } = await written();
    const accumulator = new MerkleAccumulator(plainNodeHasher);
    const { rows } = await servers.database.pool.query<{ hash: Buffer; message: Buffer }>(`
      SELECT event_hash AS hash,
        int4send(8) || int8send(chain_index) || int4send(8) || timestamptz_send(occurred_at)
        || int4send(octet_length(actor)) || textsend(actor) || int4send(octet_length(action)) || textsend(action)
        || coalesce(int4send(octet_length(resource)) || textsend(resource), int4send(-1))
        || int4send(octet_length(outcome)) || textsend(outcome)
        || coalesce(int4send(octet_length(details::text)) || json_send(details), int4send(-1))
        || int4send(16) || uuid_send(salt)
        || int4send(octet_length(key_id)) || textsend(key_id)
        || int4send(32) || byteasend(prev_hash) AS message
      FROM audit_events WHERE chain_index BETWEEN 5 AND 13 ORDER BY chain_index`);
    for (const { hash, message } of rows) accumulator.append(eventLeaf(eventDigest(message), hash), 1);
    expect(rows).toHaveLength(9);
    expect(anchor).toMatchObject({
      first_seq: 5,
      last_seq: 13,
      merkle_root: accumulator.root().toString('hex'),
    });
  });

  test('a range far larger than one buffer of the reader', async () => {
    await servers.append(6_000);
    const progress: number[] = [];
    expect(await written({ onProgress: (events) => progress.push(events) })).toMatchObject({
      anchor: { last_seq: 6_000 },
    });
    expect(progress.length).toBeGreaterThan(1);
    expect(progress[progress.length - 1]).toBe(6_000);
    expect(await servers.verifier().verify({ kind: 'full' })).toMatchObject({ verdict: 'verified' });
  });
});

import { createNodeCryptoEngine } from '../../../../../runtime/adapters/digests/node-crypto-engine';
import { PostgresAuditLog } from '../../../../../runtime/adapters/postgres/read/audit-log';
import { scanChain } from '../../../../../runtime/application/scan-chain';
import { parseAnchor } from '../../../../../runtime/domain/anchor/anchor-body';
import { NO_CHAIN_KEYS } from '../../../../../runtime/domain/chain/chain-keys';
import { linksLayout } from '../../../../../runtime/domain/chain/columns';
import { FindingLog } from '../../../../../runtime/domain/findings/finding-log';
import { ZERO_HASH } from '../../../../../runtime/domain/digests';
import { createTestDatabase, type TestDatabase } from '../../../../support/database';
import { tableVectors } from '../../../../support/vectors';

const { links } = tableVectors;
const LAYOUT = linksLayout({ index: 'seq', prevHash: 'prev', hash: 'hash', keyId: null });

let database: TestDatabase;
let log: PostgresAuditLog;
beforeAll(async () => {
  database = await createTestDatabase();
  await database.pool.query(
    'CREATE TABLE ledger (seq bigint PRIMARY KEY, at timestamptz, action varchar(40), payload jsonb, prev text, hash text)',
  );
  for (const { values } of links.rows) {
    const { seq, at, action, payload, prev, hash } = values;
    await database.pool.query('INSERT INTO ledger VALUES ($1, $2, $3, $4::jsonb, $5, $6)', [
      seq,
      at,
      action,
      payload,
      prev,
      hash,
    ]);
  }
  log = new PostgresAuditLog({
    connection: { connectionString: database.url },
    table: { table: 'ledger' },
    layout: LAYOUT,
    chainId: links.chain_id,
  });
});
afterAll(async () => {
  await log?.close();
  await database?.drop();
});

test('every column of the table makes the list', async () => {
  await log.snapshot((snapshot) => Promise.resolve(expect(snapshot.columns).toBe(links.columns)));
});

test('the stream holds the message of every row, the hash among its columns', async () => {
  const chunks: Buffer[] = [];
  await log.snapshot(async (snapshot) => {
    for await (const chunk of snapshot.readTuples()) chunks.push(Buffer.from(chunk));
  });
  const count = Buffer.from([0, 6]).toString('hex');
  const tuples = links.rows.map(({ message }) => count + message).join('');
  expect(
    Buffer.concat(chunks)
      .toString('hex')
      .slice(2 * 19),
  ).toBe(`${tuples}ffff`);
});

const anchored = links.anchors
  .map(({ body }) => parseAnchor(Buffer.from(body)))
  .filter(({ events }) => events > 0);

test.each(anchored)('root and last hash of anchor $anchor_seq', async (anchor) => {
  const findings = new FindingLog();
  const { first_seq: firstSeq, last_seq: lastSeq, last_hash: lastHash, merkle_root: merkleRoot } = anchor;
  const reading = {
    chainId: links.chain_id,
    layout: LAYOUT,
    keys: NO_CHAIN_KEYS,
    createEngine: createNodeCryptoEngine,
  };
  const { ranges } = await log.snapshot((snapshot) =>
    scanChain(snapshot, reading, {
      range: { from: firstSeq, to: lastSeq },
      columns: anchor.columns,
      firstIndex: firstSeq,
      firstLink: firstSeq === 0 ? ZERO_HASH : null,
      checkpoints: [{ firstSeq, lastSeq, lastHash, merkleRoot, anchor: null }],
      findings,
    }),
  );
  expect(findings.all()).toEqual([]);
  expect(ranges).toMatchObject([{ root: merkleRoot, events: anchor.events, hashCompared: true }]);
});

import { createHash } from 'node:crypto';
import { createDigestEngine } from '../../../runtime/adapters/digests/select-engine';
import { PostgresAuditLog } from '../../../runtime/adapters/postgres/read/audit-log';
import type { Anchorer } from '../../../runtime/application/anchorer';
import type { AnchorOutcome, AnchorRequest } from '../../../runtime/application/anchoring';
import { NO_CHAIN_KEYS } from '../../../runtime/domain/chain/chain-keys';
import { linksLayout } from '../../../runtime/domain/chain/columns';
import { eventDigest, eventLeaf } from '../../../runtime/domain/chain/event-hash';
import { MerkleAccumulator } from '../../../runtime/domain/merkle/accumulator';
import { CHAIN_ID, Embedded } from '../../support/embedded';
import { plainNodeHasher } from '../../support/plain-node-hasher';

let servers: Embedded;
const opened: PostgresAuditLog[] = [];
beforeAll(async () => {
  servers = await Embedded.start();
});
afterEach(async () => {
  for (const auditLog of opened.splice(0)) await auditLog.close();
});
afterAll(() => servers.stop());
beforeEach(async () => {
  await servers.reset();
  await servers.database.pool.query(`
    DROP SCHEMA IF EXISTS ledger CASCADE;
    CREATE SCHEMA ledger;
    CREATE TABLE ledger."Entries" (no int4 PRIMARY KEY, what text, before bytea, own bytea, signer text)`);
});

const NAMES = { index: 'no', prevHash: 'before', hash: 'own', keyId: 'signer' };
const hashOf = (index: number): Buffer => createHash('sha256').update(`entry ${index}`).digest();

/** Entries of a foreign writer; the first may have NULL or zeros as its link. */
async function write(
  from: number,
  to: number,
  signer: string | null,
  first: Buffer | null = null,
): Promise<void> {
  for (let index = from; index <= to; index += 1) {
    const link = (await servers.database.pool.query('SELECT 1 FROM ledger."Entries" LIMIT 1')).rowCount
      ? hashOf(index - 1)
      : first;
    await servers.database.pool.query('INSERT INTO ledger."Entries" VALUES ($1, $2, $3, $4, $5)', [
      index,
      `entry ${index}`,
      link,
      hashOf(index),
      signer,
    ]);
  }
}

function anchorer(keyId: string | null = NAMES.keyId): Anchorer {
  const layout = linksLayout({ ...NAMES, keyId });
  const auditLog = new PostgresAuditLog({
    connection: { connectionString: servers.database.url },
    table: { table: 'Entries', schema: 'ledger' },
    layout,
    chainId: CHAIN_ID,
  });
  opened.push(auditLog);
  const reading = { chainId: CHAIN_ID, layout, keys: NO_CHAIN_KEYS, createEngine: createDigestEngine };
  return servers.anchorer({ auditLog, reading });
}

function anchor(request: AnchorRequest = {}, keyId?: string | null): Promise<AnchorOutcome> {
  return anchorer(keyId).anchor(request);
}

/** Length and value of each field, as PostgreSQL sends them. */
function message(...values: readonly (Buffer | string | null)[]): Buffer {
  return Buffer.concat(
    values.flatMap((value) => {
      const bytes = value === null ? Buffer.alloc(0) : Buffer.from(value);
      const length = Buffer.alloc(4);
      length.writeInt32BE(value === null ? -1 : bytes.length);
      return [length, bytes];
    }),
  );
}

/** Root over every column of the entries, the hash among them. */
function rootOf(from: number, to: number, signer: string | null, first: Buffer | null = null): string {
  const accumulator = new MerkleAccumulator(plainNodeHasher);
  for (let index = from; index <= to; index += 1) {
    const no = Buffer.alloc(4);
    no.writeInt32BE(index);
    const link = index === from ? first : hashOf(index - 1);
    const digest = eventDigest(message(no, `entry ${index}`, link, hashOf(index), signer));
    accumulator.append(eventLeaf(digest, hashOf(index)), 1);
  }
  return accumulator.root().toString('hex');
}

const COLUMNS = 'no:integer,what:text,before:bytea,own:bytea,signer:text';

test('an empty table is not anchored, not even by force', async () => {
  expect(await anchor()).toMatchObject({ kind: 'not due', unanchored: 0 });
  expect(await anchor({ force: 'manual' })).toMatchObject({ kind: 'not due' });
  expect(await anchor({ force: 'shutdown' })).toMatchObject({ kind: 'not due' });
  expect(await servers.versions()).toEqual([]);
});

test.each([
  ['0, with a first link of NULL', 0, null],
  ['0, with a first link of zeros', 0, Buffer.alloc(32)],
  ['1, with a first link of NULL', 1, null],
  ['1, with a first link of zeros', 1, Buffer.alloc(32)],
  ['3, with a constant as its first link', 3, Buffer.from('GENESIS')],
])('a chain that begins at %s', async (_, first, link) => {
  await write(first, 4, 'alice', link);
  expect(await anchor()).toMatchObject({
    kind: 'written',
    anchor: {
      first_seq: first,
      last_seq: 4,
      last_hash: hashOf(4).toString('hex'),
      events: 5 - first,
      merkle_root: rootOf(first, 4, 'alice', link),
      chain_format: 'links',
      columns: COLUMNS,
      key_id: 'alice',
    },
  });
  await write(5, 7, 'alice');
  servers.clock.advanceMinutes(60);
  expect(await anchor()).toMatchObject({
    kind: 'written',
    anchor: { first_seq: 5, last_seq: 7, merkle_root: rootOf(5, 7, 'alice', hashOf(4)), anchor_seq: 2 },
  });
});

test('a chain whose only entry is 0', async () => {
  await write(0, 0, 'alice');
  expect(await anchor()).toMatchObject({ kind: 'written', anchor: { first_seq: 0, last_seq: 0 } });
  servers.clock.advanceMinutes(60);
  expect(await anchor()).toMatchObject({
    kind: 'written',
    anchor: { first_seq: 1, last_seq: 0, anchor_seq: 2 },
  });
});

test('another signer is a key rotation', async () => {
  await write(1, 3, 'alice');
  await anchor();
  await write(4, 4, 'bob');
  servers.clock.advanceMinutes(1);
  expect(await anchor()).toMatchObject({
    kind: 'written',
    trigger: 'key_rotation',
    anchor: { key_id: 'bob' },
  });
});

test.each([
  ['no key id column', null, 'alice'],
  ['a key id of NULL', NAMES.keyId, null],
  ['an empty key id', NAMES.keyId, ''],
])('%s: the anchor names none, and can be read and continued', async (_, column, signer) => {
  await write(1, 3, signer);
  expect(await anchor({}, column)).toMatchObject({ kind: 'written', anchor: { key_id: null } });
  servers.clock.advanceMinutes(1);
  await write(4, 4, signer);
  expect(await anchor({}, column)).toMatchObject({ kind: 'not due', unanchored: 1 });
  expect(await anchor({ force: 'manual' }, column)).toMatchObject({
    kind: 'written',
    anchor: { anchor_seq: 2 },
  });
});

test('a key id that no anchor can hold: an error, and nothing is locked away that cannot be read', async () => {
  await write(1, 3, 'x'.repeat(70_000));
  await expect(anchor()).rejects.toMatchObject({
    code: 'TABLE_SHAPE',
    message: expect.stringContaining('event 3 cannot be anchored') as string,
  });
  expect(await servers.versions()).toEqual([]);
});

test('an edited hash, a gap and a cut end are found without any secret', async () => {
  await write(0, 4, 'alice');
  await anchor();
  await write(5, 9, 'alice');
  servers.clock.advanceMinutes(60);
  const { pool } = servers.database;
  await pool.query('UPDATE ledger."Entries" SET own = $1 WHERE no = 7', [hashOf(70)]);
  expect(await anchor()).toMatchObject({
    kind: 'refused',
    findings: [{ code: 'EVENT_LINK', place: { from: 8 } }],
  });
  await pool.query('DELETE FROM ledger."Entries" WHERE no = 7');
  expect(await anchor()).toMatchObject({
    kind: 'refused',
    findings: [{ code: 'EVENT_MISSING', place: { from: 7 } }],
  });
  await pool.query('DELETE FROM ledger."Entries" WHERE no > 3');
  expect(await anchor()).toMatchObject({
    kind: 'refused',
    findings: [{ code: 'CHAIN_TRUNCATED', place: { from: 4, to: 4 } }],
  });
  expect(await servers.versions()).toHaveLength(1);
});

test('NULL as the link of a later entry', async () => {
  await write(0, 4, 'alice');
  await servers.database.pool.query('UPDATE ledger."Entries" SET before = NULL WHERE no = 2');
  expect(await anchor()).toMatchObject({
    kind: 'refused',
    findings: [{ code: 'EVENT_MALFORMED', place: { from: 2 } }],
  });
});

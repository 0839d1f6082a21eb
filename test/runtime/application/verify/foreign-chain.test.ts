import { PostgresAuditLog } from '../../../../runtime/adapters/postgres/read/audit-log';
import { createDigestEngine } from '../../../../runtime/adapters/digests/select-engine';
import type { VerifyScope } from '../../../../runtime/application/verify/scope';
import { NO_CHAIN_KEYS } from '../../../../runtime/domain/chain/chain-keys';
import { linksLayout } from '../../../../runtime/domain/chain/columns';
import type { FindingCode } from '../../../../runtime/domain/findings/finding';
import { CHAIN_ID, Embedded } from '../../../support/embedded';

const LAYOUT = linksLayout({ index: 'Position', prevHash: 'before', hash: 'digest', keyId: null });
const TABLE = { table: 'Ledger', schema: 'public' };

/** Somebody else's chain: other names, index from 0, NULL before the first, hashes of its own making. */
const CREATE = `
  CREATE TABLE "Ledger" ("Position" int4 PRIMARY KEY, before bytea, digest bytea NOT NULL, said text);
  INSERT INTO "Ledger" SELECT at, CASE WHEN at > 0 THEN sha256(convert_to('entry ' || (at - 1), 'UTF8')) END,
                              sha256(convert_to('entry ' || at, 'UTF8')), 'entry ' || at
                       FROM generate_series(0, 9) AS at`;

let embedded: Embedded;
let original: string;
const auditLog = (): PostgresAuditLog =>
  new PostgresAuditLog({
    connection: { connectionString: embedded.database.url },
    table: TABLE,
    layout: LAYOUT,
    chainId: CHAIN_ID,
  });
const reading = { chainId: CHAIN_ID, layout: LAYOUT, keys: NO_CHAIN_KEYS, createEngine: createDigestEngine };

async function verify(scope: VerifyScope = { kind: 'full' }) {
  const log = auditLog();
  try {
    return await embedded.verifier({ database: { auditLog: log, reading } }).verify(scope);
  } finally {
    await log.close();
  }
}

beforeAll(async () => {
  embedded = await Embedded.start();
  await embedded.database.pool.query(CREATE);
  const log = auditLog();
  const anchorer = embedded.anchorer({ auditLog: log, reading });
  await anchorer.anchor({ force: 'manual' });
  await embedded.database.pool.query(
    `INSERT INTO "Ledger" SELECT at, sha256(convert_to('entry ' || (at - 1), 'UTF8')),
                                 sha256(convert_to('entry ' || at, 'UTF8')), 'entry ' || at FROM generate_series(10, 14) AS at`,
  );
  embedded.clock.advanceMinutes(5);
  await anchorer.anchor({ force: 'manual' });
  await log.close();
  await embedded.database.pool.query('CREATE TABLE honest AS TABLE "Ledger"');
  original = embedded.bucket;
});
afterEach(async () => {
  embedded.bucket = original;
  await embedded.database.pool.query('TRUNCATE "Ledger"; INSERT INTO "Ledger" SELECT * FROM honest');
});
afterAll(() => embedded?.stop());

test('links, gaps and anchored hashes are checked; contents are never called verified', async () => {
  const report = await verify();
  expect(report.verdict).toBe('not evaluated');
  expect(report.contents).toBe('not evaluated');
  expect(report.findings).toMatchObject([
    { code: 'CONTENTS_NOT_EVALUATED', severity: 'unproven', place: { kind: 'database' } },
  ]);
  expect(report.coverage).toMatchObject({
    anchors: 2,
    events: 15,
    eventsRecomputed: 0,
    range: { from: 0, to: 14 },
    anchoredHashes: 2,
    rangeRoots: 2,
  });
});

test('the newest anchor and what came since', async () => {
  const report = await verify({ kind: 'latest' });
  expect(report.findings.map(({ code }) => code)).toEqual(['CONTENTS_NOT_EVALUATED']);
  expect(report.coverage).toMatchObject({ range: { from: 10, to: 14 }, rangeRoots: 1 });
});

test('its anchors alone are verified', async () => {
  const report = await embedded.verifier({ database: null }).verify({ kind: 'anchors-only' });
  expect(report).toMatchObject({ verdict: 'verified', findings: [] });
});

const ATTACKS: readonly (readonly [name: string, statement: string, first: FindingCode, from: number])[] = [
  ['its first entry is removed', 'DELETE FROM "Ledger" WHERE "Position" = 0', 'EVENT_MISSING', 0],
  ['an entry in the middle is removed', 'DELETE FROM "Ledger" WHERE "Position" = 7', 'EVENT_MISSING', 7],
  ['a hash is changed', `UPDATE "Ledger" SET digest = sha256('x') WHERE "Position" = 7`, 'EVENT_LINK', 8],
  ['a link is changed', `UPDATE "Ledger" SET before = sha256('x') WHERE "Position" = 7`, 'EVENT_LINK', 7],
  [
    'the first link is given a value',
    `UPDATE "Ledger" SET before = sha256('x') WHERE "Position" = 0`,
    'RANGE_ROOT',
    0,
  ],
  ['a content is changed', `UPDATE "Ledger" SET said = 'x' WHERE "Position" = 12`, 'RANGE_ROOT', 10],
  [
    'a link in the middle is NULL',
    'UPDATE "Ledger" SET before = NULL WHERE "Position" = 7',
    'EVENT_MALFORMED',
    7,
  ],
  ['its end is cut off', 'DELETE FROM "Ledger" WHERE "Position" > 12', 'CHAIN_TRUNCATED', 13],
  [
    'an entry is put before the first',
    `INSERT INTO "Ledger" VALUES (-1, NULL, sha256('x'))`,
    'EVENT_INDEX',
    -1,
  ],
];

test.each(ATTACKS)('%s', async (_name, statement, first, from) => {
  await embedded.database.pool.query(statement);
  const report = await verify();
  expect(report.verdict).toBe('tampered');
  expect(report.contents).toBe('tampered');
  expect(report.findings[0]).toMatchObject({ code: first, place: { kind: 'events', from } });
});

test('the whole chain is hashed anew', async () => {
  await embedded.database.pool.query(
    `UPDATE "Ledger" SET digest = sha256(convert_to('other ' || "Position", 'UTF8')),
       before = CASE WHEN "Position" > 0 THEN sha256(convert_to('other ' || ("Position" - 1), 'UTF8')) END`,
  );
  const report = await verify();
  expect(report.verdict).toBe('tampered');
  const named = report.findings.filter(({ code }) => code === 'ANCHORED_HASH');
  expect(named).toMatchObject([
    { place: { from: 0 }, anchor: { seq: 1 } },
    { place: { to: 14 }, anchor: { seq: 2 }, explainedBy: 'ANCHORED_HASH' },
  ]);
  expect(report.findings[0]).toBe(named[0]);
});

describe('an anchored range is read with the columns that its anchor lists', () => {
  const codes = async (): Promise<readonly string[]> => (await verify()).findings.map(({ code }) => code);

  afterEach(() =>
    embedded.database.pool.query(`DROP TABLE "Ledger"; CREATE TABLE "Ledger" (LIKE honest INCLUDING ALL)`),
  );

  test('when columns were added since, and types widened', async () => {
    await embedded.database.pool.query(
      `ALTER TABLE "Ledger" ADD COLUMN added int DEFAULT 7, ALTER "Position" TYPE bigint, ALTER said TYPE varchar(80)`,
    );
    expect(await codes()).toEqual(['CONTENTS_NOT_EVALUATED']);
    await embedded.database.pool.query(`UPDATE "Ledger" SET said = 'x' WHERE "Position" = 3`);
    expect(await codes()).toEqual(['RANGE_ROOT', 'CONTENTS_NOT_EVALUATED']);
  });

  test('a column that is gone: not evaluated, and links and hashes are checked all the same', async () => {
    await embedded.database.pool.query('ALTER TABLE "Ledger" DROP COLUMN said');
    const report = await verify();
    expect(report).toMatchObject({ verdict: 'not evaluated', contents: 'not evaluated' });
    expect(report.findings.map(({ code }) => code)).toEqual(
      expect.arrayContaining(['TABLE_SHAPE', 'CONTENTS_NOT_EVALUATED']),
    );
    expect(report.coverage).toMatchObject({ anchoredHashes: 2, rangeRoots: 0 });
    await embedded.database.pool.query(`UPDATE "Ledger" SET before = sha256('x') WHERE "Position" = 7`);
    expect((await verify()).findings[0]).toMatchObject({ code: 'EVENT_LINK', place: { from: 7 } });
  });
});

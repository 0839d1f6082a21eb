import type { DatabaseIdentity } from '../../../../runtime/application/ports';
import type { VerifierOptions } from '../../../../runtime/application/verifier';
import { compareLsn } from '../../../../runtime/domain/lsn';
import { withIdentity } from '../../../fakes/standby';
import type { Scene } from '../../../support/scene';
import { relinked } from '../../../support/scene';
import type { Scenario } from './scenario';
import { DATABASE, events } from './scenario';

function identified({ embedded }: Scene, changes: Partial<DatabaseIdentity>): Partial<VerifierOptions> {
  return { database: { auditLog: withIdentity(embedded.auditLog(), changes), reading: embedded.reading() } };
}

/** A position in the WAL before every anchor, and so before what a standby would need. */
const LONG_AGO = '0/1';

function reached({ embedded }: Scene, url: string): Partial<VerifierOptions> {
  return { database: { auditLog: embedded.auditLog(url), reading: embedded.reading() } };
}

const UNREADABLE: readonly Scenario[] = [
  {
    name: 'the table was dropped',
    happens: (scene) => scene.alter('DROP TABLE audit_events'),
    verdict: 'not evaluated',
    first: 'DATABASE_UNREADABLE',
    place: DATABASE,
  },
  {
    name: 'a column is missing',
    happens: (scene) => scene.alter('ALTER TABLE audit_events DROP COLUMN outcome'),
    verdict: 'not evaluated',
    first: 'DATABASE_UNREADABLE',
    place: DATABASE,
    check: ({ findings }) => expect(findings[0]?.message).toContain('column "outcome": found no such column'),
  },
  {
    name: 'the server cannot be reached',
    happens: (scene) => Promise.resolve(reached(scene, 'postgres://reader:hunter2@127.0.0.1:1/audit')),
    verdict: 'not evaluated',
    first: 'DATABASE_UNREADABLE',
    place: DATABASE,
    check: (report) => expect(JSON.stringify(report)).not.toContain('hunter2'),
  },
  {
    name: 'the password is wrong',
    happens(scene) {
      const url = new URL(scene.embedded.database.url);
      url.password = 'not-the-password';
      return Promise.resolve(reached(scene, url.href));
    },
    verdict: 'not evaluated',
    first: 'DATABASE_UNREADABLE',
    place: DATABASE,
    check: (report) => expect(JSON.stringify(report)).not.toContain('not-the-password'),
  },
  {
    name: 'there is tampering in the bucket, and the database cannot be reached',
    async happens(scene) {
      await scene.refill(({ anchor_seq }) => (anchor_seq === 2 ? { body: '{}' } : {}));
      return reached(scene, 'postgres://reader@127.0.0.1:1/audit');
    },
    verdict: 'tampered',
    first: 'ANCHOR_MALFORMED',
    place: async (scene) => ({ kind: 'object', key: scene.key(2), versionId: await versionOf(scene, 2) }),
    also: ['DATABASE_UNREADABLE'],
  },
  {
    name: 'the verifier was given no database',
    happens: () => Promise.resolve({ database: null }),
    verdict: 'not evaluated',
    first: 'DATABASE_UNREADABLE',
    place: DATABASE,
  },
];

async function versionOf(scene: Scene, seq: number): Promise<string> {
  return (await scene.embedded.versions(scene.key(seq)))[0]?.versionId ?? '';
}

const KEYS: readonly Scenario[] = [
  {
    name: 'a key of the chain is not in the ring',
    happens: ({ embedded }) =>
      Promise.resolve({ database: { auditLog: embedded.auditLog(), reading: embedded.reading(['k1']) } }),
    verdict: 'not evaluated',
    first: 'KEY_UNKNOWN',
    place: events(16, 32),
    check: ({ contents, coverage }) => {
      expect(contents).toBe('not evaluated');
      expect(coverage).toMatchObject({ events: 32, eventsRecomputed: 15, anchoredHashes: 3, rangeRoots: 3 });
    },
  },
  {
    name: 'a key of the chain is not in the ring, and an event under the other one was edited',
    async happens(scene) {
      await scene.sql("UPDATE audit_events SET actor = 'nobody' WHERE chain_index = 2");
      return { database: { auditLog: scene.embedded.auditLog(), reading: scene.embedded.reading(['k1']) } };
    },
    verdict: 'tampered',
    first: 'EVENT_HASH',
    place: events(2),
    also: ['RANGE_ROOT', 'KEY_UNKNOWN'],
  },
  {
    name: 'two events have two different keys nobody knows',
    happens: (scene) =>
      scene.sql(`UPDATE audit_events SET key_id = 'k8' WHERE chain_index = 31;
                 UPDATE audit_events SET key_id = 'k9' WHERE chain_index = 32`),
    verdict: 'not evaluated',
    first: 'KEY_UNKNOWN',
    place: events(31),
    check: ({ findings }) => expect(findings[1]?.message).toContain('"k9"'),
  },
];

const OTHER_SERVERS: readonly Scenario[] = [
  {
    name: 'the database was restored: its timeline is another',
    happens: (scene) => Promise.resolve(identified(scene, { timeline: 9 })),
    verdict: 'verified',
    first: 'DATABASE_CHANGED',
    place: DATABASE,
  },
  {
    name: 'the database is a copy: its system identifier is another',
    happens: (scene) =>
      scene.fill(
        relinked(scene.anchors.map((anchor) => ({ ...anchor, db_system_id: '42' }))).map((anchor) => ({
          anchor,
        })),
      ),
    verdict: 'verified',
    first: 'DATABASE_CHANGED',
    place: DATABASE,
  },
  {
    name: 'the database was restored from a backup that is older than the newest anchor',
    async happens(scene) {
      await scene.sql('DELETE FROM audit_events WHERE chain_index > 25');
      return identified(scene, { timeline: 2 });
    },
    verdict: 'tampered',
    first: 'CHAIN_TRUNCATED',
    place: events(26, 30),
    also: ['RANGE_ROOT', 'DATABASE_CHANGED'],
  },
  {
    name: 'a standby has not replayed the newest anchored events yet',
    async happens(scene) {
      await scene.sql('DELETE FROM audit_events WHERE chain_index > 25');
      return identified(scene, { standby: true, lsn: LONG_AGO });
    },
    verdict: 'not evaluated',
    first: 'STANDBY_BEHIND',
    place: DATABASE,
    check: ({ coverage }) => expect(coverage).toMatchObject({ anchoredHashes: 2, rangeRoots: 2, events: 25 }),
  },
  {
    name: 'a standby is behind, and what it has was edited',
    async happens(scene) {
      await scene.sql(
        "DELETE FROM audit_events WHERE chain_index > 25; UPDATE audit_events SET actor = 'x' WHERE chain_index = 3",
      );
      return identified(scene, { standby: true, lsn: LONG_AGO });
    },
    verdict: 'tampered',
    first: 'EVENT_HASH',
    place: events(3),
    also: ['RANGE_ROOT', 'STANDBY_BEHIND'],
  },
  {
    name: 'a standby that has replayed everything lacks events',
    async happens(scene) {
      await scene.sql('DELETE FROM audit_events WHERE chain_index > 25');
      const lsn = 'FFFFFFFF/0';
      expect(compareLsn(lsn, scene.anchor(3).db_snapshot_lsn ?? lsn)).toBeGreaterThan(0);
      return identified(scene, { standby: true, lsn });
    },
    verdict: 'tampered',
    first: 'CHAIN_TRUNCATED',
    place: events(26, 30),
    also: ['RANGE_ROOT'],
  },
];

/** What can be wrong with the database itself, or with what is known of it. */
export const DATABASE_SCENARIOS: readonly Scenario[] = [...UNREADABLE, ...KEYS, ...OTHER_SERVERS];

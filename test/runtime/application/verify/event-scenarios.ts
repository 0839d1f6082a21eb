import type { FindingCode } from '../../../../runtime/domain/findings/finding';
import type { Scenario } from './scenario';
import { DATABASE, events } from './scenario';

/** Takes every constraint from the table, so that anything can be stored in it. */
const LOOSEN = `DO $$ DECLARE item record; BEGIN
  FOR item IN SELECT conname FROM pg_constraint WHERE conrelid = 'audit_events'::regclass
      ORDER BY contype = 'p' DESC LOOP
    EXECUTE format('ALTER TABLE audit_events DROP CONSTRAINT IF EXISTS %I', item.conname);
  END LOOP;
  FOR item IN SELECT attname FROM pg_attribute WHERE attrelid = 'audit_events'::regclass AND attnum > 0 LOOP
    EXECUTE format('ALTER TABLE audit_events ALTER COLUMN %I DROP NOT NULL', item.attname);
  END LOOP;
END $$;`;

/** Inserts a copy of event 15 with these columns changed. */
function copyOf15(changes: string): string {
  return `CREATE TEMP TABLE copied AS SELECT * FROM audit_events WHERE chain_index = 15;
    UPDATE copied SET ${changes}; INSERT INTO audit_events SELECT * FROM copied; DROP TABLE copied;`;
}

function tampered(
  name: string,
  statements: string,
  first: FindingCode,
  place: Scenario['place'],
  ...also: readonly FindingCode[]
): Scenario {
  return { name, happens: (scene) => scene.sql(statements), verdict: 'tampered', first, place, also };
}

function loosened(
  name: string,
  statements: string,
  first: FindingCode,
  place: Scenario['place'],
  ...also: readonly FindingCode[]
): Scenario {
  const happens: Scenario['happens'] = (scene) => scene.alter(LOOSEN + statements);
  return { name, happens, verdict: 'tampered', first, place, also };
}

const EDITS = {
  occurred_at: "occurred_at + interval '1 microsecond'",
  actor: "'nobody@example.com'",
  action: "'delete'",
  resource: 'NULL',
  outcome: "'denied'",
  details: `'{"n":  15}'`,
  key_id: "'k2'",
};

/** One event changed, without the key: every column, and the chain's own. */
const EDITED: readonly Scenario[] = [
  ...Object.entries(EDITS).map(([column, value]) =>
    tampered(
      `${column} of an event is edited`,
      `UPDATE audit_events SET ${column} = ${value} WHERE chain_index = 15`,
      'EVENT_HASH',
      events(15),
      'RANGE_ROOT',
    ),
  ),
  tampered(
    'prev_hash of an event is edited',
    "UPDATE audit_events SET prev_hash = sha256('x') WHERE chain_index = 15",
    'EVENT_HASH',
    events(15),
    'EVENT_LINK',
    'RANGE_ROOT',
  ),
  tampered(
    'event_hash of an event is edited',
    "UPDATE audit_events SET event_hash = sha256('x') WHERE chain_index = 15",
    'EVENT_HASH',
    events(15),
    'EVENT_LINK',
    'RANGE_ROOT',
  ),
  tampered(
    'an event is edited and given a hash made without the key',
    "UPDATE audit_events SET actor = 'nobody', event_hash = sha256(prev_hash || 'nobody') WHERE chain_index = 20",
    'EVENT_HASH',
    events(20),
    'EVENT_LINK',
    'ANCHORED_HASH',
    'RANGE_ROOT',
  ),
  tampered(
    'an event nobody anchored yet is edited',
    "UPDATE audit_events SET actor = 'nobody' WHERE chain_index = 32",
    'EVENT_HASH',
    events(32),
  ),
  tampered(
    'the key id of an event is one nobody has',
    "UPDATE audit_events SET key_id = 'k9' WHERE chain_index = 15",
    'RANGE_ROOT',
    events(11, 20),
    'KEY_UNKNOWN',
  ),
];

const MOVED: readonly Scenario[] = [
  tampered(
    'the first event is removed',
    'DELETE FROM audit_events WHERE chain_index = 1',
    'EVENT_MISSING',
    events(1),
    'RANGE_ROOT',
  ),
  tampered(
    'an event in the middle is removed',
    'DELETE FROM audit_events WHERE chain_index = 15',
    'EVENT_MISSING',
    events(15),
    'RANGE_ROOT',
  ),
  tampered(
    'a whole anchored range is removed',
    'DELETE FROM audit_events WHERE chain_index BETWEEN 11 AND 20',
    'EVENT_MISSING',
    events(11, 20),
  ),
  tampered(
    'the last anchored event is removed, with events behind it',
    'DELETE FROM audit_events WHERE chain_index = 30',
    'EVENT_MISSING',
    events(30),
    'RANGE_ROOT',
  ),
  tampered(
    'the last events are removed',
    'DELETE FROM audit_events WHERE chain_index >= 13',
    'CHAIN_TRUNCATED',
    events(13, 30),
    'RANGE_ROOT',
  ),
  tampered('the table is emptied', 'TRUNCATE audit_events', 'CHAIN_TRUNCATED', events(1, 30)),
  tampered(
    'an event is inserted and the others are moved back',
    `UPDATE audit_events SET chain_index = chain_index + 100 WHERE chain_index >= 15;
     UPDATE audit_events SET chain_index = chain_index - 99 WHERE chain_index > 100;
     CREATE TEMP TABLE copied AS SELECT * FROM audit_events WHERE chain_index = 14;
     UPDATE copied SET chain_index = 15; INSERT INTO audit_events SELECT * FROM copied; DROP TABLE copied`,
    'EVENT_HASH',
    events(15, 33),
    'EVENT_LINK',
    'ANCHORED_HASH',
    'RANGE_ROOT',
  ),
  tampered(
    'an event is added at the end without the key',
    copyOf15('chain_index = 33'),
    'EVENT_HASH',
    events(33),
    'EVENT_LINK',
  ),
  tampered(
    'two events are swapped',
    `UPDATE audit_events SET chain_index = 1014 WHERE chain_index = 14;
     UPDATE audit_events SET chain_index = 14 WHERE chain_index = 15;
     UPDATE audit_events SET chain_index = 15 WHERE chain_index = 1014`,
    'EVENT_HASH',
    events(14, 15),
    'EVENT_LINK',
    'RANGE_ROOT',
  ),
];

/** What only a table without its constraints can hold. */
const IMPOSSIBLE: readonly Scenario[] = [
  loosened('an event is there twice', copyOf15('actor = actor'), 'EVENT_DUPLICATE', events(15), 'RANGE_ROOT'),
  loosened('an index is NULL', copyOf15('chain_index = NULL'), 'EVENT_INDEX', DATABASE),
  loosened(
    'the index of an event is set to NULL',
    'UPDATE audit_events SET chain_index = NULL WHERE chain_index = 15',
    'EVENT_MISSING',
    events(15),
    'EVENT_INDEX',
    'RANGE_ROOT',
  ),
  loosened('an index is negative', copyOf15('chain_index = -1'), 'EVENT_INDEX', events(-1)),
  loosened('an index is 0', copyOf15('chain_index = 0'), 'EVENT_INDEX', events(0)),
  loosened(
    'an index is beyond what JSON can count',
    copyOf15('chain_index = 9007199254740993'),
    'EVENT_INDEX',
    DATABASE,
  ),
  loosened(
    'a hash is NULL',
    'UPDATE audit_events SET event_hash = NULL WHERE chain_index = 15',
    'EVENT_MALFORMED',
    events(15),
    'EVENT_LINK',
    'RANGE_ROOT',
  ),
  loosened(
    'the hash of an anchored event is NULL',
    'UPDATE audit_events SET event_hash = NULL WHERE chain_index = 20',
    'EVENT_MALFORMED',
    events(20),
    'ANCHORED_HASH',
    'EVENT_LINK',
    'RANGE_ROOT',
  ),
  loosened(
    'a hash is too short',
    'UPDATE audit_events SET event_hash = substring(event_hash FROM 1 FOR 31) WHERE chain_index = 15',
    'EVENT_MALFORMED',
    events(15),
    'EVENT_LINK',
    'RANGE_ROOT',
  ),
  loosened(
    'the previous hash is NULL',
    'UPDATE audit_events SET prev_hash = NULL WHERE chain_index = 15',
    'EVENT_MALFORMED',
    events(15),
    'EVENT_HASH',
    'RANGE_ROOT',
  ),
  loosened(
    'a key id is NULL',
    'UPDATE audit_events SET key_id = NULL WHERE chain_index = 15',
    'EVENT_MALFORMED',
    events(15),
    'RANGE_ROOT',
  ),
  loosened(
    'a timestamp is infinite',
    "UPDATE audit_events SET occurred_at = 'infinity' WHERE chain_index = 15",
    'EVENT_MALFORMED',
    events(15),
    'EVENT_HASH',
    'RANGE_ROOT',
  ),
];

function rechained(
  from: number,
  to: number,
  scenario: Omit<Scenario, 'name' | 'happens' | 'verdict'>,
): Scenario {
  return {
    name: `the chain is forged with the stolen key from event ${from} to ${to}`,
    async happens(scene) {
      await scene.sql(`DELETE FROM audit_events WHERE chain_index >= ${from}`);
      await scene.append(to - from + 1, 'k1');
    },
    verdict: 'tampered',
    ...scenario,
  };
}

/** Each anchor that the rewritten chain contradicts is named, and the first of them explains everything else. */
function rewritten(...anchors: readonly number[]): Scenario['check'] {
  return ({ findings }) => {
    const seqs = findings.flatMap(({ code, anchor }) => (code === 'ANCHORED_HASH' ? [anchor?.seq] : []));
    expect(seqs).toEqual(anchors);
    expect(findings.filter(({ explainedBy }) => explainedBy === undefined)).toHaveLength(1);
  };
}

const STOLEN_KEY: readonly Scenario[] = [
  rechained(1, 32, {
    first: 'ANCHORED_HASH',
    place: events(1, 10),
    also: ['RANGE_ROOT'],
    check: rewritten(1, 2, 3),
  }),
  rechained(15, 32, {
    first: 'ANCHORED_HASH',
    place: events(11, 20),
    also: ['RANGE_ROOT'],
    check: rewritten(2, 3),
  }),
  rechained(5, 29, {
    first: 'ANCHORED_HASH',
    place: events(1, 10),
    also: ['CHAIN_TRUNCATED', 'RANGE_ROOT'],
    check: rewritten(1, 2),
  }),
  rechained(30, 32, { first: 'ANCHORED_HASH', place: events(21, 30), also: ['RANGE_ROOT'] }),
  rechained(25, 40, { first: 'ANCHORED_HASH', place: events(21, 30), also: ['RANGE_ROOT'] }),
  rechained(25, 28, { first: 'CHAIN_TRUNCATED', place: events(29, 30), also: ['RANGE_ROOT'] }),
  {
    name: 'one event is edited and hashed again with the stolen key',
    async happens(scene) {
      await scene.sql('DELETE FROM audit_events WHERE chain_index >= 15');
      await scene.append(1, 'k1');
      await scene.sql('INSERT INTO audit_events SELECT * FROM honest_events WHERE chain_index > 15');
    },
    verdict: 'tampered',
    first: 'EVENT_LINK',
    place: events(16),
    also: ['RANGE_ROOT'],
  },
];

/** What an attacker does to the events in the table. */
export const EVENT_SCENARIOS: readonly Scenario[] = [...EDITED, ...MOVED, ...IMPOSSIBLE, ...STOLEN_KEY];

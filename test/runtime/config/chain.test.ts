import { chainColumnFaults } from '../../../runtime/contract/chain-settings';
import { COLUMN_TYPES, DEFAULT_COLUMN_NAMES } from '../../../runtime/contract/columns';
import { linksLayout, parseColumnList, v1Layout } from '../../../runtime/domain/chain/columns';
import { formatColumnList } from '../../../runtime/domain/chain/column-list';
import { faultOf, faultsOf, load } from './environment';

describe('chain id', () => {
  test.each(['production', 'prod/eu', 'a.b_c-d', 'prod/_x'])('%s is accepted', (chainId) => {
    expect(load({ AUDIT_ANCHOR_CHAIN_ID: chainId }).chainId).toBe(chainId);
  });

  test.each(['prod eu', '/prod', 'prod/', 'a//b', 'prüf', '_prod', '_leaves/prod', 'a'.repeat(901)])(
    '%s is refused',
    (chainId) => {
      expect(faultOf({ AUDIT_ANCHOR_CHAIN_ID: chainId })).toMatchObject({
        setting: 'AUDIT_ANCHOR_CHAIN_ID',
        allowed: expect.stringContaining('letters, digits') as string,
      });
    },
  );
});

describe('table', () => {
  test.each([
    [{ AUDIT_EVENTS_TABLE: 'log' }, { schema: null, table: 'log' }],
    [{ AUDIT_EVENTS_TABLE: 'gateway.log' }, { schema: 'gateway', table: 'log' }],
    [{ AUDIT_EVENTS_RELATION: 'view' }, { schema: null, table: 'audit_events', relation: 'view' }],
    [{ AUDIT_EVENTS_SCHEMA: 'gateway' }, { schema: 'gateway', table: 'audit_events' }],
    [
      { AUDIT_EVENTS_TABLE: 'gateway.log', AUDIT_EVENTS_SCHEMA: 'gateway' },
      { schema: 'gateway', table: 'log' },
    ],
    [{ AUDIT_EVENTS_TABLE: 'Ereignisse-ß' }, { schema: null, table: 'Ereignisse-ß' }],
    [{ AUDIT_EVENTS_TABLE: 'a, b:"c".d%' }, { schema: 'a, b:"c"', table: 'd%' }],
  ])('%j', (changes, expected) => {
    expect(load(changes)).toMatchObject(expected);
  });

  test.each([
    [{ AUDIT_EVENTS_TABLE: 'a.b.c' }, 'AUDIT_EVENTS_TABLE'],
    [{ AUDIT_EVENTS_TABLE: '.log' }, 'AUDIT_EVENTS_TABLE'],
    [{ AUDIT_EVENTS_TABLE: '"log"' }, 'AUDIT_EVENTS_TABLE'],
    [{ AUDIT_EVENTS_TABLE: 'ä'.repeat(32) }, 'AUDIT_EVENTS_TABLE'],
    [{ AUDIT_EVENTS_SCHEMA: 'a.b' }, 'AUDIT_EVENTS_SCHEMA'],
    [{ AUDIT_EVENTS_RELATION: 'matview' }, 'AUDIT_EVENTS_RELATION'],
    [{ AUDIT_EVENTS_TABLE: 'gateway.log', AUDIT_EVENTS_SCHEMA: 'public' }, 'AUDIT_EVENTS_SCHEMA'],
  ])('%j is refused', (changes, setting) => {
    expect(faultOf(changes).setting).toBe(setting);
  });
});

describe('version 1 columns', () => {
  test('the default list', () => {
    expect(load().layout).toEqual(v1Layout());
  });

  test('renamed columns and another list', () => {
    const columns = 'seq:int4,at:timestamptz,kid:varchar,prev:bytea';
    const { layout } = load({
      AUDIT_EVENTS_COLUMNS: columns,
      AUDIT_EVENTS_INDEX_COLUMN: 'seq',
      AUDIT_EVENTS_PREV_HASH_COLUMN: 'prev',
      AUDIT_EVENTS_HASH_COLUMN: 'hash',
      AUDIT_EVENTS_KEY_ID_COLUMN: 'kid',
    });
    expect(layout).toMatchObject({
      format: 'v1',
      indexColumn: 'seq',
      prevHashColumn: 'prev',
      hashColumn: 'hash',
      keyIdColumn: 'kid',
    });
    expect(formatColumnList(layout.columns)).toBe(columns);
  });

  test('every wrong entry of the list is reported', () => {
    const faults = faultsOf({ AUDIT_EVENTS_COLUMNS: 'chain_index:int8,, a:text,details:jsonb' });
    expect(faults.map(({ setting }) => setting)).toEqual(Array(3).fill('AUDIT_EVENTS_COLUMNS'));
    expect(faults[2]?.found).toContain('"jsonb"');
  });

  test('a column listed twice', () => {
    expect(faultOf({ AUDIT_EVENTS_COLUMNS: 'a:text,a:text' }).found).toContain('"a" is listed twice');
  });

  test('each missing or mistyped chain column is reported under its own setting', () => {
    expect(
      faultsOf({
        AUDIT_EVENTS_COLUMNS: 'chain_index:text,event_hash:bytea,kid:text',
        AUDIT_EVENTS_KEY_ID_COLUMN: 'kid',
      }),
    ).toMatchObject([
      { setting: 'AUDIT_EVENTS_INDEX_COLUMN', found: 'column "chain_index" of type text' },
      {
        setting: 'AUDIT_EVENTS_PREV_HASH_COLUMN',
        allowed: expect.stringContaining('add prev_hash:bytea') as string,
      },
      { setting: 'AUDIT_EVENTS_HASH_COLUMN', found: 'column "event_hash", which AUDIT_EVENTS_COLUMNS lists' },
    ]);
  });

  test('any name that a column can have, encoded in the list and as it is in the other settings', () => {
    const { layout } = load({
      AUDIT_EVENTS_COLUMNS: 'a%2C %3A "b":int8,100%25:varchar,%2C:bytea',
      AUDIT_EVENTS_INDEX_COLUMN: 'a, : "b"',
      AUDIT_EVENTS_KEY_ID_COLUMN: '100%',
      AUDIT_EVENTS_PREV_HASH_COLUMN: ',',
      AUDIT_EVENTS_HASH_COLUMN: 'ü'.repeat(31),
    });
    expect(layout.columns.map(({ name }) => name)).toEqual(['a, : "b"', '100%', ',']);
    expect(layout).toMatchObject({ indexColumn: 'a, : "b"', keyIdColumn: '100%', prevHashColumn: ',' });
  });

  test('a column that is missing is shown as it has to be added', () => {
    expect(faultOf({ AUDIT_EVENTS_INDEX_COLUMN: 'a,b' })).toMatchObject({
      setting: 'AUDIT_EVENTS_INDEX_COLUMN',
      allowed: expect.stringContaining('add a%2Cb:int8 to the list') as string,
    });
  });

  test('a name that no column can have is reported once', () => {
    expect(faultOf({ AUDIT_EVENTS_INDEX_COLUMN: '"n"' }).setting).toBe('AUDIT_EVENTS_INDEX_COLUMN');
  });

  test('the checks here refuse what the chain format refuses, and nothing else', () => {
    const roles = ['chain_index', 'key_id', 'prev_hash'] as const;
    const good = { chain_index: 'int8', key_id: 'text', prev_hash: 'bytea' };
    let refused = 0;
    for (const role of roles) {
      for (const type of COLUMN_TYPES) {
        const list = Object.entries({ ...good, [role]: type }).map(([name, of]) => `${name}:${of}`);
        const columns = parseColumnList(list.join(','));
        const faults = chainColumnFaults(columns, DEFAULT_COLUMN_NAMES, { name: (setting) => setting });
        const layout = () => v1Layout(columns);
        if (faults.length > 0) {
          expect(layout).toThrow(expect.objectContaining({ code: 'COLUMN_LIST_INVALID' }) as Error);
          refused++;
        } else {
          expect(layout()).toMatchObject({ format: 'v1' });
        }
      }
    }
    expect(refused).toBeGreaterThan(0);
  });
});

describe('foreign chains', () => {
  const AUDIT_CHAIN_FORMAT = 'links';

  test('need names only, and no keys', () => {
    const config = load({
      AUDIT_CHAIN_FORMAT,
      AUDIT_EVENTS_INDEX_COLUMN: 'seq',
      AUDIT_EVENTS_PREV_HASH_COLUMN: 'prev',
      AUDIT_EVENTS_HASH_COLUMN: 'hash',
      AUDIT_EVENTS_KEY_ID_COLUMN: 'none',
      AUDIT_HMAC_KEYS: undefined,
    });
    const names = { index: 'seq', prevHash: 'prev', hash: 'hash', keyId: null };
    expect(config.layout).toEqual(linksLayout(names));
    expect(config.keyRing).toMatchObject({ ids: [], activeKeyId: null });
  });

  test('a list names the columns to cover, of any type, and those of the chain among them', () => {
    const list = 'chain_index:bigint,odd%2Cname:public.severity,prev_hash:text,event_hash:character varying';
    expect(load({ AUDIT_CHAIN_FORMAT, AUDIT_EVENTS_COLUMNS: list }).layout.list).toBe(list);
    expect(
      faultOf({ AUDIT_CHAIN_FORMAT, AUDIT_EVENTS_COLUMNS: 'chain_index:int8,prev_hash:bytea' }),
    ).toMatchObject({
      setting: 'AUDIT_EVENTS_COLUMNS',
      found: expect.stringContaining('event_hash') as string,
    });
    for (const entry of ['actor', ':text', 'actor:', 'a%b:text', 'event_hash:text']) {
      const columns = `chain_index:bigint,prev_hash:bytea,event_hash:bytea,${entry}`;
      expect(faultOf({ AUDIT_CHAIN_FORMAT, AUDIT_EVENTS_COLUMNS: columns })).toMatchObject({
        setting: 'AUDIT_EVENTS_COLUMNS',
      });
    }
  });

  test('one column cannot have two roles', () => {
    expect(faultOf({ AUDIT_CHAIN_FORMAT, AUDIT_EVENTS_PREV_HASH_COLUMN: 'event_hash' }).found).toContain(
      'four different columns',
    );
  });

  test('only they can do without a key id', () => {
    expect(faultOf({ AUDIT_EVENTS_KEY_ID_COLUMN: 'none' })).toMatchObject({
      setting: 'AUDIT_EVENTS_KEY_ID_COLUMN',
      allowed: expect.stringContaining('AUDIT_CHAIN_FORMAT=links') as string,
    });
  });

  test('another format is refused', () => {
    expect(faultOf({ AUDIT_CHAIN_FORMAT: 'v2' })).toMatchObject({
      setting: 'AUDIT_CHAIN_FORMAT',
      found: '"v2"',
    });
  });
});

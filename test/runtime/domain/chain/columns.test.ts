import fc from 'fast-check';
import { isName } from '../../../../runtime/contract/columns';
import {
  DEFAULT_COLUMN_LIST,
  linksLayout,
  parseColumnList,
  v1Layout,
} from '../../../../runtime/domain/chain/columns';
import { formatColumnList } from '../../../../runtime/domain/chain/column-list';

const NAMES = { index: 'n', prevHash: 'prev', hash: 'own', keyId: 'kid' };
const LIST = 'n:int8,what:text,kid:text,prev:bytea';

function refused(message: RegExp): Error {
  return expect.objectContaining({
    code: 'COLUMN_LIST_INVALID',
    message: expect.stringMatching(message) as string,
  }) as Error;
}

test.each([
  [DEFAULT_COLUMN_LIST],
  [LIST],
  ['n:int2'],
  ['größe:int4,日本:uuid,a.b-c:bool'],
  [`${'x'.repeat(63)}:varchar`],
  [`${'ü'.repeat(31)}:varchar`],
  ['a b:text,a\tb:text,a\nb:text,a"b:text,":text,a\'b:text,$1:text,a%25%3Ab%2Cc:text,%2525:text,none:text'],
])('the list reads back as it was: %s', (list) => {
  expect(formatColumnList(parseColumnList(list))).toBe(list);
});

test.each([
  ['', /entry ""/],
  ['n', /entry "n" is not name:type/],
  [':int8', /is not name:type/],
  ['n:', /type ""; allowed: int8/],
  ['n:jsonb', /type "jsonb"; allowed/],
  ['n:INT8', /type "INT8"/],
  ['n: int8', /type " int8"/],
  [' n:int8', /is not name:type/],
  ['n:int8,', /entry ""/],
  ['a:b:int8', /is not name:type/],
  ['n\t:int8', /is not name:type/],
  ['"n":int8', /is not name:type/],
  ['n\0:int8', /is not name:type/],
  ['n\ud800:int8', /is not name:type/],
  ['a%b:int8', /is not name:type/],
  ['a%3ab:int8', /is not name:type/],
  ['n:int8,n:text', /"n" is listed twice/],
  [`${'x'.repeat(64)}:text`, /1 to 63 bytes/],
  [`${'ü'.repeat(32)}:text`, /1 to 63 bytes/],
])('refused list: %j', (list, message) => {
  expect(() => parseColumnList(list)).toThrow(refused(message));
});

test('whatever a column is called, its name comes back from a list', () => {
  const names = fc.string({ unit: 'binary', minLength: 1, maxLength: 15 }).filter(isName);
  const marks = fc
    .constantFrom('%', ',', ':', '"', ' ', '%2C', '%25', 'ä', '\u{1F600}')
    .map((mark) => `a${mark}b`);
  fc.assert(
    fc.property(fc.uniqueArray(fc.oneof(names, marks), { minLength: 1, maxLength: 9 }), (list) => {
      const columns = list.map((name) => ({ name, type: 'text' as const }));
      expect(parseColumnList(formatColumnList(columns))).toEqual(columns);
    }),
  );
});

test('a version 1 chain on a table with other names', () => {
  expect(v1Layout(parseColumnList(LIST), NAMES)).toEqual({
    format: 'v1',
    columns: parseColumnList(LIST),
    list: null,
    indexColumn: 'n',
    prevHashColumn: 'prev',
    hashColumn: 'own',
    keyIdColumn: 'kid',
  });
});

test.each([
  ['no index', 'what:text,kid:text,prev:bytea', NAMES, /index column "n" is not in the column list/],
  ['no previous hash', 'n:int8,kid:text', NAMES, /previous hash column "prev" is not in/],
  ['no key id', 'n:int8,prev:bytea', NAMES, /key id column "kid" is not in/],
  [
    'an index of another type',
    LIST.replace('int8', 'text'),
    NAMES,
    /index column "n" has type text; allowed: int8/,
  ],
  ['a link of another type', LIST.replace('bytea', 'text'), NAMES, /has type text; allowed: bytea/],
  ['a key id of another type', 'n:int8,kid:uuid,prev:bytea', NAMES, /has type uuid; allowed: text, varchar/],
  ['the hash among what it covers', `${LIST},own:bytea`, NAMES, /hash column "own" cannot be among/],
  ['no name for the key id', LIST, { ...NAMES, keyId: null }, /needs a key id column/],
])('refused layout: %s', (_, list, names, message) => {
  expect(() => v1Layout(parseColumnList(list), names)).toThrow(refused(message));
});

test('a foreign chain covers every column of its table, or those of a list', () => {
  expect(linksLayout(NAMES)).toMatchObject({ format: 'links', columns: [], list: null });
  const list = 'own:bytea,prev:bytea,n:bigint,a%2Cb%3A%25:numeric';
  expect(linksLayout({ ...NAMES, keyId: null }, list)).toMatchObject({ list, keyIdColumn: null });
});

test.each(['n:bigint,prev:bytea', 'n:bigint,own:bytea', 'prev:bytea,own:bytea', 'n,prev:bytea,own:bytea'])(
  'a list that leaves out a column of the chain is refused: %s',
  (list) => {
    expect(() => linksLayout(NAMES, list)).toThrow(refused(/not in the column list|not name:type/));
  },
);

test.each([
  { ...NAMES, hash: 'prev' },
  { ...NAMES, keyId: 'n' },
  { ...NAMES, prevHash: 'n' },
])('four different columns: %j', (names) => {
  expect(() => linksLayout(names)).toThrow(refused(/four different columns/));
});

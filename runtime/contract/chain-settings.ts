import { DEFAULTS, type ENV } from '../contract';
import {
  type ColumnList,
  type ColumnNames,
  type ColumnType,
  DEFAULT_COLUMN_LIST,
  DEFAULT_COLUMN_NAMES,
  encodeColumnText,
  INDEX_TYPES,
  isName,
  KEY_ID_TYPES,
  type ListedColumn,
  NAME_RULE,
  readColumnList,
  readListedColumnList,
} from './columns';

/**
 * What settings of a table and of its chain have to be, each and held against each other: the program reads them by
 * these rules, and the constructs refuse at synth what it would refuse in the task.
 */

export const CHAIN_SETTINGS = [
  'chainFormat',
  'eventsTable',
  'eventsSchema',
  'eventsRelation',
  'eventsColumns',
  'indexColumn',
  'prevHashColumn',
  'hashColumn',
  'keyIdColumn',
] as const satisfies readonly (keyof typeof ENV)[];
export type ChainSetting = (typeof CHAIN_SETTINGS)[number];

/** Values by setting; an absent one has its default, and null is one that is known later, which nothing is held against. */
export type ChainTexts = Readonly<Partial<Record<ChainSetting, string | null>>>;

export interface ChainFault {
  readonly setting: ChainSetting;
  readonly found: string;
  readonly allowed: string;
}

/** How faults name settings and show values to the person who set them. */
export interface Wording {
  readonly quoted: (value: string) => string;
  readonly name: (setting: ChainSetting) => string;
  /** A setting together with its value. */
  readonly set: (setting: ChainSetting, value: string) => string;
}

/** Value of `keyIdColumn` for a foreign chain without key ids. */
export const NO_KEY_ID = 'none';

/** What the name of the table may stand for: a plain or partitioned table, or also a view or a foreign table. */
export const RELATIONS = ['table', 'view'] as const;
export type AllowedRelation = (typeof RELATIONS)[number];

/** Faults of the table, which may be written `schema.table`, of its schema, and of what it may be. */
export function tableFaults(
  { eventsTable = DEFAULTS.eventsTable, eventsSchema = null, eventsRelation = null }: ChainTexts,
  { quoted, name, set }: Wording,
): ChainFault[] {
  const faults: ChainFault[] = [];
  const parts = eventsTable?.split('.') ?? [];
  if (eventsTable !== null && (parts.length > 2 || !parts.every(isName))) {
    const allowed = `table or schema.table, each a name without dot of ${NAME_RULE}`;
    faults.push({ setting: 'eventsTable', found: quoted(eventsTable), allowed });
  }
  if (eventsRelation !== null && !RELATIONS.some((allowed) => allowed === eventsRelation)) {
    const allowed = 'table, or view where the events are meant to be read through a view or a foreign table';
    faults.push({ setting: 'eventsRelation', found: quoted(eventsRelation), allowed });
  }
  if (eventsSchema === null) return faults;
  if (!isName(eventsSchema) || eventsSchema.includes('.')) {
    faults.push({
      setting: 'eventsSchema',
      found: quoted(eventsSchema),
      allowed: `a name without dot of ${NAME_RULE}`,
    });
  }
  const [prefix] = parts.length === 2 ? parts : [];
  if (prefix !== undefined && prefix !== eventsSchema) {
    faults.push({
      setting: 'eventsSchema',
      found: `${quoted(eventsSchema)} next to ${set('eventsTable', quoted(eventsTable ?? ''))}`,
      allowed: `the same schema in both, or no schema in ${name('eventsTable')}`,
    });
  }
  return faults;
}

/** Faults of the format and the columns of a chain; those that others would only follow from are told alone. */
export function layoutFaults(given: ChainTexts, wording: Wording): ChainFault[] {
  const { chainFormat: format = 'v1' } = given;
  if (format !== null && format !== 'v1' && format !== 'links') {
    const allowed =
      'v1 (events are recomputed) or links (a foreign chain: links, and contents from their anchor on)';
    return [{ setting: 'chainFormat', found: wording.quoted(format), allowed }];
  }
  const faults = nameFaults(given, format, wording);
  if (faults.length > 0) return faults;
  const { columns, problems } = format === 'v1' ? columnsOf(given) : listedColumnsOf(given);
  if (problems.length > 0) return problems.map((problem) => ({ setting: 'eventsColumns', ...problem }));
  if (LAYOUT_SETTINGS.some((setting) => given[setting] === null)) return [];
  const names = columnNamesOf(given);
  return format === 'v1' ? chainColumnFaults(columns, names, wording) : foreignFaults(given, columns, names);
}

const NAME_SETTINGS = {
  keyId: 'keyIdColumn',
  index: 'indexColumn',
  prevHash: 'prevHashColumn',
  hash: 'hashColumn',
} as const satisfies Record<keyof ColumnNames, ChainSetting>;

const LAYOUT_SETTINGS: readonly ChainSetting[] = [
  'chainFormat',
  'eventsColumns',
  ...Object.values(NAME_SETTINGS),
];

/** The chain columns as they were named, or as they are called by default. */
export function columnNamesOf(given: ChainTexts): ColumnNames {
  const { index, prevHash, hash, keyId } = DEFAULT_COLUMN_NAMES;
  const { keyIdColumn = keyId } = given;
  return {
    index: given.indexColumn ?? index,
    prevHash: given.prevHashColumn ?? prevHash,
    hash: given.hashColumn ?? hash,
    keyId: keyIdColumn === NO_KEY_ID ? null : keyIdColumn,
  };
}

function nameFaults(given: ChainTexts, format: string | null, { quoted, set }: Wording): ChainFault[] {
  const faults: ChainFault[] = [];
  for (const setting of Object.values(NAME_SETTINGS)) {
    const name = given[setting];
    if (typeof name !== 'string') continue;
    if (!isName(name)) faults.push({ setting, found: quoted(name), allowed: `a name of ${NAME_RULE}` });
    if (setting === 'keyIdColumn' && name === NO_KEY_ID && format === 'v1') {
      const allowed = `the name of a column; only ${set('chainFormat', 'links')} can do without one`;
      faults.push({ setting, found: quoted(name), allowed });
    }
  }
  return faults;
}

/** The hashed columns of a version 1 chain. */
export function columnsOf({ eventsColumns }: ChainTexts): ColumnList {
  return readColumnList(eventsColumns ?? DEFAULT_COLUMN_LIST);
}

/** The columns that are listed for a foreign chain, which needs no list. */
function listedColumnsOf({ eventsColumns }: ChainTexts): ColumnList<ListedColumn> {
  return typeof eventsColumns === 'string'
    ? readListedColumnList(eventsColumns)
    : { columns: [], problems: [] };
}

interface Role {
  readonly role: keyof typeof NAME_SETTINGS;
  readonly types: readonly ColumnType[];
}

const LISTED_ROLES: readonly Role[] = [
  { role: 'index', types: INDEX_TYPES },
  { role: 'prevHash', types: ['bytea'] },
  { role: 'keyId', types: KEY_ID_TYPES },
];

/**
 * What keeps a column list from being a version 1 layout, one fault per chain column and under its own setting;
 * `v1Layout` of the domain stops at the first.
 */
export function chainColumnFaults(
  columns: readonly ListedColumn[],
  names: ColumnNames,
  wording: Pick<Wording, 'name'>,
): ChainFault[] {
  const faults: ChainFault[] = [];
  const list = wording.name('eventsColumns');
  for (const { role, types } of LISTED_ROLES) {
    const setting = NAME_SETTINGS[role];
    const name = names[role];
    if (name === null) continue;
    const column = columns.find((candidate) => candidate.name === name);
    if (!column) {
      faults.push({
        setting,
        found: `column "${name}", which ${list} does not list`,
        allowed: `a listed column of type ${types.join(', ')}; add ${encodeColumnText(name)}:${types[0] ?? ''} to the list or name another column`,
      });
    } else if (!types.some((type) => type === column.type)) {
      faults.push({
        setting,
        found: `column "${name}" of type ${column.type}`,
        allowed: `a column of type ${types.join(', ')}`,
      });
    }
  }
  if (columns.some(({ name }) => name === names.hash)) {
    faults.push({
      setting: 'hashColumn',
      found: `column "${names.hash}", which ${list} lists`,
      allowed: 'a column outside of the list, because a hash cannot cover itself; remove it from the list',
    });
  }
  return faults;
}

/** What keeps columns from being a foreign chain: each has one role, and a list leaves out none of the chain. */
function foreignFaults(
  { eventsColumns }: ChainTexts,
  columns: readonly ListedColumn[],
  names: ColumnNames,
): ChainFault[] {
  if (new Set(Object.values(names)).size !== LAYOUT_COLUMNS) {
    return [
      {
        setting: 'indexColumn',
        found: 'index, previous hash, hash and key id must be four different columns',
        allowed: 'a column of its own for each of the four',
      },
    ];
  }
  if (typeof eventsColumns !== 'string') return [];
  const absent = [names.index, names.prevHash, names.hash].filter(
    (name) => !columns.some((column) => column.name === name),
  );
  return absent.map((name) => ({
    setting: 'eventsColumns',
    found: `a list without column "${name}"`,
    allowed: 'index, previous hash and hash in every list; add the column with its type',
  }));
}

const LAYOUT_COLUMNS = Object.keys(NAME_SETTINGS).length;

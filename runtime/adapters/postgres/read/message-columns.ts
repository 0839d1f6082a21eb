import type { ChainLayout } from '../../../domain/chain/columns';
import { formatColumnList, type ListedColumn, readListedColumns } from '../../../domain/chain/column-list';
import { type HashForm, textForm } from '../../../domain/chain/stored-hash';
import { type HashForms, linksTuples, type TupleLayout, v1Tuples } from '../../../domain/chain/tuple-layout';
import type { ConfigFault } from '../../../errors';
import {
  type CatalogColumn,
  type CatalogType,
  findCatalogColumns,
  findCatalogTypes,
} from './catalog-columns';
import type { Connection } from '../connection';
import { quoteIdentifier } from '../quoting';
import { requireShape, shapeError, type Table } from '../table';

/** How the columns of one list are read. */
export interface MessageColumns {
  /** The list, as it stands in an anchor. */
  readonly list: string;
  /** The fields of a tuple, as COPY is asked for them. */
  readonly expressions: readonly string[];
  readonly tuples: TupleLayout;
}

/** How a table is read. */
export interface TableColumns {
  /** What messages cover now. */
  readonly inForce: MessageColumns;
  /** Name of the first column with a time; null without one. */
  readonly timeColumn: string | null;
  /** The hash as it is stored, as `bytea`; NULL where it is. */
  readonly storedHash: string;
  /** @throws ConfigError `TABLE_SHAPE` when the table no longer has what the list names */
  of(list: string): Promise<MessageColumns>;
}

const INTEGERS = ['smallint', 'integer', 'bigint'];
/** What an integer of the narrower type may be, and what it is sent with. */
const NARROW: Readonly<Record<string, { readonly bound: string; readonly sent: string }>> = {
  smallint: { bound: '-32768 AND 32767', sent: 'pg_catalog.int2send(?::pg_catalog.int2)' },
  integer: { bound: '-2147483648 AND 2147483647', sent: 'pg_catalog.int4send(?::pg_catalog.int4)' },
};
const SENT_AS_IT_IS: Readonly<Record<string, string>> = {
  integer: 'pg_catalog.int4send(?)',
  bigint: 'pg_catalog.int8send(?)',
};
const TEXTS = ['text', 'character varying'];
/** Types that can hold a hash, with what sends them. */
const HASH_SENDERS: Readonly<Record<string, string>> = {
  bytea: 'pg_catalog.byteasend',
  text: 'pg_catalog.textsend',
  'character varying': 'pg_catalog.varcharsend',
  character: 'pg_catalog.bpcharsend',
};

function missing(name: string, allowed: string): ConfigFault {
  return { setting: `column "${name}"`, found: 'no such column', allowed };
}

/**
 * What COPY is asked for, so that it sends the bytes of the listed type; null when nothing does. An integer that does
 * not fit into a narrower type is sent as it is: a changed row, and no error.
 */
function expressionOf(column: CatalogColumn, listed: CatalogType): string | null {
  const { quoted, base, output } = column;
  if (base === listed.base || (TEXTS.includes(base) && TEXTS.includes(listed.base))) {
    return column.readAs === 'binary' ? quoted : `pg_catalog.textin(${output}(${quoted}))`;
  }
  const narrow = NARROW[listed.base];
  const wide = SENT_AS_IT_IS[base];
  if (!narrow || !wide || INTEGERS.indexOf(base) < INTEGERS.indexOf(listed.base)) return null;
  const [fitting, other] = [narrow.sent, wide].map((sent) => sent.replace('?', quoted));
  return `CASE WHEN ${quoted} BETWEEN ${narrow.bound} THEN ${fitting} ELSE ${other} END`;
}

/** The columns of a foreign chain, as the table has them. */
class LinksColumns {
  constructor(
    private readonly connection: Connection,
    private readonly table: Table,
    private readonly layout: ChainLayout,
    readonly columns: readonly CatalogColumn[],
  ) {}

  column(name: string): CatalogColumn | undefined {
    return this.columns.find((column) => column.name === name);
  }

  /** @throws ConfigError `TABLE_SHAPE` when the columns of the chain are not there, or have types that no chain has */
  requireChain(): void {
    const { indexColumn, prevHashColumn, hashColumn, keyIdColumn } = this.layout;
    const hashTypes = Object.keys(HASH_SENDERS);
    const wanted = [
      { name: indexColumn, types: INTEGERS },
      { name: prevHashColumn, types: hashTypes },
      { name: hashColumn, types: hashTypes },
      ...(keyIdColumn === null ? [] : [{ name: keyIdColumn, types: TEXTS }]),
    ];
    const faults = wanted.flatMap(({ name, types }): ConfigFault[] => {
      const column = this.column(name);
      if (!column) return [missing(name, types.join(', '))];
      if (types.includes(column.base)) return [];
      return [{ setting: `column "${name}"`, found: column.type, allowed: types.join(', ') }];
    });
    if (faults.length > 0) throw shapeError(this.table, faults);
  }

  /** What all columns give, or those that a setting names, in the order of the table. */
  listInForce(): readonly ListedColumn[] {
    const { list } = this.layout;
    if (list === null) return this.columns;
    const named = readListedColumns(list);
    const position = ({ name }: ListedColumn): number =>
      this.columns.findIndex((column) => column.name === name);
    return [...named].sort((a, b) => position(a) - position(b));
  }

  async read(listed: readonly ListedColumn[], forms: HashForms): Promise<MessageColumns> {
    const others = listed.filter(({ name, type }) => this.column(name)?.type !== type);
    const types = await findCatalogTypes(
      this.connection,
      others.map(({ type }) => type),
    );
    const faults: ConfigFault[] = [];
    const expressions = listed.map(({ name, type }) => {
      const column = this.column(name);
      const known = column?.type === type ? column : types.get(type);
      const expression = column && known ? expressionOf(column, known) : null;
      if (!column) faults.push(missing(name, type));
      else if (column.readAs === 'refused') {
        const allowed = 'a type with a send function; name the columns to cover in AUDIT_EVENTS_COLUMNS';
        faults.push({ setting: `column "${name}"`, found: column.type, allowed });
      } else if (expression === null) {
        faults.push({ setting: `column "${name}"`, found: column.type, allowed: type });
      }
      return expression ?? '';
    });
    const names = listed.map(({ name }) => name);
    const { indexColumn, prevHashColumn, hashColumn } = this.layout;
    for (const name of [indexColumn, prevHashColumn, hashColumn]) {
      if (!names.includes(name))
        faults.push({ setting: `column "${name}"`, found: 'not listed', allowed: 'a listed column' });
    }
    if (faults.length > 0) throw shapeError(this.table, faults);
    return { list: formatColumnList(listed), expressions, tuples: linksTuples(names, this.layout, forms) };
  }

  /** Which encoding the hashes have: that of the first events, for the whole chain. */
  async hashForms(): Promise<HashForms> {
    const { indexColumn, prevHashColumn, hashColumn } = this.layout;
    const [prevHash, hash] = [this.stored(prevHashColumn), this.stored(hashColumn)];
    const isText = (name: string): boolean => this.column(name)?.base !== 'bytea';
    if (!isText(prevHashColumn) && !isText(hashColumn)) return { prevHash: 'bytes', hash: 'bytes' };
    const index = quoteIdentifier(indexColumn);
    const rows = await this.connection.query<{ prev: Buffer | null; own: Buffer | null }>(
      `SELECT ${prevHash} AS prev, ${hash} AS own FROM ${this.table.qualified}
       WHERE ${index} >= 0 ORDER BY ${index} LIMIT 2`,
    );
    const form = (name: string, values: readonly (Buffer | null)[]): HashForm =>
      isText(name) ? textForm(values) : 'bytes';
    return {
      // That of the first event may be any constant.
      prevHash: form(
        prevHashColumn,
        rows.slice(1).map(({ prev }) => prev),
      ),
      hash: form(
        hashColumn,
        rows.map(({ own }) => own),
      ),
    };
  }

  /** A hash as it is stored, as `bytea`. */
  stored(name: string): string {
    const column = this.column(name);
    return `${HASH_SENDERS[column?.base ?? 'bytea'] ?? ''}(${column?.quoted ?? ''})`;
  }
}

/** The hashed columns of a version 1 chain and its hash. */
export function v1Columns(layout: ChainLayout): TableColumns {
  const list = formatColumnList(layout.columns);
  const names = [...layout.columns.map(({ name }) => name), layout.hashColumn];
  const inForce = { list, expressions: names.map(quoteIdentifier), tuples: v1Tuples(layout) };
  return {
    inForce,
    timeColumn: layout.columns.find(({ type }) => type === 'timestamptz')?.name ?? null,
    storedHash: quoteIdentifier(layout.hashColumn),
    of: () => Promise.resolve(inForce),
  };
}

/**
 * No setting of user, database or server decides what a value is read as. A chain of our own has no type that depends on
 * one, and the fewer settings a session shows, the less it can be told from others.
 */
const READ_TEXT_ALIKE = `SET LOCAL TimeZone = 'UTC';
  SET LOCAL DateStyle = 'ISO';
  SET LOCAL IntervalStyle = 'postgres';
  SET LOCAL bytea_output = 'hex';
  SET LOCAL extra_float_digits = 1;
  SET LOCAL lc_monetary = 'C';
  SET LOCAL xmloption = 'content'`;

/**
 * Looks up how the table is read.
 * @throws ConfigError `TABLE_SHAPE` with every fault
 */
export async function columnsOf(
  connection: Connection,
  table: Table,
  layout: ChainLayout,
): Promise<TableColumns> {
  if (layout.format === 'v1') {
    requireShape(table, layout, 'read');
    return v1Columns(layout);
  }
  await connection.query(READ_TEXT_ALIKE);
  const links = new LinksColumns(connection, table, layout, await findCatalogColumns(connection, table.oid));
  links.requireChain();
  const forms = await links.hashForms();
  const inForce = await links.read(links.listInForce(), forms);
  const known = new Map([[inForce.list, inForce]]);
  return {
    inForce,
    timeColumn: links.columns.find(({ base }) => base === 'timestamp with time zone')?.name ?? null,
    storedHash: links.stored(layout.hashColumn),
    async of(list) {
      const columns = known.get(list) ?? (await links.read(readListedColumns(list), forms));
      known.set(list, columns);
      return columns;
    },
  };
}

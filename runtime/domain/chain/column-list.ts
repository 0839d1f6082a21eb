import { decodeColumnText, encodeColumnText } from '../../contract/columns';
import { FormatError } from '../../errors';

/** A column whose bytes a message covers. */
export interface ListedColumn {
  readonly name: string;
  /** Of `v1` a type of the chain format, of the other formats what PostgreSQL's `format_type` says. */
  readonly type: string;
}

/** The exact text that is bound into the chain key and stands in anchors: `name:type,name:type`. */
export function formatColumnList(columns: readonly ListedColumn[]): string {
  return columns.map(({ name, type }) => `${encodeColumnText(name)}:${encodeColumnText(type)}`).join(',');
}

/** Null when the entry is not `name:type`. */
function readEntry(entry: string): ListedColumn | null {
  const parts = entry.split(':');
  const [name, type] = parts.map(decodeColumnText);
  return parts.length === 2 && name && type ? { name, type } : null;
}

/**
 * Reads the list of an anchor. The text may come from an attacker.
 * @throws FormatError `COLUMN_LIST_INVALID` naming the entry
 */
export function readListedColumns(text: string): readonly ListedColumn[] {
  const seen = new Set<string>();
  return text.split(',').map((entry) => {
    const column = readEntry(entry);
    const shown = JSON.stringify(entry.slice(0, 80));
    if (column === null) {
      throw new FormatError('COLUMN_LIST_INVALID', `entry ${shown} is not name:type`);
    }
    if (seen.has(column.name)) {
      throw new FormatError('COLUMN_LIST_INVALID', `entry ${shown} names a column that is listed already`);
    }
    seen.add(column.name);
    return column;
  });
}

import { encodeColumnText, type ListedColumn, readListedColumnList } from '../../contract/columns';
import { FormatError } from '../../errors';

export type { ListedColumn };

/** The exact text that is bound into the chain key and stands in anchors: `name:type,name:type`. */
export function formatColumnList(columns: readonly ListedColumn[]): string {
  return columns.map(({ name, type }) => `${encodeColumnText(name)}:${encodeColumnText(type)}`).join(',');
}

/**
 * Reads the list of an anchor. The text may come from an attacker.
 * @throws FormatError `COLUMN_LIST_INVALID` naming the entry
 */
export function readListedColumns(text: string): readonly ListedColumn[] {
  const { columns, problems } = readListedColumnList(text);
  const [problem] = problems;
  if (problem) throw new FormatError('COLUMN_LIST_INVALID', `${problem.found}; allowed: ${problem.allowed}`);
  return columns;
}

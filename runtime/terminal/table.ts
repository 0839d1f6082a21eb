import { padEnd, padStart, textWidth, wrap } from './text-width';

const GAP = '  ';
/** Below this a column cannot be read; the terminal may break the line instead. */
const MIN_COLUMN = 20;

/** Width of output that goes to no terminal: nothing is wrapped, so that it can be searched. */
export const UNLIMITED = Infinity;

interface Layout {
  /** Columns of the terminal; `UNLIMITED` for none. */
  readonly width: number;
  /** Spaces before each line. */
  readonly indent?: number;
}

function room(width: number, used: number): number {
  return Math.max(MIN_COLUMN, width - used);
}

/** Lines `key  value` with the values below each other; long values continue below themselves. */
export function keyValueLines(
  rows: readonly (readonly [key: string, value: string])[],
  { width, indent = 0 }: Layout,
): string[] {
  const keyWidth = Math.max(0, ...rows.map(([key]) => textWidth(key)));
  const left = ' '.repeat(indent);
  const used = indent + keyWidth + GAP.length;
  return rows.flatMap(([key, value]) =>
    wrap(value, room(width, used)).map((line, index) =>
      `${left}${padEnd(index === 0 ? key : '', keyWidth)}${GAP}${line}`.trimEnd(),
    ),
  );
}

export interface Column {
  readonly title: string;
  /** `right` for numbers. */
  readonly align?: 'left' | 'right';
}

/** A table without borders: a line of titles, then one row each; the last column wraps. */
export function tableLines(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  { width, indent = 0 }: Layout,
): string[] {
  const all = [columns.map(({ title }) => title), ...rows];
  const widths = columns.map((_, index) => Math.max(...all.map((row) => textWidth(row[index] ?? ''))));
  const last = columns.length - 1;
  const used = indent + widths.slice(0, last).reduce((sum, size) => sum + size + GAP.length, 0);
  const lastWidth = Math.min(widths[last] ?? 0, room(width, used));
  const cell = (text: string, index: number) => {
    const size = index === last ? lastWidth : (widths[index] ?? 0);
    return columns[index]?.align === 'right' ? padStart(text, size) : padEnd(text, size);
  };
  return all.flatMap((row) =>
    wrap(row[last] ?? '', lastWidth).map((line, index) => {
      const cells = columns.map((_, column) =>
        column === last ? line : index === 0 ? (row[column] ?? '') : '',
      );
      return `${' '.repeat(indent)}${cells.map(cell).join(GAP)}`.trimEnd();
    }),
  );
}

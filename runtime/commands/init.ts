import { EXIT } from '../contract';
import { counted } from '../terminal/duration';
import { tableLines, UNLIMITED } from '../terminal/table';
import type { Outcome } from './outcome';

export interface Initialised {
  readonly schema: string;
  readonly table: string;
  readonly objects: readonly {
    readonly kind: string;
    readonly name: string;
    readonly state: 'created' | 'exists';
  }[];
  readonly partitions: readonly {
    readonly schema: string;
    readonly table: string;
    readonly state: 'created' | 'exists';
  }[];
}

const LATER =
  'Run init again after a partition is attached: PostgreSQL gives it no trigger against TRUNCATE.';

export function initOutcome(result: Initialised): Outcome {
  return {
    exitCode: EXIT.ok,
    document: result,
    text: (colors) => {
      const { partitions } = result;
      const created = [...result.objects, ...partitions].filter(({ state }) => state === 'created').length;
      const title = created === 0 ? 'everything was already there' : `${counted(created, 'object')} created`;
      const rows = [
        ...result.objects.map(({ kind, name, state }) => [kind, name, state]),
        ...partitions.map(({ schema, table, state }) => [
          'trigger of partition',
          `${schema}.${table}`,
          state,
        ]),
      ];
      const columns = [{ title: 'object' }, { title: 'name' }, { title: 'state' }];
      return [
        `${colors.good('✔')} ${result.schema}.${result.table}: ${title}`,
        ...tableLines(columns, rows, { width: UNLIMITED, indent: 2 }),
        ...(partitions.length > 0 ? [`  ${LATER}`] : []),
      ];
    },
  };
}

/** The statements of `init --print`; with --json as one string. */
export function initSqlOutcome(sql: string): Outcome {
  return { exitCode: EXIT.ok, document: { sql }, text: () => [sql.trimEnd()], asked: true };
}

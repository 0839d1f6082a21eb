import { formatCount, formatDuration } from '../terminal/duration';
import type { Column } from '../terminal/table';
import { tableLines, UNLIMITED } from '../terminal/table';
import { dollars } from './cost-text';
import type { FullVerificationCost } from './full-verification';
import { START_SECONDS, STEP_SECONDS } from './full-verification';
import type { FullVerificationQuestion } from './full-verification-options';
import type { PriceName } from './prices';
import { PRICES_AS_OF, PRICES_REGION } from './prices';

/** One row: a number of events, and what each number of tasks makes of it. */
export interface FullVerificationRow {
  readonly events: number;
  readonly byTasks: readonly (FullVerificationCost & { readonly tasks: number })[];
}

/** Events as 10^9 where they are a power of ten. */
function power(events: number): string {
  const exponent = Math.log10(events);
  return Number.isInteger(exponent) ? `10^${exponent}` : formatCount(events);
}

/** The table of times and prices, and what it rests on. */
export function fullVerificationText(
  { tasks, taskRate, databaseRate }: FullVerificationQuestion,
  rows: readonly FullVerificationRow[],
  changed: readonly PriceName[],
): string[] {
  const columns: Column[] = [
    { title: 'events' },
    ...tasks.map((count): Column => ({ title: count === 1 ? '1 task' : `${count} tasks`, align: 'right' })),
  ];
  const cells = rows.map(({ events, byTasks }) => [
    power(events),
    ...byTasks.map(
      ({ seconds, usd, databaseIsLimit }) =>
        `${formatDuration(seconds)}, ${dollars(usd)} USD${databaseIsLimit ? ' *' : ''}`,
    ),
  ]);
  const limited = rows.some(({ byTasks }) => byTasks.some(({ databaseIsLimit }) => databaseIsLimit));
  return [
    ...tableLines(columns, cells, { width: UNLIMITED }),
    '',
    `One run of --full-verification at ${formatCount(taskRate)} events per second and task${databaseRate === null ? ', as long as the database keeps up' : ''}; ${START_SECONDS} s for`,
    `each start of a task, ${STEP_SECONDS} s each for plan and merge. What the database costs while it is read is not included.`,
    ...(limited
      ? [
          `* read at ${formatCount(databaseRate ?? 0)} events per second, which is all that the database gives: more tasks wait.`,
        ]
      : []),
    `List prices of ${PRICES_REGION}, put together on ${PRICES_AS_OF}${changed.length === 0 ? '' : `, ${changed.length} of them changed by --prices`}.`,
  ];
}

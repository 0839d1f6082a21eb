import { peakRss } from '../machine';

/** What a timed program is told, through its environment. */
export interface Task {
  readonly url: string;
  readonly table: string;
  /** First chain index to read; 1 for the whole chain. */
  readonly from: number;
  /** Index of the last event that was anchored. */
  readonly last: number;
  /** Hash of the event before `from`. */
  readonly firstLink: string;
  /** File with the checkpoints, which `verify` reads as it would read the bucket's anchors. */
  readonly checkpoints: string;
  readonly options: Readonly<Record<string, string | number | boolean>>;
}

/** What it answers. */
export interface Outcome {
  /** Events read; null when they are not told apart. */
  readonly events: number | null;
  /** What is wrong with them; empty for a sound chain. */
  readonly found: readonly string[];
}

/** The answer on the wire. */
export interface Answer extends Outcome {
  /** From the first statement of the task to the verdict, milliseconds: without the start of Node.js. */
  readonly insideMs: number;
  readonly peakRssBytes: number;
}

export const TASK_VARIABLE = 'BENCH_TASK';

export function taskOfProcess(): Task {
  return JSON.parse(process.env[TASK_VARIABLE] ?? '') as Task;
}

/** Runs the task of this process and prints its answer. */
export function perform(run: (task: Task) => Promise<Outcome>): void {
  const task = taskOfProcess();
  const start = performance.now();
  run(task).then(
    (outcome) => {
      const insideMs = performance.now() - start;
      const answer: Answer = { ...outcome, insideMs, peakRssBytes: peakRss('self') };
      process.stdout.write(JSON.stringify(answer));
    },
    (error: unknown) => {
      process.stderr.write(error instanceof Error ? (error.stack ?? error.message) : String(error));
      process.exitCode = 1;
    },
  );
}

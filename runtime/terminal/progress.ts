import { progressLine } from './progress-line';

/** Steps shorter than this show nothing. */
const SHOW_AFTER_MS = 300;
const REPAINT_MS = 100;
/** The rate is that of the last seconds, so that a stalled step is seen and a past one forgotten. */
const RATE_WINDOW_MS = 5_000;
const DEFAULT_COLUMNS = 80;
/** To the start of the line, then clear it. */
const CLEAR_LINE = '\r\x1b[2K';

/** The part of a terminal stream that is used. */
export interface ProgressOutput {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export interface ProgressClock {
  /** Milliseconds since any fixed moment, never going back. */
  now(): number;
  /** Calls `tick` every `ms` milliseconds until the returned function is called; keeps no process alive. */
  every(ms: number, tick: () => void): () => void;
}

/** One running step. */
export interface ProgressStep {
  /** Adds to the count; cheap enough for every batch. */
  advance(units: number): void;
  /** Ends the step and clears its line. Safe to call again. */
  finish(): void;
}

export interface Progress {
  /**
   * Starts a step; the one before it must be finished.
   * @param options.total units in all, when known; an estimate will do
   * @param options.signal ends the step when it aborts
   */
  start(label: string, options?: { readonly total?: number; readonly signal?: AbortSignal }): ProgressStep;
}

/** Whether progress is shown: a terminal that can clear a line, and nobody asked for silence. */
export function progressWanted(
  output: Pick<ProgressOutput, 'isTTY'>,
  env: NodeJS.ProcessEnv,
  options: { readonly quiet: boolean; readonly json: boolean },
): boolean {
  return output.isTTY === true && env.TERM !== 'dumb' && !options.quiet && !options.json;
}

const SILENT_STEP: ProgressStep = { advance: () => undefined, finish: () => undefined };
/** Shows nothing. */
export const SILENT: Progress = { start: () => SILENT_STEP };

export const SYSTEM_PROGRESS_CLOCK: ProgressClock = {
  now: () => performance.now(),
  every(ms, tick) {
    const timer = setInterval(tick, ms).unref();
    return () => clearInterval(timer);
  },
};

class Step implements ProgressStep {
  #count = 0;
  #shown = false;
  #running = true;
  readonly #startedAt: number;
  readonly #samples: { readonly at: number; readonly count: number }[];
  readonly #stop: () => void;

  constructor(
    private readonly output: ProgressOutput,
    private readonly clock: ProgressClock,
    private readonly label: string,
    private readonly total: number | undefined,
    private readonly signal: AbortSignal | undefined,
  ) {
    this.#startedAt = clock.now();
    this.#samples = [{ at: this.#startedAt, count: 0 }];
    this.#stop = clock.every(REPAINT_MS, () => this.#tick());
    if (signal?.aborted) this.finish();
    else signal?.addEventListener('abort', this.finish, { once: true });
  }

  advance(units: number): void {
    this.#count += units;
  }

  readonly finish = (): void => {
    if (!this.#running) return;
    this.#running = false;
    this.#stop();
    this.signal?.removeEventListener('abort', this.finish);
    if (this.#shown) this.output.write(CLEAR_LINE);
  };

  #tick(): void {
    const now = this.clock.now();
    const rate = this.#rate(now);
    if (now - this.#startedAt < SHOW_AFTER_MS) return;
    this.#shown = true;
    const state = {
      label: this.label,
      count: this.#count,
      total: this.total,
      rate,
      elapsedMs: now - this.#startedAt,
    };
    this.output.write(CLEAR_LINE + progressLine(state, this.output.columns ?? DEFAULT_COLUMNS));
  }

  #rate(now: number): number {
    this.#samples.push({ at: now, count: this.#count });
    while ((this.#samples[1]?.at ?? now) <= now - RATE_WINDOW_MS) this.#samples.shift();
    const oldest = this.#samples[0];
    return oldest && now > oldest.at ? ((this.#count - oldest.count) * 1000) / (now - oldest.at) : 0;
  }
}

/** Progress on a terminal, one line that is painted over; use `SILENT` where `progressWanted` says no. */
export function createProgress(
  output: ProgressOutput,
  clock: ProgressClock = SYSTEM_PROGRESS_CLOCK,
): Progress {
  return {
    start: (label, options = {}) => new Step(output, clock, label, options.total, options.signal),
  };
}

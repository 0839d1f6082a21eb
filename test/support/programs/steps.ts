import { Cleanup } from './cleanup';

/** A step that takes longer waits for something that never comes. */
const STEP_LIMIT_MINUTES = 10;

/** A check that runs step by step on the command line, tells about each, and cleans up whatever happens. */
export class Steps {
  readonly cleanup = new Cleanup();

  /**
   * Runs the check. Exit code 1 when a step fails. What cannot be looked at is skipped; with `REQUIRE_TOOLS=1` in the
   * environment that is a failure too.
   */
  static run(check: (steps: Steps) => Promise<void>): void {
    const steps = new Steps();
    check(steps)
      .catch((error: unknown) => {
        if (steps.cleanup.interrupted) return;
        process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
        process.exitCode = 1;
      })
      .finally(() => steps.cleanup.run());
  }

  /** One step, with the time it took; fails when it does not end. */
  async passes<T>(title: string, run: () => T | Promise<T>): Promise<T> {
    const started = Date.now();
    try {
      const result = await inTime(run);
      this.say(`ok      ${title} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
      return result;
    } catch (error) {
      if (!this.cleanup.interrupted) this.say(`FAILED  ${title}`);
      throw error;
    }
  }

  skip(what: string, why: string): void {
    this.say(`SKIPPED: ${what} because ${why}`);
    if (process.env.REQUIRE_TOOLS !== '1') return;
    process.stderr.write('error: REQUIRE_TOOLS=1 allows no skipped step\n');
    process.exitCode = 1;
  }

  say(line: string): void {
    process.stdout.write(`${line}\n`);
  }
}

async function inTime<T>(run: () => T | Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`it did not end within ${STEP_LIMIT_MINUTES} minutes`)),
      STEP_LIMIT_MINUTES * 60_000,
    );
  });
  try {
    return await Promise.race([run(), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** What has to be undone at the end, also after Ctrl-C; last done, first undone. */
export class Cleanup {
  private readonly steps: (() => void | Promise<void>)[] = [];
  private running: Promise<void> | undefined;
  private signalled = false;

  constructor() {
    for (const [signal, code] of [
      ['SIGINT', 130],
      ['SIGTERM', 143],
      ['SIGHUP', 129],
    ] as const) {
      process.once(signal, () => {
        this.signalled = true;
        void this.run().finally(() => process.exit(code));
      });
    }
  }

  /** True after Ctrl-C: what fails from then on fails because its programs were ended. */
  get interrupted(): boolean {
    return this.signalled;
  }

  add(step: () => void | Promise<void>): void {
    this.steps.push(step);
  }

  run(): Promise<void> {
    this.running ??= this.undo();
    return this.running;
  }

  private async undo(): Promise<void> {
    for (let step = this.steps.pop(); step; step = this.steps.pop()) {
      try {
        await step();
      } catch (error) {
        // The steps after this one have to happen all the same.
        process.stderr.write(`cleaning up: ${String(error)}\n`);
      }
    }
  }
}

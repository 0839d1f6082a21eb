import type { Readable } from 'node:stream';

/** Items made of a stream, for as long as nobody interrupts. */
export class UntilInterrupted<T> implements AsyncIterable<T> {
  private stopped = false;

  /**
   * @param items reads `source`
   * @param source is closed when `signal` aborts, since a terminal or an idle pipe may never send anything more
   */
  constructor(
    private readonly items: AsyncIterable<T>,
    private readonly source: Readable,
    private readonly signal: AbortSignal,
  ) {}

  /** True when items were left because of the signal. */
  get interrupted(): boolean {
    return this.stopped;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    const { items, source, signal } = this;
    const stop = (): void => {
      this.stopped = true;
      source.destroy();
    };
    signal.addEventListener('abort', stop, { once: true });
    try {
      if (signal.aborted) stop();
      else yield* items;
    } catch (error) {
      // Closing the source fails whoever was waiting for it.
      if (!this.stopped) throw error;
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }
}

import type { Socket } from 'node:net';
import type { Submittable } from 'pg';
import { CopyFrames } from './copy-frames';
import { OneBufferSocket } from './one-buffer-socket';

/** Bytes that wait between socket and consumer when the socket is stopped, if each chunk has memory of its own. */
const HIGH_WATER_MARK = 256 * 1024;
/** The same for bytes that are only lent: none may be overwritten. */
const LENT_MARK = 1;

/** What the server says at the end of a COPY. */
const COMMAND_TAG = /^COPY (\d+)$/;

type Listener = (chunk: Buffer) => void;

/** What is used here of the connection inside of a `pg` client, which pg does not type. */
interface WireConnection {
  readonly stream: Socket;
  query(text: string): void;
}

/**
 * A COPY ... TO STDOUT as a query of a `pg` client, which calls `submit` and the `handle...` methods. While the COPY
 * goes on, the bytes of the socket come here and not to pg's parser, which would make an object and an event of
 * every row; before and behind it they are pg's.
 */
export class CopyQuery implements Submittable {
  private readonly frames = new CopyFrames();
  private stream: Socket | null = null;
  /** pg's parser. */
  private parser: Listener | null = null;
  private readonly waiting: Buffer[] = [];
  private waitingBytes = 0;
  private tag: string | null = null;
  private failure: Error | null = null;
  private discarding = false;
  private asked = false;
  private wake: () => void = () => undefined;

  constructor(private readonly text: string) {}

  /** @returns what keeps the query from being sent, as pg expects it */
  submit(connection: unknown): Error | undefined {
    const { stream } = connection as WireConnection;
    const [parser, ...others] = stream.listeners('data') as Listener[];
    if (!parser || others.length > 0) {
      return new Error(`found ${others.length + (parser ? 1 : 0)} readers of the connection, allowed is one`);
    }
    this.stream = stream;
    this.parser = parser;
    stream.removeListener('data', parser);
    // Under TLS the stream is another, whose chunks have memory of their own.
    if (stream instanceof OneBufferSocket) stream.lendTo((bytes) => this.take(bytes, LENT_MARK));
    else stream.on('data', this.onData);
    (connection as WireConnection).query(this.text);
    return undefined;
  }

  /** The consumer is busy with rows and has not asked for more: a server that sends none then is not silent. */
  get holdsRows(): boolean {
    return !this.asked;
  }

  /** Rows that the server says it sent; null before the end, and when it does not say. */
  get rows(): number | null {
    const [, digits] = COMMAND_TAG.exec(this.tag ?? '') ?? [];
    return digits === undefined ? null : Number(digits);
  }

  /** The next bytes of the COPY, valid until the call after; null at its end, which the server has then confirmed. */
  async next(): Promise<Buffer | null> {
    for (;;) {
      const chunk = this.failure ? undefined : this.waiting.shift();
      if (chunk) {
        this.waitingBytes -= chunk.length;
        return chunk;
      }
      // Also at the end, since whoever uses the connection next waits for an answer.
      this.stream?.resume();
      if (this.failure) throw this.failure;
      if (this.tag !== null) return null;
      this.asked = true;
      await new Promise<void>((resolve) => (this.wake = resolve));
      this.asked = false;
    }
  }

  /** Drops what comes from now on; resolves when the server is through with the query, in whatever way. */
  async discard(): Promise<void> {
    this.discarding = true;
    this.waiting.length = 0;
    this.waitingBytes = 0;
    await this.next().catch(() => undefined);
  }

  handleCommandComplete({ text }: { readonly text: string }): void {
    this.tag = text;
    this.wake();
  }

  handleReadyForQuery(): void {
    // The end was told by handleCommandComplete or handleError.
  }

  handleError(error: Error): void {
    this.failure ??= error;
    this.giveBack();
    this.wake();
  }

  private readonly onData: Listener = (chunk) => {
    if (!this.take(chunk, HIGH_WATER_MARK)) this.stream?.pause();
  };

  /** @returns false once so many bytes wait that the socket has to be stopped */
  private take(chunk: Buffer, mark: number): boolean {
    try {
      const contents = this.frames.take(chunk);
      if (contents.length > 0 && !this.discarding) this.enqueue(contents);
    } catch (error) {
      // Nothing behind a broken message can be read, by pg either.
      this.stream?.destroy(error as Error);
      return false;
    }
    const { rest } = this.frames;
    if (rest !== null) {
      const parser = this.giveBack();
      if (rest.length > 0) parser?.(Buffer.from(rest));
    }
    return this.waitingBytes < mark;
  }

  private enqueue(contents: Buffer): void {
    this.waiting.push(contents);
    this.waitingBytes += contents.length;
    this.wake();
  }

  /** Lets pg read the connection again; its parser, when it did not already. */
  private giveBack(): Listener | null {
    const { stream, parser } = this;
    this.parser = null;
    if (!stream || !parser) return null;
    if (stream instanceof OneBufferSocket) stream.lendTo(null);
    else stream.removeListener('data', this.onData);
    stream.on('data', parser);
    stream.resume();
    return parser;
  }
}

import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Cleanup } from '../../support/programs/cleanup';
import { LoopbackServer } from '../../support/programs/loopback-server';
import type { Answer, EcsStandIn } from './ecs-stand-in';

/** Reads an object; null when there is none. */
export type ReadObject = (key: string) => Promise<Uint8Array | null>;

const INVOCATION = /^\/2015-03-31\/functions\/[^/]+\/invocations$/;

/**
 * What moto's interpreter takes for all of AWS, at `MOTO_PORT`: the tasks of our state machine, as invocations of a
 * function, and `GetObject` of its `ItemReader`, which reads what the tasks have really written.
 */
export class AwsFront {
  /** Keys that were read. */
  readonly read: string[] = [];
  private readonly server = new LoopbackServer((incoming, outgoing) => this.answer(incoming, outgoing));

  private constructor(
    private readonly bucket: string,
    private readonly readObject: ReadObject,
    private readonly ecs: EcsStandIn,
  ) {}

  static async start(
    bucket: string,
    readObject: ReadObject,
    ecs: EcsStandIn,
    cleanup: Cleanup,
  ): Promise<AwsFront> {
    const front = new AwsFront(bucket, readObject, ecs);
    await front.server.open(cleanup);
    return front;
  }

  get port(): number {
    return this.server.port;
  }

  private async answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { method, url = '/' } = incoming;
    const path = decodeURIComponent(new URL(url, 'http://front').pathname);
    if (method === 'POST' && INVOCATION.test(path)) {
      reply(outgoing, await this.ecs.runTask(await text(incoming)));
      return;
    }
    const beginning = `/${this.bucket}/`;
    const key = method === 'GET' && path.startsWith(beginning) ? path.slice(beginning.length) : null;
    const body = key === null ? null : await this.readObject(key);
    if (key === null || body === null) {
      outgoing.writeHead(404, { 'content-type': 'application/xml' });
      outgoing.end(
        '<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message></Error>',
      );
      return;
    }
    this.read.push(key);
    outgoing.writeHead(200, { 'content-length': body.byteLength }).end(body);
  }
}

function reply(outgoing: ServerResponse, { failed, payload }: Answer): void {
  outgoing.writeHead(200, {
    'content-type': 'application/json',
    ...(failed && { 'x-amz-function-error': 'Unhandled' }),
  });
  outgoing.end(JSON.stringify(payload));
}

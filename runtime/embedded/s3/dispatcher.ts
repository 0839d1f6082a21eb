import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { assertAccepted } from './accepted';
import type { Services } from './exchange';
import { faultAnswer, type FaultInjector } from './faults';
import { identify } from './http/caller';
import { readRequest } from './http/request';
import { errorResponse, send, type S3Response } from './http/response';
import { assertExpectedOwner } from './operations/access';
import { OPERATIONS } from './operations/operations';
import type { RequestLog } from './request-log';
import { resolveOperation } from './router';
import { S3Error, invalidArgument } from './s3-error';

const LOOPBACK_ADDRESSES = ['127.0.0.1', '::1', '::ffff:127.0.0.1'];
const LOOPBACK_HOSTS = /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/i;

/** Takes one HTTP request from its first line to its answer. */
export class Dispatcher {
  private readonly ending = new AbortController();

  constructor(
    private readonly services: Services,
    private readonly principals: Readonly<Record<string, string>>,
    private readonly faults: FaultInjector,
    private readonly requests: RequestLog,
  ) {}

  /** Ends the delays of injected faults. */
  stop(): void {
    this.ending.abort();
  }

  async handle(message: IncomingMessage, reply: ServerResponse): Promise<void> {
    const requestId = randomBytes(8).toString('hex').toUpperCase();
    const answer = await this.answer(message).catch((error: unknown) => {
      if (error instanceof S3Error) return errorResponse(error, requestId);
      if (message.socket.destroyed) return 'drop' as const;
      return errorResponse(internalError(error), requestId);
    });
    if (answer === 'drop') {
      // Not `message.destroy`, which leaves the socket alone once the body has been read.
      message.socket.destroy();
      return;
    }
    // What is left of a refused body is read and forgotten, so that the connection can be used again.
    if (!message.readableEnded) message.resume();
    const stamp = { requestId, now: this.services.clock.now() };
    // A client that went away, or a body file that cannot be read: the answer cannot be mended any more.
    await send(reply, answer, stamp).catch(() => reply.destroy());
  }

  private async answer(message: IncomingMessage): Promise<S3Response | 'drop'> {
    assertLoopback(message);
    const request = readRequest(message);
    const operation = resolveOperation(request);
    assertAccepted(operation, request);
    this.requests.add({ operation, bucket: request.bucket, key: request.key });

    const fault = this.faults.take(operation, request.key);
    if (fault?.delayMs !== undefined) {
      await sleep(fault.delayMs, undefined, { signal: this.ending.signal }).catch(() => undefined);
    }
    if (fault?.dropReply === 'before') return 'drop';
    const injected = fault && faultAnswer(fault);
    if (injected !== undefined) return errorResponse(injected, 'INJECTED');

    const { region, clock } = this.services;
    const caller = identify(request, { region, principals: this.principals, now: clock.now() });
    const exchange = { ...request, operation, caller };
    assertExpectedOwner(exchange, this.services);
    const answer = await OPERATIONS[operation](exchange, this.services);
    if (fault?.dropReply !== 'after') return answer;
    if (typeof answer.body === 'object') await answer.body.file.close();
    return 'drop';
  }
}

/** A page in a browser can reach loopback under a name of its own; it cannot forge the Host header. */
function assertLoopback(message: IncomingMessage): void {
  if (!LOOPBACK_ADDRESSES.includes(message.socket.remoteAddress ?? '')) {
    throw new S3Error('AccessDenied', 'The embedded S3 server answers to this machine only');
  }
  const host = message.headers.host ?? '';
  if (!LOOPBACK_HOSTS.test(host)) {
    throw invalidArgument(
      'Host',
      host,
      'The embedded S3 server answers to 127.0.0.1 and localhost, in path style: set forcePathStyle',
    );
  }
}

function internalError(cause: unknown): S3Error {
  const text = cause instanceof Error ? cause.message : String(cause);
  return new S3Error('InternalError', `We encountered an internal error. Please try again. (${text})`);
}

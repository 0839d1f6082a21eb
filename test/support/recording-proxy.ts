import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** A request as it arrived, before anything was changed. */
export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string>>;
}

/** Changes the headers of a request on its way; a header that is undefined is left out. */
export type HeaderChange = (request: RecordedRequest) => Readonly<Record<string, string | undefined>>;

/** Stands between a client and a server on loopback, notes what is asked, and can spoil it. */
export class RecordingProxy {
  readonly requests: RecordedRequest[] = [];
  /** What is done to the headers of each request. */
  change: HeaderChange = () => ({});
  /** What a request waits for before it goes on; the client may be gone by then. */
  hold: (request: RecordedRequest) => Promise<void> | undefined = () => undefined;
  /** What is done to the headers of each reply. */
  changeReply: HeaderChange = () => ({});
  readonly #target: URL;
  readonly #server = createServer((incoming, outgoing) => void this.#forward(incoming, outgoing));

  private constructor(target: string) {
    this.#target = new URL(target);
  }

  static async start(target: string): Promise<RecordingProxy> {
    const proxy = new RecordingProxy(target);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Forgets the requests seen, and spoils nothing any more. */
  reset(): void {
    this.requests.length = 0;
    this.change = () => ({});
    this.hold = () => undefined;
    this.changeReply = () => ({});
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #forward(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { method = 'GET', url = '/' } = incoming;
    const location = new URL(url, this.#target);
    const recorded = {
      method,
      path: decodeURIComponent(location.pathname),
      query: location.searchParams,
      headers: flat(incoming.headers),
    };
    this.requests.push(recorded);
    const headers = withChange(recorded.headers, this.change(recorded));
    const held = this.hold(recorded);
    const body = held && (await buffer(incoming));
    await held;
    const { hostname, port } = this.#target;
    const onward = request({ hostname, port, method, path: url, headers }, (reply) => {
      outgoing.writeHead(
        reply.statusCode ?? 502,
        withChange(flat(reply.headers), this.changeReply(recorded)),
      );
      reply.pipe(outgoing);
    });
    onward.on('error', () => outgoing.destroy());
    if (body) onward.end(body);
    else incoming.pipe(onward);
  }
}

function withChange(
  headers: Readonly<Record<string, string>>,
  change: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const changed = Object.entries({ ...headers, ...change });
  return Object.fromEntries(changed.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}

function flat(headers: IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(',') : (value ?? ''),
    ]),
  );
}

import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';

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
  readonly #target: URL;
  readonly #server = createServer((incoming, outgoing) => this.#forward(incoming, outgoing));

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
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #forward(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const { method = 'GET', url = '/' } = incoming;
    const location = new URL(url, this.#target);
    const recorded = {
      method,
      path: decodeURIComponent(location.pathname),
      query: location.searchParams,
      headers: flat(incoming.headers),
    };
    this.requests.push(recorded);
    const changed = Object.entries({ ...recorded.headers, ...this.change(recorded) });
    const headers = Object.fromEntries(changed.filter(([, value]) => value !== undefined));
    const { hostname, port } = this.#target;
    const onward = request({ hostname, port, method, path: url, headers }, (reply) => {
      outgoing.writeHead(reply.statusCode ?? 502, reply.headers);
      reply.pipe(outgoing);
    });
    onward.on('error', () => outgoing.destroy());
    incoming.pipe(onward);
  }
}

function flat(headers: IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(',') : (value ?? ''),
    ]),
  );
}

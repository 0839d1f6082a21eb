import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Cleanup } from './cleanup';

/** Answers one request; what it throws becomes a 500. */
export type Answering = (incoming: IncomingMessage, outgoing: ServerResponse) => void | Promise<void>;

/** Stands in for a service of AWS, on a free port of loopback. */
export class LoopbackServer {
  private readonly server: Server;

  constructor(answer: Answering) {
    this.server = createServer((incoming, outgoing) => {
      void this.reply(answer, incoming, outgoing);
    });
  }

  /** Listens until the cleanup. */
  async open(cleanup: Cleanup): Promise<void> {
    const { server } = this;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', resolve);
    });
    cleanup.add(async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  private async reply(answer: Answering, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    try {
      await answer(incoming, outgoing);
    } catch (error) {
      outgoing.writeHead(500).end(String(error));
    }
  }
}

import { connect, createServer, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';

/**
 * What becomes of the connection that sends a COMMIT: it is cut before the server hears of it, or after the server
 * has answered and before the client hears of that.
 */
export type Cut = 'before' | 'after';

const COMMIT = Buffer.from('COMMIT\0');

/** Stands between a PostgreSQL client and its server on loopback, and loses connections on purpose. */
export class CuttingProxy {
  private cuts: Cut[] = [];
  private refusing = false;
  private readonly open = new Set<Socket>();
  private readonly server = createServer((client) => this.join(client));
  /** Connections accepted so far. */
  accepted = 0;

  private constructor(private readonly target: URL) {}

  static async start(databaseUrl: string): Promise<CuttingProxy> {
    const proxy = new CuttingProxy(new URL(databaseUrl));
    await new Promise<void>((resolve) => proxy.server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  /** The database's URL by way of this proxy. */
  get url(): string {
    const url = new URL(this.target);
    url.hostname = '127.0.0.1';
    url.port = String((this.server.address() as AddressInfo).port);
    return url.href;
  }

  /** Cuts the next commits, one for each entry. */
  cutCommits(...cuts: Cut[]): void {
    this.cuts.push(...cuts);
  }

  /** Cuts every connection. */
  cutAll(): void {
    for (const socket of this.open) socket.destroy();
  }

  /** Refuses connections, also after a cut that comes later, until `accept`. */
  refuse(): void {
    this.refusing = true;
  }

  accept(): void {
    this.refusing = false;
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.cutAll();
    await closed;
  }

  private join(client: Socket): void {
    if (this.refusing) {
      client.destroy();
      return;
    }
    this.accepted += 1;
    const server = connect(Number(this.target.port), this.target.hostname);
    let cutAfter = false;
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      this.open.add(from);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        this.open.delete(from);
        to.destroy();
      });
    }
    client.on('data', (bytes: Buffer) => {
      const cut = bytes.includes(COMMIT) ? this.cuts.shift() : undefined;
      if (cut === 'before') return void client.destroy();
      cutAfter = cut === 'after';
      return void server.write(bytes);
    });
    server.on('data', (bytes: Buffer) => {
      if (cutAfter) client.destroy();
      else client.write(bytes);
    });
  }
}

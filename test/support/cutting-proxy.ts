import { connect, createServer, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';

/**
 * When the connection that sends a COMMIT is lost: before the server hears of it, or after the server has answered and
 * before the client hears of that.
 */
export type Cut = 'before' | 'after';

interface Loss {
  readonly when: Cut;
  readonly lose: (client: Socket) => void;
}

const COMMIT = Buffer.from('COMMIT\0');

/** Stands between a PostgreSQL client and its server on loopback, and loses connections on purpose. */
export class CuttingProxy {
  private losses: Loss[] = [];
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
    const lose = (client: Socket): void => void client.destroy();
    this.losses.push(...cuts.map((when) => ({ when, lose })));
  }

  /** Keeps the next COMMIT, or its answer, to itself, and its connection open; resolves when it has got it. */
  muteCommit(when: Cut): Promise<void> {
    return new Promise((resolve) => this.losses.push({ when, lose: () => resolve() }));
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
    let after: Loss | undefined;
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
      const loss = bytes.includes(COMMIT) ? this.losses.shift() : undefined;
      if (loss?.when === 'before') return loss.lose(client);
      after = loss;
      return void server.write(bytes);
    });
    server.on('data', (bytes: Buffer) => {
      if (after) after.lose(client);
      else client.write(bytes);
    });
  }
}

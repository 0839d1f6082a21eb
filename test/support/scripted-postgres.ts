import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { KeyAndCertificate } from './self-signed';

const PROTOCOL_3 = 196_608;
const TLS_REQUEST = 80_877_103;
/** Number of the process that the server names at the login. */
export const LOGIN_PROCESS = 7;

/** One message of a PostgreSQL server. */
export function message(code: string, body: Buffer = Buffer.alloc(0)): Buffer {
  const header = Buffer.alloc(5);
  header.write(code, 'latin1');
  header.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([header, body]);
}

/** The answer to a query that gives one row of one column, as text. */
export function oneRow(name: string, typeOid: number, value: string): Buffer {
  const text = Buffer.from(value);
  const length = Buffer.alloc(4);
  length.writeInt32BE(text.length);
  const type = Buffer.alloc(12, 0xff);
  type.writeInt32BE(typeOid, 0);
  type.writeInt16BE(0, 10);
  const column = Buffer.concat([Buffer.from([0, 1]), Buffer.from(`${name}\0`), Buffer.alloc(6), type]);
  return Buffer.concat([
    message('T', column),
    message('D', Buffer.concat([Buffer.from([0, 1]), length, text])),
    message('C', Buffer.from('SELECT 1\0')),
    READY,
  ]);
}

export const READY = message('Z', Buffer.from('I'));

/** What a server answers to one message of a client; `code` is the letter of the message. */
export type Answer = (code: string, body: Buffer, socket: Socket) => void;

/** What a scripted server does before it answers statements. */
export interface Conduct {
  /** Serves TLS to those who ask for it. */
  readonly tls?: KeyAndCertificate;
  /** Sent in place of letting the client in. */
  readonly greeting?: Buffer;
}

/** A server of PostgreSQL's protocol that, unless told otherwise, lets everybody in and then answers as the test says. */
export class ScriptedPostgres {
  private readonly open = new Set<Socket>();
  private readonly server = createServer((socket) => this.serve(socket));

  private constructor(
    private readonly version: string,
    private readonly answer: Answer,
    private readonly conduct: Conduct,
  ) {}

  static async start(
    version: string,
    answer: Answer = () => undefined,
    conduct: Conduct = {},
  ): Promise<ScriptedPostgres> {
    const scripted = new ScriptedPostgres(version, answer, conduct);
    await new Promise<void>((resolve) => scripted.server.listen(0, '127.0.0.1', resolve));
    return scripted;
  }

  get url(): string {
    return `postgres://user:secret@127.0.0.1:${(this.server.address() as AddressInfo).port}/audit`;
  }

  /** Every client that came has gone, and all that it sent has arrived. */
  async left(): Promise<void> {
    for (const socket of [...this.open]) if (!socket.closed) await once(socket, 'close');
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    for (const socket of this.open) socket.destroy();
    await closed;
  }

  private serve(socket: Socket): void {
    this.open.add(socket);
    socket.on('close', () => this.open.delete(socket));
    socket.on('error', () => undefined);
    let bytes = Buffer.alloc(0);
    let started = false;
    socket.on('data', (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      for (;;) {
        const header = started ? 1 : 0;
        if (bytes.length < header + 4) return;
        const length = header + bytes.readInt32BE(header);
        if (bytes.length < length) return;
        const frame = bytes.subarray(0, length);
        bytes = bytes.subarray(length);
        if (started) this.answer(frame.toString('latin1', 0, 1), frame.subarray(5), socket);
        else if (frame.readInt32BE(4) === PROTOCOL_3) started = this.greet(socket);
        else if (frame.readInt32BE(4) === TLS_REQUEST) return this.encrypt(socket);
      }
    });
  }

  private encrypt(socket: Socket): void {
    const { tls } = this.conduct;
    // From here on TLS owns it.
    socket.removeAllListeners('data');
    this.open.delete(socket);
    socket.write(tls ? 'S' : 'N');
    if (tls) this.serve(new TLSSocket(socket, { isServer: true, ...tls }));
  }

  private greet(socket: Socket): true {
    socket.write(
      this.conduct.greeting ??
        Buffer.concat([
          message('R', Buffer.alloc(4)),
          message('S', Buffer.from(`server_version\0${this.version}\0`)),
          message('K', Buffer.from([0, 0, 0, LOGIN_PROCESS, 0, 0, 0, 8])),
          READY,
        ]),
    );
    return true;
  }
}

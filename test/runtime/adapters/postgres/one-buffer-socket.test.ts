import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { CopyQuery } from '../../../../runtime/adapters/postgres/copy-query';
import { OneBufferSocket } from '../../../../runtime/adapters/postgres/one-buffer-socket';

let server: Server;
let peer: Socket;
let socket: OneBufferSocket;

beforeEach(async () => {
  server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const connected = once(server, 'connection') as Promise<[Socket]>;
  socket = new OneBufferSocket();
  socket.connect((server.address() as AddressInfo).port, '127.0.0.1');
  [peer] = await connected;
});

afterEach(async () => {
  socket.destroy();
  peer.destroy();
  await new Promise((resolve) => server.close(resolve));
});

/** Goes on as soon as something holds; a loop without an end would outlive its test. */
async function until(holds: () => boolean): Promise<void> {
  const deadline = Date.now() + 4_000;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error('waited in vain');
    await turn();
  }
}

/** Sends, and waits until the socket has read it. */
async function send(bytes: string | Buffer): Promise<void> {
  const before = socket.bytesRead;
  peer.write(bytes);
  await until(() => socket.bytesRead >= before + bytes.length);
}

/** Sends to a socket that may have been stopped, and gives it time. */
async function offer(bytes: string | Buffer): Promise<void> {
  peer.write(bytes);
  await sleep(30);
}

function message(code: string, body: string): Buffer {
  const header = Buffer.alloc(5);
  header.write(code, 'latin1');
  header.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([header, Buffer.from(body)]);
}

test('what it emits keeps its content when more is read', async () => {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  await send('first');
  await send('other');
  expect(chunks.map(String)).toEqual(['first', 'other']);
});

test('what it lends is the same memory each time, and is emitted to nobody', async () => {
  const emitted: Buffer[] = [];
  const lent: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => emitted.push(chunk));
  socket.lendTo((bytes) => lent.push(bytes) > 0);
  await send('first');
  await send('other');
  expect(lent).toHaveLength(2);
  expect(lent[0]?.buffer).toBe(lent[1]?.buffer);
  expect(String(lent[0])).toBe('other');
  socket.lendTo(null);
  await send('again');
  expect(emitted.map(String)).toEqual(['again']);
});

test('reads no more until it is told to go on', async () => {
  const lent: string[] = [];
  socket.lendTo((bytes) => {
    lent.push(String(bytes));
    return false;
  });
  socket.resume();
  await send('first');
  await offer('other');
  expect(lent).toEqual(['first']);
  socket.resume();
  await until(() => lent.length === 2);
  expect(lent).toEqual(['first', 'other']);
});

test('tells the end of the connection', async () => {
  socket.lendTo(() => true);
  socket.resume();
  const ended = once(socket, 'close');
  peer.end('last');
  await ended;
});

describe('a COPY over it', () => {
  const parsed: string[] = [];
  let copy: CopyQuery;
  beforeEach(() => {
    parsed.length = 0;
    socket.on('data', (chunk: Buffer) => parsed.push(String(chunk)));
    copy = new CopyQuery('COPY t TO STDOUT (FORMAT binary)');
    copy.submit({ stream: socket, query: () => undefined });
  });

  test('gives each read to the consumer before the next overwrites it', async () => {
    const read: string[] = [];
    const consumed = (async () => {
      for (let chunk = await copy.next(); chunk; chunk = await copy.next()) {
        await sleep(40);
        read.push(String(chunk));
      }
    })();
    await send(message('d', 'first'));
    await offer(message('d', 'other'));
    await send(Buffer.concat([message('d', 'third'), message('c', ''), message('C', 'COPY 3')]));
    copy.handleCommandComplete({ text: 'COPY 3' });
    await consumed;
    // How reads cut the stream is the system's affair.
    expect(read.join('')).toBe('firstotherthird');
    expect(read.length).toBeGreaterThan(1);
    expect(parsed.join('')).toContain('COPY 3');
  });

  test('lets the connection be used again when everything came in one read', async () => {
    await send(Buffer.concat([message('d', 'all'), message('c', '')]));
    copy.handleCommandComplete({ text: 'COPY 1' });
    expect(String(await copy.next())).toBe('all');
    expect(await copy.next()).toBeNull();
    await send('answer');
    expect(parsed).toEqual(['answer']);
  });

  test('drops what comes once nobody wants it', async () => {
    await send(message('d', 'first'));
    const discarded = copy.discard();
    for (let rows = 0; rows < 3; rows++) await send(message('d', 'more'));
    await send(message('E', 'canceled'));
    copy.handleError(new Error('canceling statement'));
    await discarded;
    await send('answer');
    expect(parsed.at(-1)).toBe('answer');
  });
});

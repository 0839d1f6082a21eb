import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { boundedConnections } from '../../../../runtime/adapters/http/bounded-connections';

async function listening(most: number, millis: number, act: (port: number) => Promise<void>): Promise<void> {
  const server = createServer(boundedConnections(most, millis));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  try {
    await act((server.address() as AddressInfo).port);
  } finally {
    server.close();
    await once(server, 'close');
  }
}

async function connected(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1').resume();
  await once(socket, 'connect');
  return socket;
}

test('one connection too many ends the oldest', () =>
  listening(2, 60_000, async (port) => {
    const [oldest, middle] = [await connected(port), await connected(port)];
    const newest = await connected(port);
    await once(oldest, 'close');
    expect([middle.closed, newest.closed]).toEqual([false, false]);
    for (const socket of [middle, newest]) socket.destroy();
  }));

test('a connection that lasts too long is ended, whatever it sends', () =>
  listening(2, 300, async (port) => {
    const socket = await connected(port);
    const more = setInterval(() => socket.write('x'), 20);
    // What is written into the ended connection may be answered by a reset, which is no less an end.
    socket.on('error', () => undefined);
    await new Promise((resolve) => socket.once('close', resolve));
    clearInterval(more);
    expect(socket.closed).toBe(true);
  }));

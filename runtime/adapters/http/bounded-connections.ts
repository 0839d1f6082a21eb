import type { Socket } from 'node:net';

/**
 * A listener for `connection` that ends each connection in time, and the oldest one when there are too many: if newcomers
 * were refused instead, those who hold connections open would keep the orchestrator's own check out.
 * @param most connections at the same time
 * @param millis how long one may last, whatever it does
 */
export function boundedConnections(most: number, millis: number): (socket: Socket) => void {
  const open = new Set<Socket>();
  return (socket) => {
    open.add(socket);
    const late = setTimeout(() => socket.destroy(), millis);
    socket.once('close', () => {
      clearTimeout(late);
      open.delete(socket);
    });
    const [oldest] = open;
    if (open.size > most) oldest?.destroy();
  };
}

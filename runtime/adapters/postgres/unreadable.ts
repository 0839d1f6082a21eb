import type { ClientBase } from 'pg';
import { socketOf, wireOf } from './wire';

type Listener = (bytes: Buffer) => void;

/**
 * Ends the connection of a server that sends what `pg` cannot read, such as a login by GSSAPI: its parser throws out of
 * an event of the socket, where nobody could catch it, and the process would end.
 * @param client not connected yet
 * @param encrypted whether it is going to ask for TLS
 */
export function endUnreadable(client: ClientBase, encrypted: boolean): void {
  const guard = (): void => {
    const socket = socketOf(client);
    const [parse] = socket.listeners('data') as [Listener];
    socket.removeListener('data', parse);
    socket.on('data', (bytes: Buffer) => {
      try {
        parse(bytes);
      } catch (error) {
        // Not as what it is, often a RangeError, which would pass for a fault of this program.
        socket.destroy(new Error('a message that cannot be read', { cause: error }));
      }
    });
  };
  // The parser of a connection with TLS listens to another socket, which exists from then on.
  wireOf(client).once(encrypted ? 'sslconnect' : 'connect', guard);
}

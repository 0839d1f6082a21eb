import type { ClientBase } from 'pg';
import { UnavailableError } from '../../errors';
import { describeEndpoint } from './failure';
import { endpointOf } from './goodbye';
import { awaitsAnswer, socketOf } from './wire';

/**
 * How long a server that owes an answer may send nothing, milliseconds. Longer than any lock is waited for, shorter
 * than the health server's patience with a loop that stands still.
 */
export const SILENCE_MS = 120_000;

/**
 * Ends the connection of a server that has gone silent in the middle of an answer: whatever waits for it fails with
 * `DB_TIMEOUT`.
 * @param holds true while it is this program that does not read on
 * @returns stops watching
 */
export function endSilence(
  client: ClientBase,
  holds: () => boolean = () => false,
  silenceMs = SILENCE_MS,
): () => void {
  const socket = socketOf(client);
  const onSilence = (): void => {
    if (!awaitsAnswer(client)) return;
    // Node.js tells of silence once, until the next byte.
    if (holds()) return void socket.setTimeout(silenceMs);
    const where = describeEndpoint(endpointOf(client));
    socket.destroy(
      new UnavailableError('DB_TIMEOUT', `${where} has sent nothing for ${silenceMs / 1000} s`, {
        hint: 'Look at what the server is doing, and at the network between; then retry.',
      }),
    );
  };
  socket.on('timeout', onSilence);
  socket.setTimeout(silenceMs);
  return () => {
    socket.off('timeout', onSilence);
    socket.setTimeout(0);
  };
}

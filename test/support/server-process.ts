import { once } from 'node:events';
import { startEmbeddedPostgres } from '../../runtime/embedded/postgres/start';

/** A PostgreSQL for as long as somebody holds the other end of stdin. Writes its URL, or ends with a stack trace. */
async function serve(): Promise<void> {
  const server = await startEmbeddedPostgres();
  process.stdout.write(`${server.url}\n`);
  process.stdin.resume();
  await once(process.stdin, 'end');
  await server.stop();
}

// Whoever started it may be gone and nobody reads its output then.
process.stdout.on('error', () => undefined);
void serve().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});

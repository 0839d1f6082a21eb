import { Client } from 'pg';
import { runScript } from './child-process';

async function answers(connectionString: string): Promise<boolean> {
  const client = new Client({ connectionString });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.end();
    return true;
  } catch {
    return false;
  }
}

test('the PostgreSQL of a test run that is killed stops', async () => {
  const { child, firstLine, ended } = runScript(`
    require('./test/support/shared-server').startSharedServer().then(({ url }) => console.log(url));
  `);
  const url = await firstLine;
  expect(await answers(url)).toBe(true);
  child.kill('SIGKILL');
  await ended;
  while (await answers(url)) await new Promise((resolve) => setTimeout(resolve, 50));
  expect(await answers(url)).toBe(false);
});

import { Client } from 'pg';
import { createTestDatabase, type TestDatabase } from '../../support/database';
import { load } from './environment';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

/** Connects with the settings that an environment gives and says to what. */
async function whereTo(env: NodeJS.ProcessEnv): Promise<unknown> {
  const config = load({ DATABASE_URL: undefined, ...env }, {}, { database: true }).database;
  if (!config) throw new Error('no database');
  const client = new Client(config);
  await client.connect();
  try {
    const { rows } = await client.query<{ readonly name: string }>('SELECT current_database() AS name');
    return rows[0]?.name;
  } finally {
    await client.end();
  }
}

test('the settings from a URL reach a real server', async () => {
  expect(await whereTo({ DATABASE_URL: database.url })).toBe(database.name);
});

test('so do those from the PG variables', async () => {
  const { hostname, port, username, password } = new URL(database.url);
  const variables = { PGHOST: hostname, PGPORT: port, PGDATABASE: database.name };
  const user = { PGUSER: decodeURIComponent(username), PGPASSWORD: decodeURIComponent(password) };
  expect(await whereTo({ ...variables, ...user })).toBe(database.name);
  await expect(whereTo({ ...variables, ...user, PGPASSWORD: 'wrong' })).rejects.toMatchObject({
    code: '28P01',
  });
});

test('a mode that asks for TLS never connects to a server without it', async () => {
  for (const mode of ['require', 'verify-full']) {
    await expect(whereTo({ DATABASE_URL: `${database.url}?sslmode=${mode}` })).rejects.toThrow(
      'does not support SSL',
    );
  }
});

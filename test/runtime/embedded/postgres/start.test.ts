import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client } from 'pg';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../../../runtime/embedded/postgres/start';
import { runScript } from '../../../support/child-process';

jest.setTimeout(60_000);

async function ask<Row extends object>(url: string, query: string): Promise<Row> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(query)).rows[0]!;
  } finally {
    await client.end();
  }
}

async function homeOf(server: EmbeddedPostgres): Promise<string> {
  const { folder } = await ask<{ folder: string }>(
    server.url,
    `SELECT current_setting('data_directory') AS folder`,
  );
  return path.dirname(folder);
}

const START_IN_CHILD = `
  require('./runtime/embedded/postgres/start').startEmbeddedPostgres()
    .then((server) => console.log(server.url));
  setInterval(() => {}, 1000);
`;

describe('a running server', () => {
  let server: EmbeddedPostgres;

  beforeAll(async () => {
    server = await startEmbeddedPostgres({ database: 'audit "x"', password: `p'w"\\ %` });
  });

  afterAll(() => server.stop());

  it('serves the database that its URL names', async () => {
    const row = await ask(server.url, 'SELECT current_database() AS name, current_user AS login');
    expect(row).toEqual({ name: 'audit "x"', login: 'postgres' });
  });

  it('stores UTF-8, keeps time in UTC, and listens on the loopback address only', async () => {
    const row = await ask(
      server.url,
      `SELECT current_setting('server_encoding') AS encoding, current_setting('TimeZone') AS zone,
              current_setting('listen_addresses') AS addresses, current_setting('unix_socket_directories') AS sockets,
              (SELECT array_agg(DISTINCT auth_method) FROM pg_hba_file_rules) AS methods`,
    );
    expect(row).toEqual({
      encoding: 'UTF8',
      zone: 'UTC',
      addresses: '127.0.0.1',
      sockets: '',
      methods: ['scram-sha-256'],
    });
  });

  it('refuses a wrong password', async () => {
    const url = new URL(server.url);
    url.password = 'wrong';
    await expect(ask(url.href, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
  });

  it('leaves no password file and closes its folder to others', async () => {
    const home = await homeOf(server);
    expect(existsSync(path.join(home, 'password'))).toBe(false);
    expect(statSync(home).mode & 0o777).toBe(0o700);
  });

  it('does not run as root', async () => {
    const home = await homeOf(server);
    const pid = readFileSync(path.join(home, 'data', 'postmaster.pid'), 'utf8').split('\n')[0];
    if (process.platform !== 'linux') return;
    const uid = /^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    expect(Number(uid)).toBe(process.getuid!() === 0 ? 65_534 : process.getuid!());
  });

  it('names a port that is in use', async () => {
    await expect(startEmbeddedPostgres({ port: server.port })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: `port ${server.port} of 127.0.0.1 is in use by another program`,
    });
  });

  it('runs next to a second server', async () => {
    const second = await startEmbeddedPostgres();
    try {
      expect(second.port).not.toBe(server.port);
      expect(second.password).toMatch(/^[\w-]{32}$/);
      expect(second.password).not.toBe(server.password);
    } finally {
      await second.stop();
    }
  });
});

describe('stopping', () => {
  it('rolls back open transactions, frees the port and removes the temporary folder', async () => {
    const server = await startEmbeddedPostgres();
    const home = await homeOf(server);
    const client = new Client({ connectionString: server.url });
    client.on('error', () => undefined);
    await client.connect();
    await client.query('BEGIN');
    await Promise.all([server.stop(), server.stop()]);
    expect(existsSync(home)).toBe(false);
    const listener = createServer().listen(server.port, '127.0.0.1');
    await once(listener, 'listening');
    listener.close();
  });

  it('happens when the process exits', async () => {
    const { firstLine, ended } = runScript(`
      require('./runtime/embedded/postgres/start').startEmbeddedPostgres().then(({ url }) => {
        console.log(url);
        process.exit(7);
      });
    `);
    const url = await firstLine;
    expect(await ended).toMatchObject({ code: 7 });
    await expect(ask(url, 'SELECT 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});

describe('a server whose process was killed', () => {
  it('is stopped and removed by the next start', async () => {
    const { child, firstLine, ended } = runScript(START_IN_CHILD);
    const url = await firstLine;
    const { folder } = await ask<{ folder: string }>(
      url,
      `SELECT current_setting('data_directory') AS folder`,
    );
    child.kill('SIGKILL');
    await ended;
    await expect(ask(url, 'SELECT 1')).resolves.toBeDefined();

    const next = await startEmbeddedPostgres();
    await next.stop();
    expect(existsSync(path.dirname(folder))).toBe(false);
    await expect(ask(url, 'SELECT 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('is left alone while its process runs', async () => {
    const { child, firstLine, ended } = runScript(START_IN_CHILD);
    const url = await firstLine;
    try {
      const next = await startEmbeddedPostgres();
      await next.stop();
      await expect(ask(url, 'SELECT 1')).resolves.toBeDefined();
    } finally {
      child.kill('SIGKILL');
      await ended;
      await startEmbeddedPostgres().then((server) => server.stop());
    }
  });
});

describe('a kept folder', () => {
  let directory: string;

  beforeEach(() => {
    directory = path.join(mkdtempSync(path.join(tmpdir(), 'embedded-postgres-test-')), 'kept');
  });

  afterEach(() => rmSync(path.dirname(directory), { recursive: true, force: true }));

  it('keeps its data and takes a new password', async () => {
    chmodSync(path.dirname(directory), 0o755);
    const first = await startEmbeddedPostgres({ directory, password: 'first' });
    await ask(first.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
    await first.stop();
    const second = await startEmbeddedPostgres({ directory, password: `it's "new"` });
    try {
      expect(await ask(second.url, 'SELECT answer FROM kept')).toEqual({ answer: 42 });
      const old = new URL(second.url);
      old.password = 'first';
      await expect(ask(old.href, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
    } finally {
      await second.stop();
    }
    expect(existsSync(path.join(directory, 'programs'))).toBe(false);
    expect(existsSync(path.join(directory, 'data', 'PG_VERSION'))).toBe(true);
  });

  it('is refused while a server uses it, and with a user that it does not have', async () => {
    chmodSync(path.dirname(directory), 0o755);
    const server = await startEmbeddedPostgres({ directory });
    await expect(startEmbeddedPostgres({ directory })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: `an embedded PostgreSQL already uses directory "${directory}" (started by process ${process.pid})`,
    });
    await expect(ask(server.url, 'SELECT 1')).resolves.toBeDefined();
    await server.stop();
    await expect(startEmbeddedPostgres({ directory, user: 'somebody' })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: `the database in "${directory}" has no user "somebody"`,
    });
  });

  const asRoot = process.getuid?.() === 0 ? it : it.skip;
  asRoot('is refused when the unprivileged user cannot enter a folder above it', async () => {
    await expect(startEmbeddedPostgres({ directory })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining(`which may not enter "${path.dirname(directory)}"`) as string,
    });
  });
});

it('reports every wrong option at once', async () => {
  await expect(
    startEmbeddedPostgres({ port: 70_000, user: 'pg_admin', password: 'a\nb', database: '' }),
  ).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    faults: [
      { setting: 'port', found: '70000' },
      { setting: 'user', found: '"pg_admin"' },
      { setting: 'password', found: 'a line break or NUL in it' },
      { setting: 'database', found: '""' },
    ],
  });
});

import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { inspect } from 'node:util';
import { Connection } from '../../../../runtime/adapters/postgres/connection';
import { createTestDatabase, type TestDatabase } from '../../../support/database';

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

function urlWith(change: (url: URL) => void): { connectionString: string } {
  const url = new URL(database.url);
  change(url);
  return { connectionString: url.href };
}

async function failureOf(config: Parameters<typeof Connection.open>[0]): Promise<Error & { code: string }> {
  return Connection.open(config).then(
    async (connection) => {
      await connection.close();
      throw new Error('it connected');
    },
    (error: Error & { code: string }) => error,
  );
}

async function silentServer(): Promise<{ server: Server; port: number }> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, port: (server.address() as { port: number }).port };
}

describe('a connection that fails', () => {
  const cases: readonly (readonly [string, (url: URL) => void, string, string])[] = [
    [
      'with a wrong password',
      (url) => (url.password = 'top-secret-7'),
      'DB_AUTHENTICATION',
      'refused the login: password authentication failed for user "postgres" (SQLSTATE 28P01)',
    ],
    [
      'without a password',
      (url) => (url.password = ''),
      'DB_AUTHENTICATION',
      'asks for a password and none is set',
    ],
    [
      'with an unknown user',
      (url) => (url.username = 'nobody-here'),
      'DB_AUTHENTICATION',
      'user "nobody-here") refused the login',
    ],
    [
      'with a missing database',
      (url) => (url.pathname = '/no_such'),
      'DB_NOT_FOUND',
      'database "no_such" does not exist (SQLSTATE 3D000)',
    ],
    [
      'to a host that does not exist',
      (url) => (url.hostname = 'no-such-host.invalid'),
      'DB_UNREACHABLE',
      'cannot reach PostgreSQL at no-such-host.invalid:',
    ],
    [
      'with TLS that the server does not have',
      (url) => url.searchParams.set('sslmode', 'verify-full'),
      'DB_UNREACHABLE',
      'no TLS connection to PostgreSQL at 127.0.0.1:',
    ],
  ];

  it.each(cases)('%s', async (_, change, code, message) => {
    const config = urlWith(change);
    const failure = await failureOf(config);
    expect(failure).toMatchObject({ code, message: expect.stringContaining(message) as string });
    expect(failure).toHaveProperty('hint', expect.any(String));
  });

  it('never shows the password, nor does its cause', async () => {
    const failure = await failureOf(urlWith((url) => (url.password = 'top-secret-7')));
    expect(inspect(failure, { depth: 10, showHidden: true })).not.toContain('top-secret-7');
  });

  it('says host and port when nothing listens there', async () => {
    const { server, port } = await silentServer();
    server.close();
    await once(server, 'close');
    expect(await failureOf(urlWith((url) => (url.port = String(port))))).toMatchObject({
      code: 'DB_UNREACHABLE',
      message: `cannot reach PostgreSQL at 127.0.0.1:${port} (database "${database.name}", user "postgres"): ECONNREFUSED`,
    });
  });

  it('gives up on a server that does not answer', async () => {
    const { server, port } = await silentServer();
    const config = { ...urlWith((url) => (url.port = String(port))), connectionTimeoutMillis: 200 };
    expect(await failureOf(config)).toMatchObject({ code: 'DB_UNREACHABLE' });
    server.close();
  });
});

it('closes the socket of a failed login', async () => {
  const { server, port } = await silentServer();
  const authentication = (kind: number, data: string): Buffer => {
    const message = Buffer.from(`R\0\0\0\0\0\0\0\0${data}`);
    message.writeInt32BE(message.length - 1, 1);
    message.writeInt32BE(kind, 5);
    return message;
  };
  const closed = new Promise<string>((resolve, reject) => {
    server.once('connection', (socket) => {
      // AuthenticationSASL, then AuthenticationSASLContinue, which pg answers with the password that it lacks.
      const answers = [authentication(10, 'SCRAM-SHA-256\0\0'), authentication(11, 'r=x,s=AAAA,i=4096')];
      socket.on('data', () => answers.length > 0 && socket.write(answers.shift()!));
      socket.on('error', () => undefined);
      const timer = setTimeout(() => {
        socket.destroy();
        reject(new Error('the socket stayed open'));
      }, 2_000);
      socket.once('end', () => {
        clearTimeout(timer);
        resolve('closed by the client');
      });
    });
  });
  const config = urlWith((url) => {
    url.port = String(port);
    url.password = '';
  });
  expect(await failureOf(config)).toMatchObject({ code: 'DB_AUTHENTICATION' });
  await expect(closed).resolves.toBe('closed by the client');
  server.close();
});

it('asks for the password again with each connection', async () => {
  const role = `rotated_${process.pid}`;
  await database.pool.query(`CREATE ROLE ${role} LOGIN PASSWORD 'first'`);
  try {
    const url = new URL(database.url);
    let password = 'first';
    const config = {
      host: url.hostname,
      port: Number(url.port),
      database: database.name,
      user: role,
      password: () => Promise.resolve(password),
    };
    await (await Connection.open(config)).close();
    await database.pool.query(`ALTER ROLE ${role} PASSWORD 'second'`);
    await expect(Connection.open(config)).rejects.toMatchObject({ code: 'DB_AUTHENTICATION' });
    password = 'second';
    await (await Connection.open(config)).close();
  } finally {
    await database.pool.query(`DROP ROLE ${role}`);
  }
});

describe('statements that fail', () => {
  const cases = [
    ['SELECT pg_sleep(10)', 'DB_TIMEOUT', '57014'],
    ['SELECT 1/0', 'DB_ERROR', '22012'],
    ['SET ROLE pg_monitor; SELECT * FROM pg_authid', 'DB_PERMISSION_DENIED', '42501'],
  ] as const;

  it.each(cases)('%s', async (statement, code, state) => {
    const connection = await Connection.open(
      urlWith((url) => url.searchParams.set('options', '-c statement_timeout=50')),
    );
    await expect(connection.query(statement)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(`(SQLSTATE ${state})`) as string,
    });
    expect(connection.broken).toBe(false);
    await connection.close();
  });

  it('do not quote the row that broke a constraint', async () => {
    const connection = await Connection.open({ connectionString: database.url });
    await connection.query(`CREATE TABLE private (content text CHECK (content <> 'the private content'))`);
    const failure = await connection
      .query(`INSERT INTO private VALUES ('the private content')`)
      .catch((error: Error) => error);
    expect((failure as Error).message).toContain('SQLSTATE 23514');
    expect((failure as Error).message).not.toContain('the private content');
    await connection.close();
  });

  it('find the connection broken after the server has cut it', async () => {
    const connection = await Connection.open({ connectionString: database.url });
    await expect(connection.query('SELECT pg_terminate_backend(pg_backend_pid())')).rejects.toMatchObject({
      code: 'DB_UNREACHABLE',
    });
    await expect(connection.query('SELECT 1')).rejects.toMatchObject({ code: 'DB_UNREACHABLE' });
    expect(connection.broken).toBe(true);
  });
});

it('names itself to the server', async () => {
  const connection = await Connection.open({ connectionString: database.url });
  expect(await connection.query(`SELECT current_setting('application_name') AS name`)).toEqual([
    { name: 'audit-anchor' },
  ]);
  await connection.close();
});

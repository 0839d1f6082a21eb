import { once } from 'node:events';
import { Readable } from 'node:stream';
import { Client } from 'pg';
import { appendEvents } from '../../../../runtime/adapters/postgres/append/append';
import { appendStream } from '../../../../runtime/adapters/postgres/append/stream';
import { PostgresAuditLog } from '../../../../runtime/adapters/postgres/read/audit-log';
import { ChainWriter } from '../../../../runtime/adapters/postgres/append/chain-writer';
import { Connection } from '../../../../runtime/adapters/postgres/connection';
import { copyOut } from '../../../../runtime/adapters/postgres/read/copy-out';
import { initialise } from '../../../../runtime/adapters/postgres/init';
import { refusePooledSession } from '../../../../runtime/adapters/postgres/pooled-session';
import { requireSupported } from '../../../../runtime/adapters/postgres/server-version';
import { endSilence } from '../../../../runtime/adapters/postgres/silence';
import { APPEND, event } from '../../../support/audit-table';
import { createTestDatabase, type TestDatabase } from '../../../support/database';
import { LOGIN_PROCESS, message, oneRow, READY, ScriptedPostgres } from '../../../support/scripted-postgres';
import { selfSigned } from '../../../support/self-signed';

jest.setTimeout(60_000);

const TEXT = 25;
const INT4 = 23;
const COPY_HEADER = Buffer.concat([Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'), Buffer.alloc(8)]);

let database: TestDatabase;
let server: ScriptedPostgres | null = null;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterEach(async () => {
  await server?.stop();
  server = null;
});
afterAll(() => database.drop());

async function codeOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => null,
    (error: { code?: unknown }) => error.code ?? error,
  );
}

describe('a server that is too old', () => {
  beforeEach(async () => {
    server = await ScriptedPostgres.start('10.23 (Debian 10.23-1)', (code, _body, socket) => {
      if (code === 'X') return void socket.end();
      if (code === 'Q' || code === 'S') socket.write(oneRow('version', TEXT, '10.23'));
    });
  });

  const connection = () => ({ connectionString: server?.url });
  const { table, layout, chainId } = APPEND;
  const log = () => new PostgresAuditLog({ connection: connection(), table, layout, chainId });
  const uses: readonly (readonly [string, () => Promise<unknown>])[] = [
    ['init', () => initialise(connection(), layout, table)],
    ['reading', () => log().head()],
    ['the lock', () => log().exclusive(() => Promise.resolve(), { waitMs: 0 })],
    ['append', () => appendStream(Readable.from([event('x')]), { ...APPEND, connection: connection() })],
    [
      'a chain writer',
      () => {
        const writer = new ChainWriter({ ...APPEND, connection: connection() });
        return writer.append(event('x')).finally(() => writer.close());
      },
    ],
    [
      "a caller's client",
      async () => {
        const client = new Client(connection());
        await client.connect();
        client.getTransactionStatus = () => 'T';
        return appendEvents(client, [event('x')], APPEND).finally(() => client.end());
      },
    ],
  ];
  it.each(uses)('is refused by its version: %s', async (_, use) => {
    await expect(use()).rejects.toMatchObject({
      code: 'DB_VERSION',
      message: expect.stringMatching(/version 10\.23.*11/) as string,
    });
  });
});

const endpoint = { host: 'h', port: 5432, database: 'd', user: 'u' };
it.each(['9.6.24', '10.0', '8.4'])('version %s is too old', (version) => {
  expect(() => requireSupported(version, endpoint)).toThrow(
    expect.objectContaining({ code: 'DB_VERSION' }) as Error,
  );
});
it.each(['11.0', '18.1 (Debian)', '19devel', '18beta1', 'EnterpriseDB', undefined])(
  'version %s is not',
  (version) => {
    expect(() => requireSupported(version, endpoint)).not.toThrow();
  },
);

describe('the reason of a server that ends a session', () => {
  it('reaches the next statement of an idle connection', async () => {
    const connection = await Connection.open({ connectionString: database.url });
    const [row] = await connection.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    await database.pool.query('SELECT pg_terminate_backend($1)', [row?.pid]);
    if (!connection.broken) await once(connection.lost, 'abort');
    await expect(connection.query('SELECT 1')).rejects.toMatchObject({
      code: 'DB_UNREACHABLE',
      message: expect.stringContaining('(SQLSTATE 57P01)') as string,
    });
    await connection.close();
  });

  it('reaches whoever waits in a transaction that idles too long', async () => {
    const connection = await Connection.open({ connectionString: database.url });
    await connection.query(`BEGIN; SET LOCAL idle_in_transaction_session_timeout = '50ms'`);
    await once(connection.lost, 'abort');
    await expect(connection.query('SELECT 1')).rejects.toMatchObject({
      code: 'DB_TIMEOUT',
      message: expect.stringContaining('(SQLSTATE 25P03)') as string,
      hint: expect.stringContaining('idle_in_transaction_session_timeout') as string,
    });
    await connection.close();
  });

  it('is forgotten when the server answers again', async () => {
    const connection = await Connection.open({ connectionString: database.url });
    await expect(connection.query('SELECT 1/0')).rejects.toMatchObject({ code: 'DB_ERROR' });
    await connection.query('SELECT 1');
    await connection.close();
    await expect(connection.query('SELECT 1')).rejects.toMatchObject({
      message: expect.not.stringContaining('22012') as string,
    });
  });
});

describe('a pooler in transaction mode', () => {
  /** Serves each question for its process by the next of these numbers, in turn. */
  async function served(...processes: number[]): Promise<Connection> {
    let asked = 0;
    server = await ScriptedPostgres.start('16.0', (code, _body, socket) => {
      if (code === 'Q') socket.write(oneRow('pid', INT4, String(processes[asked++ % processes.length])));
      if (code === 'X') socket.end();
    });
    return Connection.open({ connectionString: server.url });
  }

  const cases: readonly (readonly [string, readonly number[], unknown])[] = [
    ['one process for two connections', [41], 'DB_POOLED'],
    ['a process that changes', [41, 42, 43], 'DB_POOLED'],
    ['a pooler by session: each connection has its own', [41, 42, 41, 42, 41, 42, 41, 42, 41, 42, 41], null],
    ['the server itself', [LOGIN_PROCESS], null],
  ];
  it.each(cases)('%s', async (_, processes, code) => {
    const connection = await served(...processes);
    expect(await codeOf(refusePooledSession(connection))).toBe(code);
    await connection.close();
  });

  it('is not what a real server is taken for', async () => {
    const connection = await Connection.open({ connectionString: database.url });
    expect(await codeOf(refusePooledSession(connection))).toBeNull();
    await connection.close();
  });
});

describe('what cannot be read ends the connection, not the process', () => {
  const GSSAPI = message('R', Buffer.from([0, 0, 0, 7]));
  const tls = selfSigned();

  it.each([
    ['plain', undefined],
    ['by TLS', tls],
  ])('a login by GSSAPI, %s', async (_, certificate) => {
    const conduct = { greeting: GSSAPI, ...(certificate ? { tls: certificate } : {}) };
    server = await ScriptedPostgres.start('16.0', undefined, conduct);
    const ssl = certificate ? { rejectUnauthorized: false } : false;
    expect(await codeOf(Connection.open({ connectionString: server.url, ssl }))).toBe('DB_ERROR');
  });

  it('a row that is shorter than it says', async () => {
    const row = message('D', Buffer.from([0, 1, 0]));
    server = await ScriptedPostgres.start('16.0', (code, _body, socket) => {
      if (code === 'Q') socket.write(row);
    });
    const connection = await Connection.open({ connectionString: server.url });
    expect(await codeOf(connection.query('SELECT 1'))).toBe('DB_ERROR');
    expect(connection.broken).toBe(true);
    await connection.close();
  });
});

describe('a server that breaks the protocol', () => {
  /** Answers COPY with these bytes, and everything else with success. */
  async function copying(bytes: Buffer): Promise<Connection> {
    server = await ScriptedPostgres.start('16.0', (code, body, socket) => {
      if (code !== 'Q') return;
      const copies = body.toString('latin1').startsWith('COPY');
      if (copies) socket.write(Buffer.concat([message('H', Buffer.alloc(3)), bytes]));
      else socket.write(Buffer.concat([message('C', Buffer.from('SAVEPOINT\0')), READY]));
    });
    return Connection.open({ connectionString: server.url });
  }

  async function read(connection: Connection): Promise<void> {
    for await (const chunk of copyOut(connection, 'COPY')) expect(chunk.length).toBeGreaterThan(0);
  }

  it.each([-5, 0, 2 ** 31 - 1])(
    'a message of %i bytes inside of COPY is malformed at once',
    async (length) => {
      const frame = message('d');
      frame.writeInt32BE(length, 1);
      const connection = await copying(Buffer.concat([message('d', COPY_HEADER), frame]));
      expect(await codeOf(read(connection))).toBe('COPY_MALFORMED');
      await connection.close();
    },
  );

  it('silence inside of COPY ends the connection; a consumer that takes its time does not', async () => {
    const connection = await copying(message('d', COPY_HEADER));
    const silenceMs = 100;
    endSilence(connection.client, () => connection.holdsRows(), silenceMs);
    const slow = async (): Promise<void> => {
      for await (const chunk of copyOut(connection, 'COPY')) {
        expect(chunk.length).toBe(COPY_HEADER.length);
        await new Promise((resolve) => setTimeout(resolve, 4 * silenceMs));
        expect(connection.broken).toBe(false);
      }
    };
    expect(await codeOf(slow())).toBe('DB_TIMEOUT');
  });

  it('silence between two statements is none', async () => {
    const connection = await Connection.open({ connectionString: database.url });
    endSilence(connection.client, () => false, 50);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await connection.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect(await codeOf(connection.query('SELECT pg_sleep(60)'))).toBe('DB_TIMEOUT');
  });
});

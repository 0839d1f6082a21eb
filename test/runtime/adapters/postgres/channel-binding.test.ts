import { once } from 'node:events';
import { type AddressInfo, connect as connectTcp, createServer, type Server, type Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { connect as connectTls, TLSSocket } from 'node:tls';
import { Connection } from '../../../../runtime/adapters/postgres/connection';
import type { ConnectionConfig } from '../../../../runtime/adapters/postgres/channel-binding';
import { fromPlain, toPlain } from '../../../../runtime/adapters/workers/connection-settings';
import { type ChannelBinding, CHANNEL_BINDINGS } from '../../../../runtime/contract/setting-rules';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../../../runtime/embedded/postgres/start';
import { message, READY, ScriptedPostgres } from '../../../support/scripted-postgres';
import { type KeyAndCertificate, selfSigned } from '../../../support/self-signed';
import { load } from '../../config/environment';

jest.setTimeout(60_000);

const ssl = { rejectUnauthorized: false };

/** Connects, leaves again, and tells the code of what stood against it. */
async function outcome(config: ConnectionConfig): Promise<unknown> {
  try {
    const connection = await Connection.open(config);
    await connection.close();
    return null;
  } catch (error) {
    return (error as { code?: unknown }).code ?? error;
  }
}

function authentication(kind: number, body: Buffer | string = ''): Buffer {
  const code = Buffer.alloc(4);
  code.writeInt32BE(kind);
  return message('R', Buffer.concat([code, Buffer.from(body)]));
}

describe('channel_binding=require', () => {
  const tls = selfSigned();
  let server: ScriptedPostgres | null = null;
  afterEach(async () => {
    await server?.stop();
    server = null;
  });

  const OK = authentication(0);
  const cases: readonly (readonly [string, Buffer])[] = [
    ['wants the password itself', authentication(3)],
    ['wants an MD5 hash of it', authentication(5, 'salt')],
    ['offers SCRAM without binding', authentication(10, 'SCRAM-SHA-256\0\0')],
    ['offers nothing that is known', authentication(10, 'OAUTHBEARER\0\0')],
    ['wants no password', Buffer.concat([OK, READY])],
    ['says nothing of a login', READY],
    [
      'goes on without a proof of its own',
      Buffer.concat([authentication(10, 'SCRAM-SHA-256-PLUS\0\0'), OK, READY]),
    ],
  ];

  it.each(cases)('refuses a server that %s, and sends it no password', async (_, greeting) => {
    const heard: Buffer[] = [];
    server = await ScriptedPostgres.start('16.0', (_code, body) => void heard.push(body), { tls, greeting });
    const connectionString = server.url;
    expect(await outcome({ connectionString, ssl, channelBinding: 'require' })).toBe('DB_CHANNEL_BINDING');
    await server.left();
    // A first message of SCRAM holds a nonce; everything else would be made from the password.
    const answered = Buffer.concat(heard).toString('latin1');
    expect(answered).not.toMatch(/secret|^md5|,p=/);
    expect(await outcome({ connectionString: `${connectionString}?channel_binding=require`, ssl })).toBe(
      'DB_CHANNEL_BINDING',
    );
  });

  it('refuses a connection without TLS, whatever the server offers', async () => {
    const greeting = authentication(10, 'SCRAM-SHA-256-PLUS\0\0');
    server = await ScriptedPostgres.start('16.0', undefined, { greeting });
    const connectionString = server.url;
    expect(await outcome({ connectionString, channelBinding: 'require' })).toBe('DB_CHANNEL_BINDING');
  });

  it('is what a URL has to spell right', async () => {
    server = await ScriptedPostgres.start('16.0');
    expect(await outcome({ connectionString: `${server.url}?channel_binding=always` })).toBe(
      'CONFIG_INVALID',
    );
  });
});

/** Gives the server a key and a certificate; it writes the files itself, since it may run as another user. */
async function serveTls(client: Connection, { key, cert }: KeyAndCertificate): Promise<void> {
  for (const [file, text] of Object.entries({ 'server.key': key, 'server.crt': cert })) {
    const lines = `SELECT pg_catalog.unnest(pg_catalog.string_to_array('${text.trim()}', E'\\n'))`;
    await client.query(`COPY (${lines}) TO PROGRAM 'umask 077; cat > ${file}'`);
  }
  await client.query('ALTER SYSTEM SET ssl = on');
  await client.query('SELECT pg_catalog.pg_reload_conf()');
}

describe('a server with a certificate of its own', () => {
  let postgres: EmbeddedPostgres;
  let relay: Server;
  const open = new Set<Socket>();

  /** Ends TLS with another certificate and passes on what it reads: who does that could change it, too. */
  async function between(client: Socket): Promise<void> {
    const server = connectTcp(postgres.port, postgres.host);
    for (const socket of [client, server]) {
      open.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => [client, server].forEach((each) => each.destroy()));
    }
    const [request] = (await once(client, 'data')) as [Buffer];
    server.write(request);
    const [answer] = (await once(server, 'data')) as [Buffer];
    const outer = new TLSSocket(client, { isServer: true, ...selfSigned() });
    const inner = connectTls({ socket: server, ...ssl });
    for (const socket of [outer, inner]) socket.on('error', () => socket.destroy());
    client.write(answer);
    outer.pipe(inner).pipe(outer);
  }

  beforeAll(async () => {
    postgres = await startEmbeddedPostgres();
    const administrator = await Connection.open({ connectionString: postgres.url });
    await serveTls(administrator, selfSigned());
    await administrator.close();
    // The server answers before it has read its new settings.
    while ((await outcome(settings('disable'))) === 'DB_UNREACHABLE') await setImmediate();
    relay = createServer((socket) => void between(socket).catch(() => socket.destroy()));
    relay.listen(0, postgres.host);
    await once(relay, 'listening');
  });
  afterAll(async () => {
    open.forEach((socket) => socket.destroy());
    relay.close();
    await postgres.stop();
  });

  function settings(channelBinding: ChannelBinding, port = postgres.port): ConnectionConfig {
    const { host, user, password } = postgres;
    return { host, port, user, password: () => password, database: 'postgres', ssl, channelBinding };
  }

  it.each(CHANNEL_BINDINGS)('lets %s in', async (binding) => {
    expect(await outcome(settings(binding))).toBeNull();
  });

  it('another one between is found out by all that bind their login', async () => {
    const { port } = relay.address() as AddressInfo;
    expect(await outcome(settings('disable', port))).toBeNull();
    expect(await outcome(settings('prefer', port))).toBe('DB_CHANNEL_BINDING');
    expect(await outcome(settings('require', port))).toBe('DB_CHANNEL_BINDING');
  });

  it('a wrong password is not told as anything else', async () => {
    const wrong = { ...settings('require'), password: 'wrong' };
    expect(await outcome(wrong)).toBe('DB_AUTHENTICATION');
  });

  it('a command of the program binds its login when the URL says so', async () => {
    const { database } = load(
      { DATABASE_URL: `${postgres.url}?sslmode=require&channel_binding=require` },
      {},
      { database: true },
    );
    expect(await outcome({ ...database })).toBeNull();
    const plain = fromPlain(toPlain(database!));
    expect(await outcome(plain)).toBeNull();
    expect(plain.channelBinding).toBe('require');
  });
});

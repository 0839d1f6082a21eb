import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { EventAppender } from '../../../runtime/adapters/postgres/append/append';
import { initialise } from '../../../runtime/adapters/postgres/init';
import { GATEWAY_ROLE, READER_ROLE } from '../../../runtime/adapters/postgres/schema';
import { DEFAULTS } from '../../../runtime/contract';
import { v1Layout } from '../../../runtime/domain/chain/columns';
import type { EmbeddedPostgres } from '../../../runtime/embedded/postgres/start';

const TABLE = { table: DEFAULTS.eventsTable, schema: 'public' };
const LAYOUT = v1Layout();

/** Secrets of a chain by key id. */
export type HmacKeys = Readonly<Record<string, Buffer>>;

/** The value of a secret with these keys. */
export function keyRingJson(keys: HmacKeys): string {
  return JSON.stringify(
    Object.fromEntries(Object.entries(keys).map(([id, key]) => [id, key.toString('base64')])),
  );
}

/** A database with an audit table, and a login for each program: the gateway, the anchoring task, the verifier. */
export class AuditDatabase {
  private constructor(
    private readonly chainId: string,
    private readonly ownerUrl: string,
    private readonly gatewayUrl: string,
    /** For tasks that write anchors. */
    readonly anchoringUrl: string,
    /** For tasks that verify. */
    readonly verifierUrl: string,
  ) {}

  static async create(server: EmbeddedPostgres, name: string, chainId: string): Promise<AuditDatabase> {
    await run(server.url, `CREATE DATABASE ${name}`);
    const ownerUrl = at(server.url, name);
    await initialise({ connectionString: ownerUrl }, LAYOUT, TABLE);
    const login = async (program: string, role: string): Promise<string> => {
      const user = `${name}_${program}`;
      const password = randomBytes(24).toString('base64url');
      await run(ownerUrl, `CREATE ROLE ${user} LOGIN PASSWORD '${password}' IN ROLE ${role}`);
      return at(server.url, name, user, password);
    };
    return new AuditDatabase(
      chainId,
      ownerUrl,
      await login('gateway', GATEWAY_ROLE),
      await login('anchoring', READER_ROLE),
      await login('verifier', READER_ROLE),
    );
  }

  /** Passwords of all logins, as they stand in URLs. */
  get passwords(): readonly string[] {
    return [this.ownerUrl, this.gatewayUrl, this.anchoringUrl, this.verifierUrl].map(
      (url) => new URL(url).password,
    );
  }

  /** Appends as the gateway does, in one transaction; the chain index of the last event. */
  async append(count: number, keys: HmacKeys, activeKeyId: string): Promise<number> {
    const appender = new EventAppender({
      table: TABLE,
      layout: LAYOUT,
      chainId: this.chainId,
      keys: { activeKeyId, secretFor: (id) => keys[id] },
    });
    const events = Array.from({ length: count }, (_, position) => ({
      occurred_at: new Date().toISOString(),
      actor: 'alice@example.com',
      action: 'document.update',
      resource: `document/${position}`,
      outcome: 'success',
    }));
    return within(this.gatewayUrl, async (client) => {
      await client.query('BEGIN');
      const { lastIndex } = await appender.append(client, events);
      await client.query('COMMIT');
      return lastIndex;
    });
  }

  /** Rewrites an event as only the owner of the table can: protection off, and on again afterwards. */
  async rewrite(chainIndex: number): Promise<void> {
    const { table } = TABLE;
    await run(
      this.ownerUrl,
      `ALTER TABLE ${table} DISABLE TRIGGER ALL;
       UPDATE ${table} SET actor = 'mallory@example.com' WHERE chain_index = ${chainIndex};
       ALTER TABLE ${table} ENABLE TRIGGER ALL`,
    );
  }

  /** That the verifier's own login can read and nothing else. */
  async assertVerifierOnlyReads(): Promise<void> {
    const { table } = TABLE;
    await run(this.verifierUrl, `SELECT FROM ${table} LIMIT 1`);
    for (const statement of [`DELETE FROM ${table}`, `UPDATE ${table} SET actor = ''`, `TRUNCATE ${table}`]) {
      await assert.rejects(run(this.verifierUrl, statement), { code: '42501' }, statement);
    }
  }
}

function at(url: string, database: string, user?: string, password?: string): string {
  const location = new URL(url);
  location.pathname = `/${database}`;
  if (user !== undefined) location.username = user;
  if (password !== undefined) location.password = password;
  return location.href;
}

async function within<T>(connectionString: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

async function run(connectionString: string, statement: string): Promise<void> {
  await within(connectionString, (client) => client.query(statement));
}

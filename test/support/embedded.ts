import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as sdk from '@aws-sdk/client-s3';
import type { ClientBase } from 'pg';
import { createDigestEngine } from '../../runtime/adapters/digests/select-engine';
import { EventAppender } from '../../runtime/adapters/postgres/append/append';
import { PostgresAuditLog } from '../../runtime/adapters/postgres/read/audit-log';
import type { EventValues } from '../../runtime/adapters/postgres/append/event-values';
import type { S3AnchorStoreOptions } from '../../runtime/adapters/s3/s3-anchor-store';
import { S3AnchorStore } from '../../runtime/adapters/s3/s3-anchor-store';
import type { AnchorerOptions } from '../../runtime/application/anchorer';
import { Anchorer } from '../../runtime/application/anchorer';
import type { ChainReading } from '../../runtime/application/scan-chain';
import type { VerifierOptions } from '../../runtime/application/verifier';
import { Verifier } from '../../runtime/application/verifier';
import { DEFAULTS, ENV } from '../../runtime/contract';
import { deriveChainKeys } from '../../runtime/domain/chain/chain-keys';
import type { WormS3 } from '../../runtime/embedded/s3/server';
import { startWormS3 } from '../../runtime/embedded/s3/server';
import { CHAIN_ID, LAYOUT, plainContents, SECRETS } from './chain';
import type { TestDatabase } from './database';
import { createTestDatabase } from './database';
import { EventsTable, TABLE } from './events-table';
import { SettableClock } from './settable-clock';

export { CHAIN_ID, TABLE };
export const REGION = 'us-east-1';
export const KMS_KEY_ARN = `arn:aws:kms:${REGION}:000000000000:key/00000000-0000-4000-8000-000000000000`;
const CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'test' };
const START = '2030-01-15T14:00:00Z';

/** One entry of the bucket's raw version listing. */
export interface ListedVersion {
  readonly key: string;
  readonly versionId: string;
  readonly kind: 'version' | 'delete-marker';
  readonly isLatest: boolean;
}

export interface BucketKind {
  readonly objectLock?: boolean;
  readonly defaultMode?: 'COMPLIANCE' | 'GOVERNANCE';
}

/**
 * A WORM S3 and a database with the default audit table, on one clock. Servers are shared by the tests of a file;
 * `reset` gives the next test an empty table, a new bucket and the clock's first time.
 */
export class Embedded {
  readonly clock = new SettableClock(START);
  /** Everything an attacker with S3 access has. */
  readonly sdk = sdk;
  s3!: WormS3;
  client!: sdk.S3Client;
  bucket = '';
  private buckets = 0;
  private appended = 0;
  /** Of whoever needs none of its own: to connect costs more than most tests do. */
  private readonly anyLog: PostgresAuditLog;
  private readonly closing: (() => void | Promise<void>)[] = [];

  private constructor(
    readonly database: TestDatabase,
    readonly table: EventsTable,
    readonly folder: string,
  ) {
    this.anyLog = this.newAuditLog(database.url);
  }

  static async start(): Promise<Embedded> {
    // A notice about coming Node versions, for whoever updates the SDK.
    process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';
    const database = await createTestDatabase();
    const table = await EventsTable.create(database);
    const folder = await mkdtemp(join(tmpdir(), 'embedded-s3-'));
    const embedded = new Embedded(database, table, folder);
    embedded.s3 = await startWormS3({ directory: folder, region: REGION, clock: embedded.clock });
    embedded.client = new sdk.S3Client({
      region: REGION,
      endpoint: embedded.s3.endpoint,
      forcePathStyle: true,
      maxAttempts: 1,
      credentials: () => Promise.resolve({ ...CREDENTIALS }),
    });
    await embedded.newBucket();
    return embedded;
  }

  /** An empty table, a new bucket, no faults, the first time of the clock. */
  async reset(): Promise<void> {
    await this.closeOpened();
    this.clock.reset();
    this.s3.faults.clear();
    this.s3.requests.clear();
    await this.table.empty();
    this.appended = 0;
    await this.newBucket();
  }

  async stop(): Promise<void> {
    await this.closeOpened();
    await this.anyLog.close();
    this.client.destroy();
    await this.s3.close();
    await this.database.drop();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Makes a bucket and works in it from now on; by default as anchors need it. */
  async newBucket({ objectLock = true, defaultMode = 'COMPLIANCE' }: BucketKind = {}): Promise<string> {
    this.buckets += 1;
    this.bucket = `audit-anchors-${this.buckets}`;
    const Bucket = this.bucket;
    await this.client.send(new sdk.CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: objectLock }));
    if (objectLock) {
      const rule = { DefaultRetention: { Mode: defaultMode, Days: DEFAULTS.retentionDays } };
      await this.client.send(
        new sdk.PutObjectLockConfigurationCommand({
          Bucket,
          ObjectLockConfiguration: { ObjectLockEnabled: 'Enabled', Rule: rule },
        }),
      );
    }
    return Bucket;
  }

  /** Appends events and commits: so many plain ones, one second apart, or the given ones. */
  async append(events: number | readonly EventValues[], activeKeyId = 'k1', url?: string): Promise<void> {
    const values = typeof events === 'number' ? this.plainEvents(events) : events;
    const keys = { activeKeyId, secretFor: (id: string) => SECRETS[id] };
    const appender = new EventAppender({ table: TABLE, layout: LAYOUT, chainId: CHAIN_ID, keys });
    const store = async (client: ClientBase): Promise<void> => {
      await client.query('BEGIN');
      await appender.append(client, values);
      await client.query('COMMIT');
    };
    if (url === undefined) return this.database.use(store);
    const client = await this.database.connect({ connectionString: url });
    await store(client).finally(() => client.end());
  }

  /** Runs statements as the owner of the table, with its protection off. Separate several by semicolons. */
  async sql(statements: string): Promise<void> {
    await this.database.pool.query(`ALTER TABLE ${TABLE.table} DISABLE TRIGGER ALL; ${statements}`);
  }

  store(options: Partial<S3AnchorStoreOptions> = {}): S3AnchorStore {
    const store = new S3AnchorStore({
      bucket: this.bucket,
      region: REGION,
      endpoint: this.s3.endpoint,
      credentials: () => Promise.resolve({ ...CREDENTIALS }),
      kmsKeyArn: KMS_KEY_ARN,
      clock: this.clock,
      ...options,
    });
    this.closing.push(() => store.close());
    return store;
  }

  auditLog(url = this.database.url): PostgresAuditLog {
    const auditLog = this.newAuditLog(url);
    this.closing.push(() => auditLog.close());
    return auditLog;
  }

  /** @param keyIds of the secrets that are known, `k1` and `k2` by default */
  reading(keyIds: readonly string[] = Object.keys(SECRETS)): ChainReading {
    const ring = { ids: keyIds, secretFor: (id: string) => SECRETS[id] };
    const keys = deriveChainKeys(ring, CHAIN_ID, LAYOUT);
    return { chainId: CHAIN_ID, layout: LAYOUT, keys, createEngine: createDigestEngine };
  }

  /** Interval 60 minutes, threshold 100 events, 400 days. */
  anchorer(options: Partial<AnchorerOptions> = {}): Anchorer {
    return new Anchorer({
      store: options.store ?? this.store(),
      auditLog: options.auditLog ?? this.anyLog,
      clock: this.clock,
      reading: this.reading(),
      cadence: { intervalMinutes: DEFAULTS.intervalMinutes, eventThreshold: 100 },
      retentionDays: DEFAULTS.retentionDays,
      lockWaitMs: 5_000,
      ...options,
    });
  }

  /** Policy of the defaults; `database: null` for the auditor's mode. */
  verifier(options: Partial<VerifierOptions> = {}): Verifier {
    const { retentionDays, clockToleranceSeconds, intervalMinutes } = DEFAULTS;
    return new Verifier({
      store: options.store ?? this.store(),
      clock: this.clock,
      policy: { chainId: CHAIN_ID, retentionDays, clockToleranceSeconds, intervalMinutes },
      database:
        options.database === undefined
          ? { auditLog: this.anyLog, reading: this.reading() }
          : options.database,
      ...options,
    });
  }

  /** Everything in the bucket, in the order of S3's version listing. */
  async versions(prefix = ''): Promise<ListedVersion[]> {
    const found: ListedVersion[] = [];
    let page: sdk.ListObjectVersionsCommandOutput | undefined;
    do {
      page = await this.client.send(
        new sdk.ListObjectVersionsCommand({
          Bucket: this.bucket,
          Prefix: prefix,
          KeyMarker: page?.NextKeyMarker,
          VersionIdMarker: page?.NextVersionIdMarker,
        }),
      );
      const entry =
        (kind: ListedVersion['kind']) =>
        ({ Key = '', VersionId = '', IsLatest = false }: sdk.ObjectVersion): ListedVersion => ({
          key: Key,
          versionId: VersionId,
          kind,
          isLatest: IsLatest,
        });
      found.push(...(page.Versions ?? []).map(entry('version')));
      found.push(...(page.DeleteMarkers ?? []).map(entry('delete-marker')));
    } while (page.IsTruncated);
    return found;
  }

  /** The bytes of one version, by default of the current one. */
  async bodyOf(key: string, versionId?: string): Promise<Buffer> {
    const { Body } = await this.client.send(
      new sdk.GetObjectCommand({ Bucket: this.bucket, Key: key, VersionId: versionId }),
    );
    return Buffer.from((await Body?.transformToByteArray()) ?? []);
  }

  /** Puts an object as an attacker would; its version id. Locked only if `more` or the bucket's default says so. */
  async put(
    key: string,
    body: string | Uint8Array,
    more: Partial<sdk.PutObjectCommandInput> = {},
  ): Promise<string> {
    const { VersionId } = await this.client.send(
      new sdk.PutObjectCommand({ Bucket: this.bucket, Key: key, Body: Buffer.from(body), ...more }),
    );
    return VersionId ?? 'null';
  }

  /** Settings with which the CLI works on these servers. It uses the machine's clock, not this one. */
  environment(more: Readonly<Record<string, string>> = {}): Record<string, string> {
    const ring = Object.entries(SECRETS).map(([id, secret]) => [id, secret.toString('base64')]);
    return {
      [ENV.bucket]: this.bucket,
      [ENV.chainId]: CHAIN_ID,
      [ENV.kmsKeyArn]: KMS_KEY_ARN,
      [ENV.hmacKeys]: JSON.stringify(Object.fromEntries(ring)),
      [ENV.hmacActiveKeyId]: 'k1',
      [ENV.s3Endpoint]: this.s3.endpoint,
      [ENV.databaseUrl]: this.database.url,
      AWS_REGION: REGION,
      AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
      ...more,
    };
  }

  private newAuditLog(connectionString: string): PostgresAuditLog {
    return new PostgresAuditLog({
      connection: { connectionString },
      table: TABLE,
      layout: LAYOUT,
      chainId: CHAIN_ID,
    });
  }

  private plainEvents(count: number): EventValues[] {
    return Array.from({ length: count }, () => {
      this.appended += 1;
      const occurredAt = new Date(Date.parse(START) - 86_400_000 + this.appended * 1000).toISOString();
      return { occurred_at: occurredAt, ...plainContents(this.appended) };
    });
  }

  private async closeOpened(): Promise<void> {
    for (let close = this.closing.pop(); close; close = this.closing.pop()) await close();
  }
}

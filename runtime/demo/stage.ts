import { randomBytes } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { S3Client } from '@aws-sdk/client-s3';
import { createDigestEngine } from '../adapters/digests/select-engine';
import { parseKeyRing } from '../adapters/keys/key-ring';
import type { KeyRing } from '../adapters/keys/key-ring';
import { PostgresAuditLog } from '../adapters/postgres/read/audit-log';
import { Connection } from '../adapters/postgres/connection';
import type { S3Sdk } from '../adapters/s3/s3-client';
import { loadS3Sdk } from '../adapters/s3/s3-client';
import { S3AnchorStore } from '../adapters/s3/s3-anchor-store';
import { Anchorer } from '../application/anchorer';
import type { AuditLog } from '../application/ports';
import type { ChainReading } from '../application/scan-chain';
import { Verifier } from '../application/verifier';
import type { Resources } from '../composition';
import { DEFAULTS, ENV } from '../contract';
import { deriveChainKeys } from '../domain/chain/chain-keys';
import { v1Layout } from '../domain/chain/columns';
import { ConfigError } from '../errors';
import type { EmbeddedPostgres } from '../embedded/postgres/start';
import { startEmbeddedPostgres } from '../embedded/postgres/start';
import type { WormS3 } from '../embedded/s3/server';
import { startWormS3 } from '../embedded/s3/server';
import type { DemoClock } from './demo-clock';

export const BUCKET = 'audit-anchors-prod';
export const CHAIN_ID = 'production';
const DATABASE = 'audit';
const REGION = 'us-east-1';
const CREDENTIALS = { accessKeyId: 'demo', secretAccessKey: 'demo' };
const KMS_KEY_ARN = `arn:aws:kms:${REGION}:000000000000:key/00000000-0000-4000-8000-000000000000`;

const POLICY = {
  retentionDays: DEFAULTS.retentionDays,
  intervalMinutes: DEFAULTS.intervalMinutes,
  clockToleranceSeconds: DEFAULTS.clockToleranceSeconds,
};

/** @throws ConfigError `FILE_UNUSABLE` */
function makeFolder(): string {
  try {
    return mkdtempSync(join(tmpdir(), 'audit-anchor-demo-'));
  } catch (error) {
    const { code = 'no reason given' } = error as NodeJS.ErrnoException;
    throw new ConfigError(
      'FILE_UNUSABLE',
      `the folder for temporary files, ${JSON.stringify(tmpdir())}, cannot be written to (${code})`,
      { cause: error, hint: 'Set TMPDIR to a folder that this user may write to.' },
    );
  }
}

/** The servers of the demo and everything that works on them. */
export class Stage {
  readonly layout = v1Layout();
  readonly table = { table: DEFAULTS.eventsTable, schema: 'public' };
  private readonly bucketFolder: string;

  private constructor(
    readonly clock: DemoClock,
    private readonly resources: Resources,
    readonly keyRing: KeyRing,
    private readonly keyRingJson: string,
    readonly postgres: EmbeddedPostgres,
    readonly s3: WormS3,
    private readonly folder: string,
  ) {
    this.bucketFolder = join(folder, 's3');
  }

  /** Starts a PostgreSQL and a WORM S3 on loopback, in a temporary folder, and makes the bucket. */
  static async set(clock: DemoClock, resources: Resources): Promise<Stage> {
    const folder = resources.add(makeFolder(), (path) => rmSync(path, { recursive: true, force: true }));
    const keyRingJson = JSON.stringify({
      k1: randomBytes(32).toString('base64'),
      k2: randomBytes(32).toString('base64'),
    });
    const postgres = resources.add(await startEmbeddedPostgres({ database: DATABASE }), (server) =>
      server.stop(),
    );
    const bucketFolder = join(folder, 's3');
    mkdirSync(bucketFolder);
    const s3 = resources.add(
      await startWormS3({ directory: bucketFolder, region: REGION, clock }),
      (server) => server.close(),
    );
    const stage = new Stage(
      clock,
      resources,
      parseKeyRing(keyRingJson, ENV.hmacKeys, 'k1'),
      keyRingJson,
      postgres,
      s3,
      folder,
    );
    await stage.makeBucket();
    return stage;
  }

  connection(database = DATABASE): {
    host: string;
    port: number;
    user: string;
    password: string;
    database: string;
  } {
    const { host, port, user, password } = this.postgres;
    return { host, port, user, password, database };
  }

  /** A store on the demo's bucket, or on a copy of it. */
  store(s3: WormS3 = this.s3): S3AnchorStore {
    const store = new S3AnchorStore({
      bucket: BUCKET,
      region: REGION,
      endpoint: s3.endpoint,
      credentials: CREDENTIALS,
      kmsKeyArn: KMS_KEY_ARN,
      clock: this.clock,
    });
    return this.resources.add(store, (open) => open.close());
  }

  auditLog(database?: string): AuditLog {
    const { layout, table } = this;
    const auditLog = new PostgresAuditLog({
      connection: this.connection(database),
      table,
      layout,
      chainId: CHAIN_ID,
    });
    return this.resources.add(auditLog, (open) => open.close());
  }

  anchorer(): Anchorer {
    return new Anchorer({
      store: this.store(),
      auditLog: this.auditLog(),
      clock: this.clock,
      reading: this.reading(),
      cadence: { intervalMinutes: DEFAULTS.intervalMinutes, eventThreshold: DEFAULTS.eventThreshold },
      retentionDays: DEFAULTS.retentionDays,
      lockWaitMs: 10_000,
    });
  }

  verifier(options: { readonly database?: string; readonly s3?: WormS3 } = {}): Verifier {
    return new Verifier({
      store: this.store(options.s3),
      clock: this.clock,
      policy: { chainId: CHAIN_ID, ...POLICY },
      database: { auditLog: this.auditLog(options.database), reading: this.reading() },
    });
  }

  /** Copies the database as it stands, for an attack on the copy. */
  async copyDatabase(name: string): Promise<void> {
    const connection = await Connection.open(this.connection('postgres'));
    try {
      await connection.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${DATABASE}'`,
      );
      await connection.query(`CREATE DATABASE ${name} TEMPLATE ${DATABASE}`);
    } finally {
      await connection.close();
    }
  }

  /** Copies the bucket, locks and all, and serves the copy. */
  async copyBucket(name: string): Promise<WormS3> {
    const directory = join(this.folder, name);
    cpSync(this.bucketFolder, directory, { recursive: true, filter: (path) => !path.endsWith('.lock') });
    const copy = await startWormS3({ directory, region: REGION, clock: this.clock });
    return this.resources.add(copy, (server) => server.close());
  }

  /** A plain S3 client, as an attacker with write access would have. */
  async s3Client(s3: WormS3): Promise<{ client: S3Client; sdk: S3Sdk }> {
    const sdk = await loadS3Sdk();
    const options = { region: REGION, endpoint: s3.endpoint, forcePathStyle: true, credentials: CREDENTIALS };
    return { sdk, client: this.resources.add(new sdk.S3Client(options), (open) => open.destroy()) };
  }

  /** What another shell needs to work with the demo's servers. */
  environment(): Record<string, string> {
    const { host, port, user, password } = this.postgres;
    return {
      [ENV.bucket]: BUCKET,
      [ENV.chainId]: CHAIN_ID,
      [ENV.kmsKeyArn]: KMS_KEY_ARN,
      [ENV.hmacKeys]: this.keyRingJson,
      [ENV.hmacActiveKeyId]: 'k2',
      [ENV.s3Endpoint]: this.s3.endpoint,
      AWS_REGION: REGION,
      AWS_DEFAULT_REGION: REGION,
      AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
      PGHOST: host,
      PGPORT: String(port),
      PGUSER: user,
      PGPASSWORD: password,
      PGDATABASE: DATABASE,
    };
  }

  private reading(): ChainReading {
    const keys = deriveChainKeys(this.keyRing, CHAIN_ID, this.layout);
    return { chainId: CHAIN_ID, layout: this.layout, keys, createEngine: createDigestEngine };
  }

  private async makeBucket(): Promise<void> {
    const { sdk, client } = await this.s3Client(this.s3);
    await client.send(new sdk.CreateBucketCommand({ Bucket: BUCKET, ObjectLockEnabledForBucket: true }));
    await client.send(
      new sdk.PutObjectLockConfigurationCommand({
        Bucket: BUCKET,
        ObjectLockConfiguration: {
          ObjectLockEnabled: 'Enabled',
          Rule: { DefaultRetention: { Mode: 'COMPLIANCE', Days: DEFAULTS.retentionDays } },
        },
      }),
    );
  }
}

import { readSettingFile } from './adapters/files/setting-file';
import { createDigestEngine } from './adapters/digests/select-engine';
import { PostgresAuditLog } from './adapters/postgres/read/audit-log';
import { BucketReports } from './adapters/reports/bucket-reports';
import { FolderReports } from './adapters/reports/folder-reports';
import { S3AnchorStore } from './adapters/s3/s3-anchor-store';
import type { StartThread } from './adapters/workers/thread-readers';
import { ThreadReaders } from './adapters/workers/thread-readers';
import { Anchorer } from './application/anchorer';
import type { AnchorStore, AuditLog, Clock } from './application/ports';
import type { ChainReading } from './application/scan-chain';
import type { ReportPlace, ReportStore } from './application/shards/report-store';
import type { VerifiedDatabase } from './application/verifier';
import { Verifier } from './application/verifier';
import type { StateStore } from './application/verify/run-memory';
import type { ScanWorkers } from './application/verify/scan-parts';
import type { Config, ConfigFor, Need } from './config/config';
import { loadConfig } from './config/load';
import { ENV } from './contract';
import type { AnchorPolicy } from './domain/anchor/policy';
import { chainPrefix } from './domain/anchor/object-key';
import { deriveChainKeys, NO_CHAIN_KEYS, wipeChainKeys } from './domain/chain/chain-keys';
import { ConfigError } from './errors';

/** How long an anchorer waits for another one of the same chain, milliseconds. */
const LOCK_WAIT_MS = 60_000;

type Present<K extends keyof Config> = Config & { readonly [P in K]: NonNullable<Config[P]> };
type WithBucket = Present<'bucket' | 'region' | 'chainId'>;
type WithDatabase = Present<'database' | 'chainId'>;
type WithVerifyDatabase = Present<'verifyDatabase' | 'chainId'>;
type WithKeys = Present<'keyRing' | 'chainId'>;

/** How to verify, as far as the configuration does not say it. */
export interface VerifyMeans {
  readonly workers?: number | null;
  /** Events per second. */
  readonly maxRate?: number | null;
  readonly state?: StateStore | null;
}

/** Things to release, last opened first. */
export class Resources {
  private readonly releases: (() => void | Promise<void>)[] = [];

  add<T>(resource: T, release: (resource: T) => void | Promise<void>): T {
    this.releases.push(() => release(resource));
    return resource;
  }

  /** Releases everything, also when one release fails; the first failure is raised at the end. */
  async release(): Promise<void> {
    const failures: unknown[] = [];
    for (let release = this.releases.pop(); release; release = this.releases.pop()) {
      try {
        await release();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}

/** Builds the parts of the program from a configuration, and keeps track of what has to be closed. */
export class Composition {
  constructor(
    private readonly env: NodeJS.ProcessEnv,
    readonly clock: Clock,
    readonly resources: Resources,
    /** Null where no threads can be started: everything is read by one reader then. */
    private readonly startThread: StartThread | null = null,
  ) {}

  /** @throws ConfigError `CONFIG_INVALID` with every fault */
  config<const N extends Need>(need: N): ConfigFor<N> {
    const config = loadConfig(this.env, need, readSettingFile);
    if (config.keyRing) this.resources.add(config.keyRing, (ring) => ring.wipe());
    return config;
  }

  store(config: WithBucket): AnchorStore {
    return this.openStore(config, config.bucket, ENV.bucket);
  }

  /**
   * A place for plans and reports; a bucket locks and encrypts them as it does anchors.
   * @param option that names the place, for errors
   * @param signal ends what is asked of a bucket when it aborts
   * @throws ConfigError `USAGE` for a place among the chain's anchors, where every verification would report them
   */
  reports(config: WithBucket, place: ReportPlace, option: string, signal: AbortSignal): ReportStore {
    if (place.kind === 'folder') return new FolderReports(place.path, this.clock);
    const anchors = chainPrefix(config.chainId);
    if (place.bucket === config.bucket && place.prefix.startsWith(anchors)) {
      throw new ConfigError(
        'USAGE',
        `${option}: found s3://${place.bucket}/${place.prefix}, allowed a place outside of s3://${place.bucket}/${anchors}, where the anchors are`,
        { hint: 'Whatever lies among anchors is reported as foreign. Choose another prefix or bucket.' },
      );
    }
    const { retentionDays } = config;
    const store = this.openStore(config, place.bucket, option);
    return new BucketReports({ store, prefix: place.prefix, retentionDays, clock: this.clock, signal });
  }

  private openStore(
    { region, endpoint, kmsKeyArn }: WithBucket,
    bucket: string,
    setting: string,
  ): AnchorStore {
    const store = new S3AnchorStore({
      bucket,
      setting,
      region,
      clock: this.clock,
      endpoint: endpoint ?? undefined,
      kmsKeyArn: kmsKeyArn ?? undefined,
    });
    return this.resources.add(store, (open) => open.close());
  }

  auditLog(config: WithDatabase): AuditLog {
    const { database: connection, layout, table, schema, chainId } = config;
    const auditLog = new PostgresAuditLog({ connection, layout, table: { table, schema }, chainId });
    return this.resources.add(auditLog, (open) => open.close());
  }

  /** Its keys are wiped with the other resources. */
  reading(config: WithKeys): ChainReading {
    const { chainId, layout, keyRing, relation } = config;
    const keys = layout.format === 'links' ? NO_CHAIN_KEYS : deriveChainKeys(keyRing, chainId, layout);
    this.resources.add(keys, wipeChainKeys);
    return { chainId, layout, keys, createEngine: createDigestEngine, relation };
  }

  anchorer(config: WithBucket & WithDatabase & WithKeys): Anchorer {
    const { intervalMinutes, eventThreshold, retentionDays, clockToleranceSeconds } = config;
    return new Anchorer({
      store: this.store(config),
      auditLog: this.auditLog(config),
      clock: this.clock,
      reading: this.reading(config),
      cadence: { intervalMinutes, eventThreshold },
      retentionDays,
      clockToleranceSeconds,
      lockWaitMs: LOCK_WAIT_MS,
    });
  }

  /** Only reads the bucket: the auditor's mode. */
  anchorVerifier(config: WithBucket): Verifier {
    return this.verifierWith(config, null);
  }

  /** @param means what the command line says of it; the configuration says the rest */
  verifier(config: WithBucket & WithVerifyDatabase & WithKeys, means: VerifyMeans = {}): Verifier {
    const auditLog = this.verifiedLog(config);
    const reading = this.reading(config);
    const workers = this.readers(config, reading, means.workers ?? config.verifyWorkers);
    const { maxRate = null, state = null } = means;
    return this.verifierWith(config, { auditLog, reading, workers, maxRate, state });
  }

  /** The table as verification reads it. */
  verifiedLog(config: WithVerifyDatabase): AuditLog {
    return this.auditLog({ ...config, database: config.verifyDatabase });
  }

  policy(config: WithBucket): AnchorPolicy {
    const { chainId, retentionDays, verifyRetentionDays, clockToleranceSeconds, intervalMinutes } = config;
    return {
      chainId,
      retentionDays,
      leastRetentionDays: verifyRetentionDays,
      clockToleranceSeconds,
      intervalMinutes,
    };
  }

  private readers(config: WithVerifyDatabase, reading: ChainReading, count: number): ScanWorkers | null {
    const { startThread } = this;
    if (startThread === null || count < 2) return null;
    const { verifyDatabase: connection, table, schema } = config;
    const readers = new ThreadReaders({
      startThread,
      count,
      connection,
      table: { table, schema },
      reading,
      env: this.env,
    });
    return this.resources.add(readers, (open) => open.close());
  }

  private verifierWith(config: WithBucket, database: VerifiedDatabase | null): Verifier {
    return new Verifier({
      store: this.store(config),
      clock: this.clock,
      policy: this.policy(config),
      database,
    });
  }
}

import type { AllowedRelation } from '../contract/chain-settings';
import type { ChannelBinding } from '../contract/setting-rules';
import type { KeyRing } from '../adapters/keys/key-ring';
import type { OUTPUTS } from '../contract';
import type { ChainLayout } from '../domain/chain/columns';

export type Output = (typeof OUTPUTS)[number];

/**
 * How far the server is trusted, in libpq's words and with libpq's meaning:
 * - `disable`: no TLS
 * - `require`: TLS, certificate not checked (checked as in `verify-ca` when a root certificate is given)
 * - `verify-ca`: certificate checked against the given root, host name not
 * - `verify-full`: certificate and host name checked
 */
export const SSL_MODES = ['disable', 'require', 'verify-ca', 'verify-full'] as const;
export type SslMode = (typeof SSL_MODES)[number];

/** TLS options in the shape of `tls.connect`. */
export interface DatabaseTls {
  readonly rejectUnauthorized: boolean;
  /** PEM text; absent: the trust store of Node.js and NODE_EXTRA_CA_CERTS. */
  readonly ca?: string;
  readonly checkServerIdentity?: () => undefined;
}

/** Connection settings in the shape of `ConnectionConfig`; it can be spread and printed without harm. */
export interface DatabaseConfig {
  /** Host name, address, or the folder of a Unix socket. */
  readonly host: string;
  readonly port: number;
  /** Absent: pg takes the name of the operating system's user. */
  readonly user?: string;
  /** Absent: pg takes the name of the user. */
  readonly database?: string;
  /** A function, so that no copy or print of the settings shows it. Absent: pg looks into its password file. */
  readonly password?: () => string;
  readonly ssl: false | DatabaseTls;
  /** What `ssl` was made from; `disable` also for a Unix socket and when nothing was set. */
  readonly sslMode: SslMode;
  /** Absent without TLS. */
  readonly channelBinding?: ChannelBinding;
  readonly application_name?: string;
  /** Command line options for the server session. */
  readonly options?: string;
  readonly connectionTimeoutMillis?: number;
}

/** The whole configuration, checked. Nothing in it prints a secret. */
export interface Config {
  /** Bucket of the anchors; null when the command needs none. */
  readonly bucket: string | null;
  /** Region of the bucket; null when the command needs none. */
  readonly region: string | null;
  /** Endpoint other than AWS's own; null for AWS. */
  readonly endpoint: string | null;
  /** Full ARN of the KMS key that encrypts anchors; null for S3's own encryption. */
  readonly kmsKeyArn: string | null;
  /** First part of every object key, bound into every HMAC; null when the command needs neither. */
  readonly chainId: string | null;
  /** Days an anchor stays locked. */
  readonly retentionDays: number;
  /** Days for which verification demands that an anchor is locked; at most `retentionDays`. */
  readonly verifyRetentionDays: number;
  /** Minutes between interval anchors. */
  readonly intervalMinutes: number;
  /** Events after the newest anchor that make the next one due. */
  readonly eventThreshold: number;
  /** Seconds between two looks of the daemon at the chain. */
  readonly pollSeconds: number;
  /** Minutes between two verifications of the newest anchor; 0 switches them off. */
  readonly verifyIntervalMinutes: number;
  /** Hours between two full verifications. */
  readonly verifyFullIntervalHours: number;
  /** Seconds by which an anchor's time may differ from S3's. */
  readonly clockToleranceSeconds: number;
  /** Readers of events at the same time. */
  readonly verifyWorkers: number;
  /** Address of the health checks: an IP address of this machine, or `localhost`. */
  readonly httpHost: string;
  /** Port of the health checks; 0 lets the system choose, null starts no server. */
  readonly httpPort: number | null;
  /** A report for people, or log lines and metrics. */
  readonly output: Output;
  /** The columns that make the chain. */
  readonly layout: ChainLayout;
  /** Table of the events, unquoted. */
  readonly table: string;
  /** Its schema, unquoted; null leaves it to the search_path. */
  readonly schema: string | null;
  /** What verification takes for the table: `view` when a view or a foreign table is meant. */
  readonly relation: AllowedRelation;
  /** Null when the command needs no database. */
  readonly database: DatabaseConfig | null;
  /** What verification reads: a database of its own, or the one above. Null when the command does not verify. */
  readonly verifyDatabase: DatabaseConfig | null;
  /** Null when the command needs no keys; without keys for a foreign chain. */
  readonly keyRing: KeyRing | null;
}

/** What a command needs; the rest may be absent from the environment. */
export interface Need {
  /** Bucket, Region and chain id. */
  readonly bucket?: boolean;
  readonly database?: boolean;
  /** The database to verify. */
  readonly verifyDatabase?: boolean;
  /** The HMAC keys and the chain id they are bound to. Foreign chains have no use for keys. */
  readonly hmacKeys?: boolean;
  /** The port of a daemon that runs: only the daemon itself can be told to take any. */
  readonly daemonPort?: boolean;
  /** The daemon: bucket, databases and keys. */
  readonly service?: boolean;
}

type Present<K extends keyof Config> = { readonly [P in K]: NonNullable<Config[P]> };

/** `Config` with the parts that were asked for known to be there. */
export type ConfigFor<N extends Need> = Config &
  (N extends { bucket: true } | { service: true } ? Present<'bucket' | 'region' | 'chainId'> : unknown) &
  (N extends { database: true } | { service: true } ? Present<'database'> : unknown) &
  (N extends { verifyDatabase: true } | { service: true } ? Present<'verifyDatabase'> : unknown) &
  (N extends { hmacKeys: true } | { service: true } ? Present<'keyRing' | 'chainId'> : unknown);

/** Reads a UTF-8 text file; throws what `fs.readFileSync` throws. */
export type ReadFile = (path: string) => string;

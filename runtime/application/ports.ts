import type { TupleLayout } from '../domain/chain/tuple-layout';

/**
 * What the use cases need of the outside world, and no more. Adapters implement these; tests run one
 * conformance suite over every implementation. All of them throw `UnavailableError` when they could not look
 * and `ConfigError` when a setting points at something that is not there; they never turn either into an
 * empty answer.
 */

import type { ReadRelation } from '../domain/findings/report';

/** Time, so that nothing else has to ask the machine for it. */
export interface Clock {
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  now(): number;
  /** Resolves after `ms` milliseconds, or at once when `signal` aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** One entry of a version listing. */
export interface ObjectVersion {
  readonly kind: 'version' | 'delete-marker';
  readonly key: string;
  readonly versionId: string;
  readonly isLatest: boolean;
  /** S3's own time of the write, milliseconds since the epoch, whole seconds. */
  readonly lastModified: number;
  /** Bytes; 0 for a delete marker. */
  readonly size: number;
}

/** One page of a version listing: entries in key order, and for one key the newest version first. */
export interface VersionPage {
  readonly versions: readonly ObjectVersion[];
  /** With a delimiter: the prefixes one level below, each ending in the delimiter. */
  readonly folders: readonly string[];
  /** True when S3 has more after this page. */
  readonly truncated: boolean;
}

/** The lock of one version. */
export interface ObjectLock {
  readonly mode: 'COMPLIANCE' | 'GOVERNANCE';
  /** Milliseconds since the epoch. */
  readonly retainUntil: number;
}

/** What S3 says about one version, without its body. */
export interface ObjectHead {
  readonly key: string;
  readonly versionId: string;
  readonly lastModified: number;
  readonly size: number;
  /** Hex of the SHA-256 checksum stored by S3; null when the writer stored none. */
  readonly checksumSha256: string | null;
  readonly lock: ObjectLock | null;
  readonly legalHold: boolean;
  readonly metadata: Readonly<Record<string, string>>;
  readonly encryption: { readonly algorithm: string | null; readonly keyId: string | null };
  readonly storageClass: string;
  /** How far the copy to another bucket has come, or `REPLICA` on a copy; null where no rule of replication applied. */
  readonly replication: 'PENDING' | 'COMPLETED' | 'FAILED' | 'REPLICA' | null;
}

/** A version with its bytes. */
export interface StoredObject {
  readonly head: ObjectHead;
  /**
   * - `bytes`: the body.
   * - `archived`: in an archive storage class, not readable until restored; `head` is still true.
   * - `oversized`: larger than the caller allowed; not downloaded.
   * - `corrupt`: S3 or the client found that body and stored checksum differ.
   */
  readonly body:
    | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
    | { readonly kind: 'archived' }
    | { readonly kind: 'oversized'; readonly size: number }
    | { readonly kind: 'corrupt'; readonly reason: string };
}

/** A new object, locked from its first moment. */
export interface CreateObject {
  readonly key: string;
  readonly body: Uint8Array;
  /** Hex SHA-256 of `body`, sent so that S3 refuses and stores nothing else. */
  readonly sha256: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** COMPLIANCE retain-until, milliseconds since the epoch, whole seconds. */
  readonly retainUntil: number;
}

/** What an answer to a write has to confirm. */
export type Confirmation = 'version id' | 'SHA-256 checksum' | 'encryption';

/** What came of a conditional write. */
export type CreateResult =
  | {
      readonly kind: 'created';
      /** Null when the answer names none: the bucket keeps no versions. */
      readonly versionId: string | null;
      /** What the answer does not confirm, or confirms otherwise than it was asked for. */
      readonly lacking: readonly Confirmation[];
    }
  /** 412: a current version of this key exists; nothing was written by this request. */
  | { readonly kind: 'exists' };

/** What keeps a bucket's versions. */
export interface BucketLock {
  readonly versioning: 'Enabled' | 'Suspended' | 'Off';
  readonly objectLock: boolean;
  readonly defaultRetention: { readonly mode: 'COMPLIANCE' | 'GOVERNANCE'; readonly days: number } | null;
}

/** S3's time as one of its replies told it, beside the times of the store's `Clock` that it came between. Milliseconds. */
export interface ServerTime {
  /** `Date` of the reply, whole seconds. */
  readonly date: number;
  readonly sentAt: number;
  readonly receivedAt: number;
  /** What the store's `Clock` says now; that of whoever asks may be another one. */
  readonly here: number;
}

/**
 * The bucket that holds the anchors. An abort of `signal` ends what is asked at once, also while S3 is silent, and its
 * reason is thrown, except by `create`.
 */
export interface AnchorStore {
  readonly bucket: string;
  /** What the last reply told of S3's time, a refusal too; null before the first reply, or where none has a `Date`. */
  readonly serverTime: ServerTime | null;
  /**
   * One page (one request) of the version listing below `prefix`.
   * @param options.after only keys that sort after this one (exclusive)
   * @param options.delimiter group deeper keys into `folders`
   */
  listPage(options: {
    readonly prefix: string;
    readonly after?: string;
    readonly delimiter?: '/';
    readonly signal?: AbortSignal | undefined;
  }): Promise<VersionPage>;
  /** Every page of the version listing below `prefix`, in order, also across pages that split one key. */
  listAll(prefix: string, signal?: AbortSignal): AsyncIterable<VersionPage>;
  head(key: string, versionId: string, signal?: AbortSignal): Promise<ObjectHead>;
  /** Reads one version; bodies above `maxBytes` are not downloaded. */
  read(key: string, versionId: string, maxBytes: number, signal?: AbortSignal): Promise<StoredObject>;
  /**
   * Creates the object once (If-None-Match: *), locked and encrypted. Retries conflicts (409), throttling, 5xx
   * and lost replies with the same bytes until S3 gave a definite answer or `signal` aborts; then
   * `PUT_UNRESOLVED`. An endpoint that cannot do what was asked is `BUCKET_UNFIT`.
   */
  create(object: CreateObject, signal?: AbortSignal): Promise<CreateResult>;
  bucketLock(signal?: AbortSignal): Promise<BucketLock>;
  /** After an abort the hold is either as it was or as it was to be. */
  setLegalHold(key: string, versionId: string, on: boolean, signal?: AbortSignal): Promise<void>;
  close(): void;
}

/** The last event of the chain. */
export interface ChainHead {
  readonly index: number;
  /** Hex of what counts as its hash. */
  readonly hash: string;
  readonly keyId: string | null;
}

/** Which database this is: a restore or a failover changes it. Null where the server has none to give. */
export interface DatabaseIdentity {
  readonly systemId: string | null;
  readonly timeline: number | null;
  /** True on a server in recovery, which may lag behind its primary. */
  readonly standby: boolean;
  /**
   * WAL position, as text (`0/9F000A50`): of a primary one at or behind everything that the snapshot shows; of a
   * standby one that the snapshot has replayed.
   */
  readonly lsn: string | null;
}

/** Rows to read: between two chain indices, both included, or those whose index is NULL. */
export type TupleRange =
  { readonly from?: number; readonly to?: number; readonly unindexed?: false } | { readonly unindexed: true };

/**
 * Pieces of a stream of tuples, each valid until the next is asked for; at its end the number of rows that the server
 * says it sent.
 */
export type TupleStream = AsyncGenerator<Uint8Array, number, void>;

/**
 * One REPEATABLE READ, READ ONLY view of the audit table, which has the declared columns. The table is locked against
 * being rewritten from before the view was taken.
 */
export interface AuditLogSnapshot {
  readonly relation: ReadRelation;
  /**
   * Name under which other connections can take the same view for as long as this one is open.
   * @throws UnavailableError `SNAPSHOT_NOT_SHARED` where the server gives none
   */
  export(): Promise<string>;
  identity(): Promise<DatabaseIdentity>;
  head(): Promise<ChainHead | null>;
  /** The event at place `count` (from 1) among those with an index from `from` on, null when there are fewer. */
  eventAfter(from: number, count: number): Promise<ChainHead | null>;
  /** Column list that messages cover now: what an anchor of this view says. */
  readonly columns: string;
  /**
   * How tuples of these columns are laid out.
   * @param columns a list that an anchor says; by default the one that messages cover now
   * @throws ConfigError `TABLE_SHAPE` when the table no longer has what the list names
   */
  tuples(columns?: string): Promise<TupleLayout>;
  /** Lowest chain index in the table, or lowest from `from` on; null without one. */
  firstIndex(from?: number): Promise<number | null>;
  /** Hex of what counts as the hash of the event at `index`, null when there is no such event. */
  hashAt(index: number): Promise<string | null>;
  /**
   * Time of the event at `index` (the first timestamptz column of the column list), milliseconds since the
   * epoch; null when the event or such a column does not exist.
   */
  timeAt(index: number): Promise<number | null>;
  /** Estimated number of events in the range, for progress only. */
  estimateCount(): Promise<number>;
  /**
   * The COPY binary stream of the columns, as `tuples` lays them out, in chain order, as it comes off the wire.
   * Bounds are inclusive; without bounds also rows whose index is NULL (last). Throws `COPY_INCOMPLETE` when
   * the stream has no end mark, or the server does not say how many rows it sent.
   */
  readTuples(range?: TupleRange, columns?: string): TupleStream;
}

/** How a snapshot is taken. */
export interface SnapshotOptions {
  /**
   * Name of a snapshot that another connection exported.
   *
   * @default - a new one
   */
  readonly exported?: string | undefined;
  /**
   * Ends the reading when it aborts, also while the server is silent; its reason is thrown.
   *
   * @default - what is asked is waited for
   */
  readonly signal?: AbortSignal | undefined;
}

/** A session that holds the chain's advisory lock: at most one at a time for a chain and database. */
export interface ExclusiveSession {
  snapshot<T>(use: (snapshot: AuditLogSnapshot) => Promise<T>): Promise<T>;
  /**
   * Resolves when a crash of the server can no longer take back what is before `lsn`, to the WAL position that tells
   * as much to a standby. `WAL_NOT_FLUSHED` after half a minute.
   */
  flushed(lsn: string): Promise<string>;
  /** Throws `LOCK_LOST` unless this session still holds the lock. Called right before a write to the bucket. */
  assertHeld(): Promise<void>;
}

/**
 * The audit table, for reading. Each look checks that the table and its columns are there with the declared types;
 * `ConfigError` (`TABLE_NOT_FOUND`, `TABLE_SHAPE`) names each fault. Where a `signal` is taken, its abort ends what is asked at once, also while the
 * server is silent, and its reason is thrown.
 */
export interface AuditLog {
  /** The head of the chain, for polling. */
  head(signal?: AbortSignal): Promise<ChainHead | null>;
  /** @throws UnavailableError `SNAPSHOT_NOT_SHARED` when the server does not know the exported name */
  snapshot<T>(use: (snapshot: AuditLogSnapshot) => Promise<T>, options?: SnapshotOptions): Promise<T>;
  /**
   * Waits up to `waitMs` for the chain's lock, then `LOCK_BUSY`. The signal ends the waiting and the snapshots of the
   * session, and nothing else that `use` does.
   */
  exclusive<T>(
    use: (session: ExclusiveSession) => Promise<T>,
    options: { readonly waitMs: number; readonly signal?: AbortSignal },
  ): Promise<T>;
  close(): Promise<void>;
}

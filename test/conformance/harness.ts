import type { AnchorStore } from '../../runtime/application/ports';

/** What the suite needs beside the port: another hand on the same bucket, that of an operator or an attacker. */
export interface AnchorStoreHarness {
  /** Region of the bucket. */
  readonly region: string;
  /** A store over the suite's own bucket (versioned, Object Lock, no default retention), or as told. */
  store(options?: StoreOptions): AnchorStore;
  /** Another bucket; its name. */
  createBucket(options: BucketOptions): Promise<string>;
  /** Writes past the port, unconditionally; the version id. */
  put(key: string, body: string, options?: PutOptions): Promise<string>;
  /** Lays a delete marker over the key; its version id. */
  hide(key: string): Promise<string>;
  /** Tries to delete a version for good; false when it was refused. */
  destroy(key: string, versionId: string): Promise<boolean>;
  /** Denies one action (`s3:PutObject`) to everybody, while `during` runs. */
  denying<T>(action: string, during: () => Promise<T>): Promise<T>;
  stop(): Promise<void>;
}

export interface StoreOptions {
  readonly bucket?: string;
  readonly region?: string;
  readonly pageSize?: number;
  readonly kmsKeyArn?: string;
}

export interface BucketOptions {
  readonly objectLock: boolean;
  readonly defaultRetentionDays?: number;
}

export interface PutOptions {
  readonly storageClass?: 'STANDARD' | 'DEEP_ARCHIVE' | 'GLACIER';
  readonly governanceUntil?: Date;
}

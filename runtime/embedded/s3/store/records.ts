import type { ChecksumAlgorithm } from '../integrity/checksums';

export type LockMode = 'COMPLIANCE' | 'GOVERNANCE';

export interface Retention {
  readonly mode: LockMode;
  /** Milliseconds since the epoch. */
  readonly retainUntil: number;
}

/** Default retention of a bucket; exactly as it was put, so that it can be shown again. */
export interface DefaultRetention {
  readonly mode: LockMode;
  readonly unit: 'Days' | 'Years';
  readonly count: number;
}

export type EncryptionAlgorithm = 'AES256' | 'aws:kms' | 'aws:kms:dsse';

export interface Encryption {
  readonly algorithm: EncryptionAlgorithm;
  readonly keyId: string | null;
  readonly bucketKey: boolean;
}

export interface BucketRecord {
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly versioning: 'Off' | 'Enabled' | 'Suspended';
  readonly objectLock: { readonly defaultRetention: DefaultRetention | null } | null;
  /** The bucket policy as it was put. */
  readonly policy: string | null;
}

/** What an object version has and a delete marker has not. */
export interface ObjectContent {
  readonly size: number;
  /** Without quotes. */
  readonly etag: string;
  readonly storageClass: string;
  /** Headers to give back: Content-Type and its kin, and x-amz-meta-*; lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly checksums: Readonly<Partial<Record<ChecksumAlgorithm, string>>>;
  readonly encryption: Encryption;
}

/** One entry in the history of a key; `content` is null for a delete marker. */
export interface VersionRecord {
  /** Order of creation over the whole store; times can repeat or run backwards, this cannot. */
  readonly sequence: number;
  readonly key: string;
  /** `null` (the text) for a version written while versioning was off or suspended. */
  readonly versionId: string;
  /** Milliseconds since the epoch. */
  readonly lastModified: number;
  readonly content: ObjectContent | null;
  readonly retention: Retention | null;
  /** null when no legal hold was ever set. */
  readonly legalHold: 'ON' | 'OFF' | null;
}

/** A version with a body. */
export type ObjectRecord = VersionRecord & { readonly content: ObjectContent };

export function isObject(record: VersionRecord | undefined): record is ObjectRecord {
  return record !== undefined && record.content !== null;
}

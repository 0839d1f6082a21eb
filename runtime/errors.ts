/** One wrong setting, as it is shown to the person who has to mend it. */
export interface ConfigFault {
  /** Name of the environment variable or option. */
  readonly setting: string;
  /** What was found; never a secret. */
  readonly found: string;
  /** What is allowed. */
  readonly allowed: string;
}

/** Options of every error of this program. */
export interface ErrorOptionsWithHint extends ErrorOptions {
  /** What to do about it, one sentence. */
  readonly hint?: string | undefined;
  /** What was done before it failed, and stays: members of the document of --json. */
  readonly done?: Readonly<Record<string, unknown>> | undefined;
}

/** Base of every error this program raises on purpose: a literal code to test for, a text for people. */
export abstract class AuditAnchorError<Code extends string = string> extends Error {
  readonly hint: string | undefined;
  readonly done: Readonly<Record<string, unknown>> | undefined;

  constructor(
    readonly code: Code,
    message: string,
    options: ErrorOptionsWithHint = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.hint = options.hint;
    this.done = options.done;
  }
}

/** What has to change. */
export type ConfigErrorCode =
  | 'CONFIG_INVALID'
  | 'USAGE'
  | 'BUCKET_NOT_FOUND'
  | 'BUCKET_WRONG_REGION'
  | 'BUCKET_NOT_LOCKED'
  | 'BUCKET_NOT_COMPLIANCE'
  | 'BUCKET_UNFIT'
  | 'OBJECT_NOT_FOUND'
  | 'S3_CREDENTIALS'
  | 'DB_AUTHENTICATION'
  | 'DB_CHANNEL_BINDING'
  | 'DB_NOT_FOUND'
  | 'DB_VERSION'
  | 'DB_POOLED'
  | 'TABLE_NOT_FOUND'
  | 'TABLE_SHAPE'
  | 'TABLE_OWNER'
  | 'TRANSACTION_REQUIRED'
  | 'EVENT_INVALID'
  | 'EVENT_ALTERED'
  | 'KEY_UNKNOWN'
  | 'DEPENDENCY_MISSING'
  | 'FILE_UNUSABLE';

/**
 * The command line, the configuration or what it points at has to change before a retry can succeed.
 * Exit code 2.
 */
export class ConfigError extends AuditAnchorError<ConfigErrorCode> {
  constructor(
    code: ConfigErrorCode,
    message: string,
    options: ErrorOptionsWithHint & { readonly faults?: readonly ConfigFault[] } = {},
  ) {
    super(code, message, options);
    this.faults = options.faults ?? [];
  }

  /** Every fault of the configuration, not only the first. */
  readonly faults: readonly ConfigFault[];
}

/** What could not be done. */
export type UnavailableErrorCode =
  | 'S3_ACCESS_DENIED'
  | 'S3_UNREACHABLE'
  | 'S3_TIMEOUT'
  | 'S3_ERROR'
  | 'PUT_UNRESOLVED'
  | 'ANCHOR_CONFLICT'
  | 'DB_UNREACHABLE'
  | 'DB_PERMISSION_DENIED'
  | 'DB_TIMEOUT'
  | 'DB_ERROR'
  | 'COPY_INCOMPLETE'
  | 'APPEND_UNRESOLVED'
  | 'QUEUE_FULL'
  | 'SNAPSHOT_NOT_SHARED'
  | 'WORKER_LOST'
  | 'STANDBY_BEHIND'
  | 'STANDBY_ANCHORING'
  | 'RELATION_NOT_TABLE'
  | 'WAL_NOT_FLUSHED'
  | 'SHARD_REFUSED'
  | 'PARTS_REFUSED'
  | 'LOCK_BUSY'
  | 'LOCK_LOST'
  | 'CLOCK_SKEW'
  | 'FILE_NOT_WRITTEN'
  | 'INTERRUPTED';

/** It was not possible to look, or to finish: nothing is known to be wrong and nothing is proven. Exit code 3. */
export class UnavailableError extends AuditAnchorError<UnavailableErrorCode> {}

/** What is malformed. */
export type FormatErrorCode =
  | 'ANCHOR_MALFORMED'
  | 'OBJECT_KEY_MALFORMED'
  | 'COLUMN_LIST_INVALID'
  | 'VALUE_INVALID'
  | 'COPY_MALFORMED'
  | 'DOCUMENT_MALFORMED';

/** Bytes or values that are not what `formats` allow; the caller decides whether that is a finding or a fault. */
export class FormatError extends AuditAnchorError<FormatErrorCode> {}

/** Every code of an error that is raised on purpose. */
export type ErrorCode = ConfigErrorCode | UnavailableErrorCode | FormatErrorCode;

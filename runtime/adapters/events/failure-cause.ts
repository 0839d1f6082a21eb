import type { Cause } from '../../contract';
import type { ErrorCode } from '../../errors';

/**
 * What has to be mended after a failed attempt to anchor; null where it may pass by itself, or where only the text of the
 * error can tell. Each cause has an alarm of its own.
 */
const CAUSE_OF: Readonly<Record<ErrorCode, Cause | null>> = {
  CLOCK_SKEW: 'clock',

  BUCKET_NOT_FOUND: 'bucket',
  BUCKET_WRONG_REGION: 'bucket',
  BUCKET_NOT_LOCKED: 'bucket',
  BUCKET_NOT_COMPLIANCE: 'bucket',
  BUCKET_UNFIT: 'bucket',

  DB_NOT_FOUND: 'database',
  DB_POOLED: 'database',
  DB_VERSION: 'database',
  RELATION_NOT_TABLE: 'database',
  STANDBY_ANCHORING: 'database',
  TABLE_NOT_FOUND: 'database',
  TABLE_SHAPE: 'database',

  S3_CREDENTIALS: 'access',
  S3_ACCESS_DENIED: 'access',
  DB_AUTHENTICATION: 'access',
  DB_CHANNEL_BINDING: 'access',
  DB_PERMISSION_DENIED: 'access',

  S3_UNREACHABLE: null,
  S3_TIMEOUT: null,
  S3_ERROR: null,
  DB_UNREACHABLE: null,
  DB_TIMEOUT: null,
  DB_ERROR: null,
  PUT_UNRESOLVED: null,
  ANCHOR_CONFLICT: null,
  LOCK_BUSY: null,
  LOCK_LOST: null,
  COPY_INCOMPLETE: null,
  COPY_MALFORMED: null,
  ANCHOR_MALFORMED: null,
  OBJECT_KEY_MALFORMED: null,
  OBJECT_NOT_FOUND: null,
  STANDBY_BEHIND: null,
  WAL_NOT_FLUSHED: null,
  SNAPSHOT_NOT_SHARED: null,
  WORKER_LOST: null,
  INTERRUPTED: null,
  CONFIG_INVALID: null,
  COLUMN_LIST_INVALID: null,
  FILE_NOT_WRITTEN: null,
  FILE_UNUSABLE: null,
  USAGE: null,

  // Of commands that do not anchor.
  APPEND_UNRESOLVED: null,
  DEPENDENCY_MISSING: null,
  DOCUMENT_MALFORMED: null,
  EVENT_ALTERED: null,
  EVENT_INVALID: null,
  KEY_UNKNOWN: null,
  PARTS_REFUSED: null,
  QUEUE_FULL: null,
  SHARD_REFUSED: null,
  TABLE_OWNER: null,
  TRANSACTION_REQUIRED: null,
  VALUE_INVALID: null,
};

/** @param code an `ErrorCode`, or that of a defect, which has no cause that could be named */
export function causeOf(code: string): Cause | null {
  return Object.hasOwn(CAUSE_OF, code) ? CAUSE_OF[code as ErrorCode] : null;
}

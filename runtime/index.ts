/**
 * Library entry of the runtime: append to the chain inside your own transaction, or embed the anchorer, the verifier
 * or the daemon in another program. Nothing here imports cdktf.
 */
export { Anchorer } from './application/anchorer';
export type { AnchorerOptions } from './application/anchorer';
export type {
  AnchoringSeen,
  AnchorOutcome,
  AnchorRequest,
  BusyOutcome,
  Pending,
  WrittenAnchor,
} from './application/anchoring';
export type { KnownAnchor } from './domain/anchor/known-anchor';
export type {
  AnchorStore,
  AuditLog,
  AuditLogSnapshot,
  BucketLock,
  ChainHead,
  Confirmation,
  Clock,
  CreateObject,
  CreateResult,
  DatabaseIdentity,
  ExclusiveSession,
  ObjectHead,
  ObjectLock,
  ObjectVersion,
  ServerTime,
  SnapshotOptions,
  StoredObject,
  TupleRange,
  TupleStream,
  VersionPage,
} from './application/ports';
export type { ChainReading } from './application/scan-chain';
export type { Failure } from './application/failure';
export type { Gauges } from './application/gauges';
export { Service } from './application/service';
export type { ServiceOptions, ServiceSink, ServiceState, ServiceSummary } from './application/service';
export type { VerificationScheduleOptions } from './application/verification-schedule';
export { Verifier } from './application/verifier';
export type { VerifiedDatabase, VerifierOptions, VerifyProgress } from './application/verifier';
export type { StateStore } from './application/verify/run-memory';
export type { PartListener, PartRequest } from './application/verify/scan-part';
export type { PartScanner, ScanWorkers } from './application/verify/scan-parts';
export type { Bound, VerifyScope } from './application/verify/scope';

export { systemClock } from './adapters/clock/system-clock';
export { createDigestEngine } from './adapters/digests/select-engine';
export { KeyRing, parseKeyRing } from './adapters/keys/key-ring';
export { appendEvents, EventAppender } from './adapters/postgres/append/append';
export type { AppendKeys, AppendOptions, AppendResult } from './adapters/postgres/append/options';
export type { Receipt } from './adapters/postgres/append/batch-store';
export { AppendUnresolvedError, ChainWriter } from './adapters/postgres/append/chain-writer';
export type { ChainWriterOptions, ChainWriterTarget } from './adapters/postgres/append/chain-writer-options';
export type { ClientPool } from './adapters/postgres/append/client-lease';
export { PostgresAuditLog } from './adapters/postgres/read/audit-log';
export type { PostgresAuditLogOptions } from './adapters/postgres/read/audit-log';
export type { EventValues } from './adapters/postgres/append/event-values';
export { initSql } from './adapters/postgres/schema';
export type { TableName } from './adapters/postgres/table';
export type { Jitter } from './adapters/s3/backoff';
export { S3AnchorStore } from './adapters/s3/s3-anchor-store';
export type { S3AnchorStoreOptions } from './adapters/s3/s3-anchor-store';
export type { S3Connection } from './adapters/s3/s3-client';

export { LIST_PRICES } from './cost/prices';
export type { PriceName, Prices } from './cost/prices';
export type { CostGroup, CostLine } from './cost/line';
export { DEFAULT_COST_SETTINGS } from './cost/settings';
export type {
  Anchoring as CostAnchoring,
  CostSettings,
  NetworkPath as CostNetworkPath,
  TaskSize as CostTaskSize,
  Verification as CostVerification,
} from './cost/settings';
export { yearlyCost } from './cost/yearly-cost';
export type { CostSection, YearlyCost } from './cost/yearly-cost';

export type { Anchor, Trigger } from './domain/anchor/anchor';
export { anchorHash } from './domain/anchor/anchor';
export { parseAnchor, serializeAnchor } from './domain/anchor/anchor-body';
export { anchorKey, parseAnchorKey } from './domain/anchor/object-key';
export type { AnchorPolicy } from './domain/anchor/policy';
export type { CadencePolicy } from './domain/cadence';
export { deriveChainKeys } from './domain/chain/chain-keys';
export type { ChainKeys, SecretRing } from './domain/chain/chain-keys';
export type { Checkpoint } from './domain/chain/checkpoint';
export { linksLayout, parseColumnList, v1Layout } from './domain/chain/columns';
export { formatColumnList } from './domain/chain/column-list';
export type {
  ChainFormat,
  ChainLayout,
  Column,
  ColumnNames,
  ColumnType,
  ListedColumn,
} from './domain/chain/columns';
export type { DigestEngine, DigestEngineFactory, MessageBatch } from './domain/chain/digest-engine';
export { chainKey, eventDigest, eventHash, eventLeaf } from './domain/chain/event-hash';
export { encodeMessage } from './domain/chain/message';
export type { FieldValue } from './domain/chain/message';
export type { ScanKernel, SoundRun } from './domain/chain/scan-kernel';
export type { HashForm } from './domain/chain/stored-hash';
export type { TupleLayout } from './domain/chain/tuple-layout';
export type { Finding, FindingCode, NewFinding, Place, Severity } from './domain/findings/finding';
export { FINDINGS } from './domain/findings/finding';
export type { FindingLog } from './domain/findings/finding-log';
export type {
  CoveredTime,
  Coverage,
  NotRead,
  ReadRelation,
  UnanchoredTail,
  VerificationReport,
} from './domain/findings/report';
export type { Verdict } from './domain/findings/verdict';
export { inclusionPath, verifyInclusion } from './domain/merkle/inclusion-proof';
export type { NodeHasher } from './domain/merkle/node-hasher';
export type { FirstEvent, PartResult } from './domain/sharding/part-result';
export type { ChainPart } from './domain/sharding/partition';

export { AuditAnchorError, ConfigError, FormatError, UnavailableError } from './errors';
export type {
  ConfigErrorCode,
  ConfigFault,
  ErrorOptionsWithHint,
  FormatErrorCode,
  UnavailableErrorCode,
} from './errors';

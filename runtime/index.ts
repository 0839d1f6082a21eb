/**
 * Library entry of the runtime: append to the chain inside your own transaction, or embed the anchorer, the verifier
 * or the daemon in another program. Nothing here imports cdktf.
 */
export { Anchorer } from './application/anchorer';
export type {
  AnchorerOptions,
  AnchorOutcome,
  AnchorRequest,
  BusyOutcome,
  WrittenAnchor,
} from './application/anchorer';
export type { AnchorStore, AuditLog, AuditLogSnapshot, ChainHead, Clock } from './application/ports';
export type { ChainReading } from './application/scan-chain';
export type { Failure } from './application/failure';
export type { Gauges } from './application/gauges';
export { Service } from './application/service';
export type { ServiceOptions, ServiceSink, ServiceState, ServiceSummary } from './application/service';
export { Verifier } from './application/verifier';
export type { VerifiedDatabase, VerifierOptions, VerifyProgress } from './application/verifier';
export type { StateStore } from './application/verify/run-memory';
export type { Bound, VerifyScope } from './application/verify/scope';

export { systemClock } from './adapters/clock/system-clock';
export { createDigestEngine } from './adapters/digests/select-engine';
export { KeyRing, parseKeyRing } from './adapters/keys/key-ring';
export { appendEvents, EventAppender } from './adapters/postgres/append';
export type { AppendKeys, AppendOptions, AppendResult } from './adapters/postgres/append-options';
export type { Receipt } from './adapters/postgres/batch-store';
export { AppendUnresolvedError, ChainWriter } from './adapters/postgres/chain-writer';
export type { ChainWriterOptions, ChainWriterTarget } from './adapters/postgres/chain-writer-options';
export type { ClientPool } from './adapters/postgres/client-lease';
export { PostgresAuditLog } from './adapters/postgres/audit-log';
export type { PostgresAuditLogOptions } from './adapters/postgres/audit-log';
export type { EventValues } from './adapters/postgres/event-values';
export { initSql } from './adapters/postgres/schema';
export { S3AnchorStore } from './adapters/s3/s3-anchor-store';
export type { S3AnchorStoreOptions } from './adapters/s3/s3-anchor-store';

export { LIST_PRICES } from './cost/prices';
export type { PriceName, Prices } from './cost/prices';
export type { CostLine } from './cost/line';
export { DEFAULT_COST_SETTINGS } from './cost/settings';
export type { CostSettings } from './cost/settings';
export { yearlyCost } from './cost/yearly-cost';
export type { CostSection, YearlyCost } from './cost/yearly-cost';

export type { Anchor, Trigger } from './domain/anchor/anchor';
export { anchorHash, parseAnchor, serializeAnchor } from './domain/anchor/anchor';
export { anchorKey, parseAnchorKey } from './domain/anchor/object-key';
export { deriveChainKeys } from './domain/chain/chain-keys';
export type { SecretRing } from './domain/chain/chain-keys';
export { formatColumnList, linksLayout, parseColumnList, v1Layout } from './domain/chain/columns';
export type { ChainLayout, Column, ColumnType } from './domain/chain/columns';
export { chainKey, eventHash, eventLeaf } from './domain/chain/event-hash';
export { encodeMessage } from './domain/chain/message';
export type { FieldValue } from './domain/chain/message';
export type { Finding, FindingCode, Place, Severity } from './domain/findings/finding';
export { FINDINGS } from './domain/findings/finding';
export type { Coverage, NotRead, UnanchoredTail, VerificationReport } from './domain/findings/report';
export type { Verdict } from './domain/findings/verdict';
export { inclusionPath, verifyInclusion } from './domain/merkle/inclusion-proof';

export { AuditAnchorError, ConfigError, FormatError, UnavailableError } from './errors';
export type { ConfigErrorCode, ConfigFault, FormatErrorCode, UnavailableErrorCode } from './errors';

import type { PartRequest } from '../../application/verify/scan-part';
import type { ChainLayout } from '../../domain/chain/columns';
import type { Finding } from '../../domain/findings/finding';
import type { PartResult } from '../../domain/sharding/part-result';
import type { ConfigErrorCode, FormatErrorCode, UnavailableErrorCode } from '../../errors';
import { AuditAnchorError, ConfigError, FormatError, UnavailableError } from '../../errors';
import type { TableName } from '../postgres/table';
import type { PlainSettings } from './connection-settings';
import type { READER } from './is-reader-thread';

/** What a reader is started with. */
export interface ReaderData {
  readonly kind: typeof READER;
  readonly connection: PlainSettings;
  readonly table: TableName;
  readonly layout: ChainLayout;
  readonly chainId: string;
  readonly keyIds: readonly string[];
  /** The chain keys one behind the other, in memory that all threads share: there is one copy to wipe. */
  readonly keys: SharedArrayBuffer;
  /** Name of the snapshot to read. */
  readonly exported: string;
  readonly eventsPerSecond: number | null;
}

export type ToReader = { readonly kind: 'scan'; readonly request: PartRequest } | { readonly kind: 'stop' };

/** How often a reader's thread says that it is alive, whatever it waits for, milliseconds. */
export const ALIVE_MS = 5_000;

export type FromReader =
  | { readonly kind: 'alive' }
  | { readonly kind: 'progress'; readonly events: number }
  | { readonly kind: 'done'; readonly result: PartResult }
  | { readonly kind: 'unfinished'; readonly findings: readonly Finding[] }
  | { readonly kind: 'failed'; readonly error: PlainError };

/** An error as plain data; its class would not survive the way between threads. */
export interface PlainError {
  readonly name: 'UnavailableError' | 'ConfigError' | 'FormatError' | 'Error';
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

export function plainError(error: unknown): PlainError {
  if (!(error instanceof AuditAnchorError)) {
    return {
      name: 'Error',
      code: '',
      message: error instanceof Error ? (error.stack ?? error.message) : String(error),
    };
  }
  const { code, message, hint } = error as AuditAnchorError;
  const name =
    error instanceof UnavailableError
      ? 'UnavailableError'
      : error instanceof ConfigError
        ? 'ConfigError'
        : 'FormatError';
  return { name, code, message, hint };
}

export function errorOf({ name, code, message, hint }: PlainError): Error {
  const options = hint === undefined ? {} : { hint };
  switch (name) {
    case 'UnavailableError':
      return new UnavailableError(code as UnavailableErrorCode, message, options);
    case 'ConfigError':
      return new ConfigError(code as ConfigErrorCode, message, options);
    case 'FormatError':
      return new FormatError(code as FormatErrorCode, message, options);
    case 'Error':
      return new Error(message);
  }
}

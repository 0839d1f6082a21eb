import type { ChainLayout } from '../../../domain/chain/columns';
import type { TableName } from '../table';

/** The secrets that events are hashed under. */
export interface AppendKeys {
  /** Id of the secret for new events. */
  readonly activeKeyId: string;
  /** The secret of an id, undefined when the ring has none. */
  secretFor(keyId: string): Uint8Array | undefined;
}

/** Which chain events are appended to, and under which key. */
export interface AppendOptions {
  readonly table: TableName;
  readonly layout: ChainLayout;
  /** Bound into every hash, together with the column list. */
  readonly chainId: string;
  readonly keys: AppendKeys;
}

/** What was appended, and where. */
export interface AppendResult {
  /** As the server resolved it: a search path may lead elsewhere. */
  readonly schema: string;
  readonly table: string;
  /** Chain indices of the first and the last event that were appended. */
  readonly firstIndex: number;
  readonly lastIndex: number;
  /** Hex `event_hash` of the last one: the new head. */
  readonly lastHash: string;
  /** Id of the secret that they were hashed under. */
  readonly keyId: string;
}

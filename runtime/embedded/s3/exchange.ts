import type { Caller } from './http/caller';
import type { S3Request } from './http/request';
import type { S3Response } from './http/response';
import type { Authorizer } from './policy/authorizer';
import type { OperationName } from './router';
import type { Serialiser } from './serialiser';
import type { FolderStore } from './store/folder-store';

/** A request whose operation and sender are known. */
export interface Exchange extends S3Request {
  readonly operation: OperationName;
  readonly caller: Caller;
}

/** What the operations work with. */
export interface Services {
  readonly store: FolderStore;
  /** One write at a time per key and per bucket record. */
  readonly serialiser: Serialiser;
  readonly authorizer: Authorizer;
  readonly region: string;
  readonly clock: { now(): number };
}

export type Operation = (exchange: Exchange, services: Services) => Promise<S3Response>;

/** Name under which writes to one key are serialised; no bucket name has a slash. */
export function keyLane(bucket: string, key: string): string {
  return `${bucket}/${key}`;
}

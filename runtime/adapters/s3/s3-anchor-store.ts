import type {
  AnchorStore,
  BucketLock,
  Clock,
  CreateObject,
  CreateResult,
  ObjectHead,
  ServerTime,
  StoredObject,
  VersionPage,
} from '../../application/ports';
import { systemClock } from '../clock/system-clock';
import type { Jitter } from './backoff';
import { readBucketLock } from './bucket-lock';
import { createObject } from './create-object';
import { listVersions, type ListMarker } from './list-versions';
import { headObject } from './object-head';
import { readObject } from './read-object';
import { putsUnderWay } from './puts-under-way';
import { RequestPace } from './request-pace';
import type { S3Connection } from './s3-client';
import { unexpectedReply } from './s3-errors';
import { S3Gateway } from './s3-gateway';
import { ServerTimes } from './server-times';

/** Which bucket holds the anchors, and how it is reached. */
export interface S3AnchorStoreOptions extends S3Connection {
  readonly bucket: string;
  /** ARN of the KMS key that encrypts new objects; S3's own key (SSE-S3) when absent. */
  readonly kmsKeyArn?: string;
  /** Milliseconds during which `create` repeats an unanswered write. Default 90,000. */
  readonly createBudgetMs?: number;
  /** Entries of one listing page, 1 to 1,000. Default 1,000, the most S3 gives. */
  readonly pageSize?: number;
  /** For the waits between attempts, and what S3's time is compared with. Default: the machine's clock. */
  readonly clock?: Clock;
  /** Random part of those waits. Default: `Math.random`. */
  readonly jitter?: Jitter;
}

const DEFAULT_CREATE_BUDGET_MS = 90_000;

/** Anchors in a bucket of S3, or of an endpoint that speaks its protocol. Loads the SDK at the first request. */
export class S3AnchorStore implements AnchorStore {
  readonly bucket: string;
  readonly #gateway: S3Gateway;
  readonly #options: S3AnchorStoreOptions;
  readonly #times: ServerTimes;
  readonly #pace: { readonly clock: Clock; readonly jitter: Jitter };

  constructor(options: S3AnchorStoreOptions) {
    this.bucket = options.bucket;
    this.#options = options;
    const { clock = systemClock, jitter = Math.random } = options;
    this.#pace = { clock, jitter };
    this.#times = new ServerTimes(clock);
    this.#gateway = new S3Gateway(options.bucket, options, new RequestPace(clock, jitter), this.#times);
  }

  get serverTime(): ServerTime | null {
    return this.#times.last;
  }

  async listPage(options: {
    readonly prefix: string;
    readonly after?: string;
    readonly delimiter?: '/';
    readonly signal?: AbortSignal | undefined;
  }): Promise<VersionPage> {
    const { prefix, after, delimiter, signal } = options;
    const { page } = await listVersions(this.#gateway, {
      prefix,
      delimiter,
      // An empty marker is no marker.
      keyMarker: after === '' ? undefined : after,
      pageSize: this.#options.pageSize,
      signal,
    });
    return page;
  }

  async *listAll(prefix: string, signal?: AbortSignal): AsyncIterable<VersionPage> {
    let marker: ListMarker | null = null;
    do {
      const { page, next }: { page: VersionPage; next: ListMarker | null } = await listVersions(
        this.#gateway,
        {
          prefix,
          ...marker,
          pageSize: this.#options.pageSize,
          signal,
        },
      );
      yield page;
      if (next !== null && sameMarker(next, marker)) {
        const request = this.#gateway.request({ operation: 'ListObjectVersions' });
        throw unexpectedReply(request, 'the listing does not move on from page to page');
      }
      marker = next;
    } while (marker !== null);
  }

  head(key: string, versionId: string, signal?: AbortSignal): Promise<ObjectHead> {
    return headObject(this.#gateway, key, versionId, signal);
  }

  read(key: string, versionId: string, maxBytes: number, signal?: AbortSignal): Promise<StoredObject> {
    return readObject(this.#gateway, { key, versionId, maxBytes }, signal);
  }

  async create(object: CreateObject, signal?: AbortSignal): Promise<CreateResult> {
    const budgetMs = this.#options.createBudgetMs ?? DEFAULT_CREATE_BUDGET_MS;
    const { kmsKeyArn } = this.#options;
    putsUnderWay.add(object.key);
    try {
      return await createObject(this.#gateway, object, { ...this.#pace, budgetMs, kmsKeyArn }, signal);
    } finally {
      putsUnderWay.delete(object.key);
    }
  }

  bucketLock(signal?: AbortSignal): Promise<BucketLock> {
    return readBucketLock(this.#gateway, signal);
  }

  async setLegalHold(key: string, versionId: string, on: boolean, signal?: AbortSignal): Promise<void> {
    await this.#gateway.run(
      { operation: 'PutObjectLegalHold', key, versionId },
      (client, sdk, options) =>
        client.send(
          new sdk.PutObjectLegalHoldCommand({
            Bucket: this.bucket,
            Key: key,
            VersionId: versionId,
            LegalHold: { Status: on ? 'ON' : 'OFF' },
          }),
          options,
        ),
      signal,
    );
  }

  close(): void {
    this.#gateway.close();
  }
}

function sameMarker(a: ListMarker, b: ListMarker | null): boolean {
  return b !== null && a.keyMarker === b.keyMarker && a.versionIdMarker === b.versionIdMarker;
}

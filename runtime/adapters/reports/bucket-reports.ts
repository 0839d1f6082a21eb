import { createHash } from 'node:crypto';
import { bucketUnfit } from '../../application/bucket-fitness';
import type { AnchorStore, Clock, ObjectVersion } from '../../application/ports';
import type { ReportStore } from '../../application/shards/report-store';
import { serverClock } from '../../application/server-clock';
import { quoted } from '../../config-faults';
import { ConfigError } from '../../errors';

/** A plan has some 350 bytes for each anchor: this one is of more than seven years of anchors every minute. */
const MAX_BYTES = 512 * 1024 * 1024;
const MS_PER_DAY = 86_400_000;
const MS_PER_SECOND = 1_000;

export interface BucketReportsOptions {
  /** The bucket, which locks and encrypts what it creates. */
  readonly store: AnchorStore;
  /** What keys begin with: empty, or ending in "/". */
  readonly prefix: string;
  /** Days that reports are locked. */
  readonly retentionDays: number;
  readonly clock: Clock;
  /** Ends what is asked of the bucket when it aborts. */
  readonly signal?: AbortSignal | undefined;
  /** Largest document that is read, bytes. Default 512 MiB. */
  readonly maxBytes?: number;
}

/**
 * Reports in a bucket: created under If-None-Match with their SHA-256, locked as anchors are. Of a key with several
 * versions the first one counts, as it does for anchors.
 */
export class BucketReports implements ReportStore {
  readonly place: string;
  readonly clock: Clock;

  constructor(private readonly options: BucketReportsOptions) {
    this.clock = serverClock(options.store, options.clock);
    this.place = `s3://${options.store.bucket}/${options.prefix}`;
  }

  async read(name: string): Promise<string | null> {
    const { store, prefix, signal, maxBytes = MAX_BYTES } = this.options;
    const key = prefix + name;
    const versions = await this.versionsBelow(key);
    const first = versions.findLast((version) => version.key === key);
    if (!first) return null;
    const { body } = await store.read(key, first.versionId, maxBytes, signal);
    switch (body.kind) {
      case 'bytes':
        return Buffer.from(body.bytes).toString('utf8');
      case 'archived':
        throw this.unusable(name, 'it is archived', 'Restore it first.');
      case 'oversized':
        throw this.unusable(name, `it has ${body.size} bytes, allowed are at most ${maxBytes}`);
      case 'corrupt':
        throw this.unusable(name, body.reason);
    }
  }

  async create(name: string, text: string): Promise<boolean> {
    const { store, prefix, retentionDays, clock, signal } = this.options;
    const body = Buffer.from(text, 'utf8');
    const until = clock.now() + retentionDays * MS_PER_DAY;
    const created = await store.create(
      {
        key: prefix + name,
        body,
        sha256: createHash('sha256').update(body).digest('hex'),
        metadata: {},
        retainUntil: Math.floor(until / MS_PER_SECOND) * MS_PER_SECOND,
      },
      signal,
    );
    if (created.kind === 'created' && created.versionId === null) {
      throw bucketUnfit(store.bucket, prefix + name, created.lacking);
    }
    return created.kind === 'created';
  }

  async list(): Promise<readonly string[]> {
    const { prefix } = this.options;
    const names = (await this.versionsBelow(prefix)).map(({ key }) => key.slice(prefix.length));
    return [...new Set(names)].filter((name) => name !== '' && !name.includes('/')).sort();
  }

  /** Everything that was ever written there; a delete marker over it hides nothing. */
  private async versionsBelow(prefix: string): Promise<ObjectVersion[]> {
    const { store, signal } = this.options;
    const found: ObjectVersion[] = [];
    for await (const { versions } of store.listAll(prefix, signal)) {
      found.push(...versions.filter(({ kind }) => kind === 'version'));
    }
    return found;
  }

  private unusable(name: string, why: string, hint = 'Begin again in a new place.'): ConfigError {
    return new ConfigError('FILE_UNUSABLE', `${quoted(this.place + name)} cannot be read: ${why}`, { hint });
  }
}

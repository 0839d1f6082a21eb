import { mkdir, open, readdir, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { S3Error, noSuchBucket, noSuchVersion } from '../s3-error';
import { StagedBody, syncFolder, writeJsonDurably } from './durable-files';
import { FolderLayout, loadBucket } from './folder-layout';
import { FolderLock } from './folder-lock';
import type { BucketRecord, ObjectRecord, VersionRecord } from './records';
import { VersionIndex } from './version-index';

interface OpenBucket {
  record: BucketRecord;
  readonly index: VersionIndex;
}

/**
 * Buckets and versions in a folder, with an index of them in memory. The JSON file of a version is its commit:
 * it appears after the body and goes before it. Callers serialise writes to one key and to one bucket record.
 */
export class FolderStore {
  private readonly open = new Map<string, OpenBucket>();
  private lastSequence = 0;

  private constructor(
    private readonly layout: FolderLayout,
    private readonly lock: FolderLock,
  ) {}

  /** @throws ConfigError CONFIG_INVALID when another server has the folder open, or a file in it is damaged */
  static async open(folder: string): Promise<FolderStore> {
    const layout = new FolderLayout(folder);
    await mkdir(layout.buckets, { recursive: true });
    const lock = await FolderLock.acquire(folder);
    try {
      await rm(layout.temporary, { recursive: true, force: true });
      await mkdir(layout.temporary);
      const store = new FolderStore(layout, lock);
      for (const entry of await readdir(layout.buckets, { withFileTypes: true })) {
        if (entry.isDirectory()) await store.load(entry.name);
      }
      return store;
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  private async load(name: string): Promise<void> {
    const loaded = await loadBucket(this.layout, name);
    if (loaded === null) return;
    for (const { sequence } of loaded.versions) this.lastSequence = Math.max(this.lastSequence, sequence);
    this.open.set(name, { record: loaded.record, index: new VersionIndex(loaded.versions) });
  }

  /** In order of name. */
  buckets(): readonly BucketRecord[] {
    return [...this.open.values()].map((bucket) => bucket.record).sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  find(bucket: string): BucketRecord | undefined {
    return this.open.get(bucket)?.record;
  }

  /** @throws S3Error NoSuchBucket */
  bucket(name: string): BucketRecord {
    return this.get(name).record;
  }

  /** @throws S3Error NoSuchBucket */
  index(bucket: string): VersionIndex {
    return this.get(bucket).index;
  }

  async createBucket(record: BucketRecord): Promise<void> {
    await mkdir(this.layout.versions(record.name), { recursive: true });
    await writeJsonDurably(this.layout.bucketRecord(record.name), record, this.layout.temporary);
    await syncFolder(this.layout.buckets);
    this.open.set(record.name, { record, index: new VersionIndex() });
  }

  async updateBucket(record: BucketRecord): Promise<void> {
    const bucket = this.get(record.name);
    await writeJsonDurably(this.layout.bucketRecord(record.name), record, this.layout.temporary);
    bucket.record = record;
  }

  stageBody(): Promise<StagedBody> {
    return StagedBody.create(this.layout.temporary);
  }

  /**
   * Adds the newest entry of a key; a version id of `null` takes the place of an older one.
   * @param body the sealed body, or null for a delete marker
   */
  async add(
    bucketName: string,
    draft: Omit<VersionRecord, 'sequence'>,
    body: StagedBody | null,
  ): Promise<VersionRecord> {
    const { index } = this.get(bucketName);
    const record: VersionRecord = { sequence: ++this.lastSequence, ...draft };
    await body?.moveTo(this.layout.versionBody(bucketName, record.sequence));
    await this.writeRecord(bucketName, record);
    const replaced = record.versionId === 'null' ? index.find(record.key, 'null') : undefined;
    index.add(record);
    if (replaced !== undefined) await this.remove(bucketName, replaced);
    return record;
  }

  /** Changes the lock of a version. */
  async update(bucketName: string, record: VersionRecord): Promise<void> {
    await this.writeRecord(bucketName, record);
    this.index(bucketName).replace(record);
  }

  async remove(bucketName: string, record: VersionRecord): Promise<void> {
    await rm(this.layout.versionRecord(bucketName, record.sequence));
    this.index(bucketName).remove(record);
    await rm(this.layout.versionBody(bucketName, record.sequence), { force: true });
    await syncFolder(this.layout.versions(bucketName));
  }

  /**
   * @throws S3Error NoSuchVersion when it was deleted meanwhile, InternalError when the body on disk has not the
   * size it was written with
   */
  async openBody(bucketName: string, record: ObjectRecord): Promise<FileHandle> {
    const path = this.layout.versionBody(bucketName, record.sequence);
    const file = await open(path, 'r').catch((error: unknown) => {
      if (this.index(bucketName).history(record.key).includes(record)) throw error;
      throw noSuchVersion(record.key, record.versionId);
    });
    const { size } = await file.stat();
    if (size === record.content.size) return file;
    await file.close();
    throw new S3Error(
      'InternalError',
      `The stored body of "${record.key}" has ${size} bytes instead of ${record.content.size}`,
    );
  }

  async close(): Promise<void> {
    await rm(this.layout.temporary, { recursive: true, force: true });
    await this.lock.release();
  }

  private get(name: string): OpenBucket {
    const bucket = this.open.get(name);
    if (bucket === undefined) throw noSuchBucket(name);
    return bucket;
  }

  private writeRecord(bucketName: string, record: VersionRecord): Promise<void> {
    const path = this.layout.versionRecord(bucketName, record.sequence);
    return writeJsonDurably(path, record, this.layout.temporary);
  }
}

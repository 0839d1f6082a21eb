import { readFile, readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { ConfigError } from '../../../errors';
import type { BucketRecord, VersionRecord } from './records';

/** Paths of the folder store: one folder per bucket, one JSON and one body file per version. */
export class FolderLayout {
  constructor(readonly root: string) {}

  get temporary(): string {
    return join(this.root, 'tmp');
  }

  get buckets(): string {
    return join(this.root, 'buckets');
  }

  bucket(name: string): string {
    return join(this.buckets, name);
  }

  bucketRecord(name: string): string {
    return join(this.bucket(name), 'bucket.json');
  }

  versions(name: string): string {
    return join(this.bucket(name), 'versions');
  }

  versionRecord(bucket: string, sequence: number): string {
    return join(this.versions(bucket), `${fileName(sequence)}.json`);
  }

  versionBody(bucket: string, sequence: number): string {
    return join(this.versions(bucket), `${fileName(sequence)}.body`);
  }
}

/** Files read side by side when a bucket is loaded. */
const READS_AT_ONCE = 64;

/** Fixed width, so that a folder listing shows versions in the order they were written. */
function fileName(sequence: number): string {
  return String(sequence).padStart(12, '0');
}

export interface LoadedBucket {
  readonly record: BucketRecord;
  readonly versions: readonly VersionRecord[];
}

/**
 * Reads one bucket back and removes what an interrupted write left: a body without its record, and the older of
 * two `null` versions of a key.
 * @returns null when the bucket itself was only half created
 * @throws ConfigError CONFIG_INVALID when a file is not what this store writes
 */
export async function loadBucket(layout: FolderLayout, name: string): Promise<LoadedBucket | null> {
  const present = await readdir(layout.bucket(name));
  const isWhole = present.includes('bucket.json');
  const hasVersions = present.includes('versions');
  if (isWhole && !hasVersions) throw damaged(layout.versions(name), 'it is missing');
  const files = hasVersions ? await readdir(layout.versions(name)) : [];
  const records = files.filter((file) => file.endsWith('.json'));
  if (!isWhole) {
    if (records.length > 0) {
      throw damaged(layout.bucketRecord(name), 'it is missing, but the bucket has versions');
    }
    await rm(layout.bucket(name), { recursive: true });
    return null;
  }
  const record = await readRecord<BucketRecord>(layout.bucketRecord(name), (value) => value.name === name);
  const versions: VersionRecord[] = [];
  for (let at = 0; at < records.length; at += READS_AT_ONCE) {
    const batch = records.slice(at, at + READS_AT_ONCE);
    versions.push(...(await Promise.all(batch.map((file) => loadVersion(layout, name, file)))));
  }
  const bodies = new Set(files);
  for (const { sequence, content } of versions) {
    const path = layout.versionBody(name, sequence);
    if (content !== null && !bodies.has(basename(path))) throw damaged(path, 'it is missing');
  }
  const live = await dropReplacedNullVersions(layout, name, versions);
  await dropOrphanBodies(layout, name, files, live);
  return { record, versions: live };
}

async function loadVersion(layout: FolderLayout, bucket: string, file: string): Promise<VersionRecord> {
  const sequence = Number.parseInt(file, 10);
  return readRecord<VersionRecord>(
    join(layout.versions(bucket), file),
    (value) =>
      value.sequence === sequence && typeof value.key === 'string' && typeof value.versionId === 'string',
  );
}

async function dropReplacedNullVersions(
  layout: FolderLayout,
  bucket: string,
  versions: readonly VersionRecord[],
): Promise<VersionRecord[]> {
  const newest = new Map<string, number>();
  for (const { key, versionId, sequence } of versions) {
    if (versionId === 'null') newest.set(key, Math.max(sequence, newest.get(key) ?? 0));
  }
  const live: VersionRecord[] = [];
  for (const version of versions) {
    if (version.versionId !== 'null' || newest.get(version.key) === version.sequence) live.push(version);
    else await rm(layout.versionRecord(bucket, version.sequence));
  }
  return live;
}

async function dropOrphanBodies(
  layout: FolderLayout,
  bucket: string,
  files: readonly string[],
  live: readonly VersionRecord[],
): Promise<void> {
  const known = new Set(live.map((version) => version.sequence));
  for (const file of files) {
    const sequence = Number.parseInt(file, 10);
    if (file.endsWith('.body') && !known.has(sequence)) await rm(layout.versionBody(bucket, sequence));
  }
}

async function readRecord<T>(path: string, isSound: (value: Partial<T>) => boolean): Promise<T> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    throw damaged(path, 'it is not readable JSON', cause);
  }
  if (typeof value !== 'object' || value === null || !isSound(value)) {
    throw damaged(path, 'it does not describe what its name says');
  }
  return value as T;
}

function damaged(path: string, what: string, cause?: unknown): ConfigError {
  return new ConfigError('CONFIG_INVALID', `The embedded S3 store is damaged: "${path}": ${what}`, {
    cause,
    hint: 'Restore the folder from a copy, or start with an empty one',
  });
}

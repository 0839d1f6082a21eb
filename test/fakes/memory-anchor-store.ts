import type {
  AnchorStore,
  BucketLock,
  CreateObject,
  CreateResult,
  ObjectHead,
  ObjectVersion,
  ServerTime,
  StoredObject,
  VersionPage,
} from '../../runtime/application/ports';
import { sha256Hex } from '../../runtime/domain/digests';
import { ConfigError } from '../../runtime/errors';

/** One version as the fake keeps it; tests may change whatever they like. */
export interface MemoryVersion {
  kind: ObjectVersion['kind'];
  key: string;
  versionId: string;
  lastModified: number;
  bytes: Uint8Array;
  checksumSha256: string | null;
  lock: ObjectHead['lock'];
  metadata: Record<string, string>;
  storageClass: string;
  replication: ObjectHead['replication'];
}

const PAGE_ENTRIES = 1_000;

/**
 * An anchor store in memory with S3's conditions: one winner for a key, versions newest first below their key,
 * pages of at most 1,000 entries that may split a key, archived bodies, bodies that differ from their checksum.
 */
export class MemoryAnchorStore implements AnchorStore {
  readonly bucket = 'memory';
  /** In the order of writing. */
  versions: MemoryVersion[] = [];
  private written = 0;

  constructor(private readonly clock: { now(): number }) {}

  get serverTime(): ServerTime {
    const now = this.clock.now();
    return { date: Math.floor(now / 1000) * 1000, sentAt: now, receivedAt: now, here: now };
  }

  /** Writes a version as anyone with the right to may, on top of what is there. */
  put(version: Partial<MemoryVersion> & Pick<MemoryVersion, 'key'>): MemoryVersion {
    const bytes = version.bytes ?? new Uint8Array(0);
    const stored: MemoryVersion = {
      kind: 'version',
      versionId: `v${++this.written}`,
      lastModified: Math.floor(this.clock.now() / 1000) * 1000,
      bytes,
      checksumSha256: sha256Hex(bytes),
      lock: null,
      metadata: {},
      storageClass: 'STANDARD',
      replication: null,
      ...version,
    };
    this.versions.push(stored);
    return stored;
  }

  create({ key, body, sha256, metadata, retainUntil }: CreateObject): Promise<CreateResult> {
    const current = this.versions.filter((version) => version.key === key).pop();
    if (current?.kind === 'version') return Promise.resolve({ kind: 'exists' });
    const { versionId } = this.put({
      key,
      bytes: body,
      checksumSha256: sha256,
      metadata: { ...metadata },
      lock: { mode: 'COMPLIANCE', retainUntil },
    });
    return Promise.resolve({ kind: 'created', versionId, lacking: [] });
  }

  listPage(options: { prefix: string; after?: string; delimiter?: '/' }): Promise<VersionPage> {
    const { prefix, after = '', delimiter } = options;
    const versions: ObjectVersion[] = [];
    const folders = new Set<string>();
    for (const version of this.listed(prefix)) {
      const cut = delimiter ? version.key.indexOf(delimiter, prefix.length) : -1;
      const name = cut < 0 ? version.key : version.key.slice(0, cut + 1);
      if (name <= after || folders.has(name)) continue;
      if (versions.length + folders.size === PAGE_ENTRIES) {
        return Promise.resolve({ versions, folders: [...folders], truncated: true });
      }
      if (cut < 0) versions.push(version);
      else folders.add(name);
    }
    return Promise.resolve({ versions, folders: [...folders], truncated: false });
  }

  async *listAll(prefix: string): AsyncGenerator<VersionPage> {
    const all = this.listed(prefix);
    for (let at = 0; at === 0 || at < all.length; at += PAGE_ENTRIES) {
      yield await Promise.resolve({
        versions: all.slice(at, at + PAGE_ENTRIES),
        folders: [],
        truncated: at + PAGE_ENTRIES < all.length,
      });
    }
  }

  head(key: string, versionId: string): Promise<ObjectHead> {
    const found = this.versions.find((version) => version.key === key && version.versionId === versionId);
    if (found?.kind !== 'version') {
      return Promise.reject(new ConfigError('OBJECT_NOT_FOUND', `there is no ${key} ${versionId}`));
    }
    return Promise.resolve({
      key,
      versionId,
      lastModified: found.lastModified,
      size: found.bytes.length,
      checksumSha256: found.checksumSha256,
      lock: found.lock,
      legalHold: false,
      metadata: found.metadata,
      encryption: { algorithm: null, keyId: null },
      storageClass: found.storageClass,
      replication: found.replication,
    });
  }

  async read(key: string, versionId: string, maxBytes: number): Promise<StoredObject> {
    const head = await this.head(key, versionId);
    const { bytes = new Uint8Array(0) } =
      this.versions.find((version) => version.versionId === versionId) ?? {};
    if (head.storageClass === 'DEEP_ARCHIVE') return { head, body: { kind: 'archived' } };
    if (head.size > maxBytes) return { head, body: { kind: 'oversized', size: head.size } };
    if (head.checksumSha256 !== null && head.checksumSha256 !== sha256Hex(bytes)) {
      return { head, body: { kind: 'corrupt', reason: 'SHA-256 differs' } };
    }
    return { head, body: { kind: 'bytes', bytes } };
  }

  bucketLock(): Promise<BucketLock> {
    return Promise.resolve({ versioning: 'Enabled', objectLock: true, defaultRetention: null });
  }

  setLegalHold(): Promise<void> {
    return Promise.reject(new ConfigError('USAGE', 'the fake has no legal holds'));
  }

  close(): void {
    this.versions = [];
  }

  /** Keys in byte order, versions of one key newest first. */
  private listed(prefix: string): ObjectVersion[] {
    const found = this.versions.filter(({ key }) => key.startsWith(prefix));
    const newest = new Map(found.map(({ key, versionId }) => [key, versionId]));
    return found
      .map(({ kind, key, versionId, lastModified, bytes }, position) => ({
        position,
        version: {
          kind,
          key,
          versionId,
          isLatest: newest.get(key) === versionId,
          lastModified,
          size: bytes.length,
        },
      }))
      .sort(
        (a, b) =>
          Buffer.compare(Buffer.from(a.version.key), Buffer.from(b.version.key)) || b.position - a.position,
      )
      .map(({ version }) => version);
  }
}

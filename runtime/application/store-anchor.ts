import { AuditAnchorError, ConfigError, FormatError, UnavailableError } from '../errors';
import type { Anchor } from '../domain/anchor/anchor';
import { anchorHash, anchorMetadata, anchorSeconds } from '../domain/anchor/anchor';
import { MAX_ANCHOR_BYTES, parseAnchor, serializeAnchor } from '../domain/anchor/anchor-body';
import { linksOfBody } from '../domain/anchor/evidence';
import { knownOf } from '../domain/anchor/known-anchor';
import { anchorKey } from '../domain/anchor/object-key';
import { bucketUnfit } from './bucket-fitness';
import type { KnownAnchor } from '../domain/anchor/known-anchor';
import type { AnchorStore, Confirmation, CreateObject } from './ports';

const SECONDS_PER_DAY = 86_400;

/** An anchor and the object that it is stored as; the bytes stay the same however often they are sent. */
export interface AnchorObject {
  readonly anchor: Anchor;
  readonly object: CreateObject;
}

export interface StoredAnchor {
  readonly anchor: Anchor;
  readonly known: KnownAnchor;
  /** Milliseconds since 1970. */
  readonly retainUntil: number;
  /** True when an earlier request whose reply was lost had already stored these very bytes. */
  readonly alreadyStored: boolean;
  /** What S3's answer does not confirm; empty when an earlier request had stored it. */
  readonly lacking: readonly Confirmation[];
}

/**
 * The object of an anchor: locked, under the key of its time.
 * @param retentionDays days from `ts_utc` that it is locked for
 * @throws ConfigError `TABLE_SHAPE` when an event has a value that no anchor can hold
 */
export function anchorObject(anchor: Anchor, retentionDays: number): AnchorObject {
  const body = readableBody(anchor);
  const seconds = anchorSeconds(anchor);
  const object = {
    key: anchorKey(anchor.chain_id, seconds),
    body,
    sha256: anchorHash(body),
    metadata: anchorMetadata(anchor),
    retainUntil: (seconds + retentionDays * SECONDS_PER_DAY) * 1000,
  };
  return { anchor, object };
}

/**
 * Writes an anchor once, or finds that an earlier request has written these very bytes.
 * @throws UnavailableError `ANCHOR_CONFLICT` when another writer took the key, `PUT_UNRESOLVED` and other errors of S3
 * @throws ConfigError `BUCKET_UNFIT` when the bucket keeps no versions
 */
export async function storeAnchor(
  store: AnchorStore,
  { anchor, object }: AnchorObject,
  signal: AbortSignal | undefined,
): Promise<StoredAnchor> {
  const created = await store.create(object, signal);
  if (created.kind === 'created') {
    const { versionId, lacking } = created;
    if (versionId === null) throw bucketUnfit(store.bucket, object.key, lacking);
    return storedAs({ anchor, object }, versionId, { alreadyStored: false, lacking });
  }
  const stored = await findStored(store, { anchor, object }, signal).catch((error: unknown) => {
    if (!(error instanceof AuditAnchorError) && error !== signal?.reason) throw error;
    throw new UnavailableError(
      'PUT_UNRESOLVED',
      `${object.key} exists, but it was not seen whether it is the anchor that was to be written`,
      { hint: 'The next run reads the bucket and goes on from there.', cause: error },
    );
  });
  if (stored !== null) return stored;
  throw new UnavailableError(
    'ANCHOR_CONFLICT',
    `another writer has just written ${object.key} with other contents; nothing was written by this one`,
    { hint: 'Make sure that one database and one anchorer write this chain, then run verify.' },
  );
}

/** The version that holds these very bytes; null when the key has none. */
export async function findStored(
  store: AnchorStore,
  put: AnchorObject,
  signal: AbortSignal | undefined,
): Promise<StoredAnchor | null> {
  const { key, body } = put.object;
  for await (const page of store.listAll(key, signal)) {
    for (const version of page.versions) {
      if (version.kind !== 'version' || version.key !== key) continue;
      const stored = await store.read(key, version.versionId, MAX_ANCHOR_BYTES, signal);
      if (stored.body.kind !== 'bytes' || !Buffer.from(body).equals(stored.body.bytes)) continue;
      return storedAs(put, version.versionId, { alreadyStored: true, lacking: [] });
    }
  }
  return null;
}

function storedAs(
  { anchor, object }: AnchorObject,
  versionId: string,
  answer: Pick<StoredAnchor, 'alreadyStored' | 'lacking'>,
): StoredAnchor {
  const { key, sha256: hash, retainUntil } = object;
  const address = { key, versionId, seconds: anchorSeconds(anchor) };
  const known = knownOf(address, linksOfBody(anchor, hash), anchor, retainUntil);
  return { anchor, known, retainUntil, ...answer };
}

/** The bytes, after the reader took them: what is locked for years cannot be fixed. */
function readableBody(anchor: Anchor): Buffer {
  const body = serializeAnchor(anchor);
  try {
    parseAnchor(body);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw new ConfigError(
      'TABLE_SHAPE',
      `event ${anchor.last_seq} cannot be anchored, nothing was written: ${error.message}`,
      {
        cause: error,
        hint: 'Check the column names in AUDIT_EVENTS_* and the last event of the table.',
      },
    );
  }
  return body;
}

import { ConfigError, FormatError, UnavailableError } from '../errors';
import type { Anchor } from '../domain/anchor/anchor';
import { anchorHash, anchorMetadata, anchorSeconds } from '../domain/anchor/anchor';
import { MAX_ANCHOR_BYTES, parseAnchor, serializeAnchor } from '../domain/anchor/anchor-body';
import { anchorKey } from '../domain/anchor/object-key';
import type { KnownAnchor } from './known-anchor';
import type { AnchorStore } from './ports';

const SECONDS_PER_DAY = 86_400;

export interface StoredAnchor {
  readonly known: KnownAnchor;
  /** Milliseconds since 1970. */
  readonly retainUntil: number;
  /** True when an earlier request whose reply was lost had already stored these very bytes. */
  readonly alreadyStored: boolean;
}

/**
 * Writes an anchor once, locked, under the key of its time.
 * @param retentionDays days from `ts_utc` that it is locked for
 * @throws UnavailableError `ANCHOR_CONFLICT` when another writer took the key, `PUT_UNRESOLVED` and other errors of S3
 * @throws ConfigError `TABLE_SHAPE` when an event has a value that no anchor can hold
 */
export async function storeAnchor(
  store: AnchorStore,
  anchor: Anchor,
  retentionDays: number,
  signal: AbortSignal | undefined,
): Promise<StoredAnchor> {
  const body = readableBody(anchor);
  const seconds = anchorSeconds(anchor);
  const key = anchorKey(anchor.chain_id, seconds);
  const hash = anchorHash(body);
  const retainUntil = (seconds + retentionDays * SECONDS_PER_DAY) * 1000;
  const created = await store.create(
    { key, body, sha256: hash, metadata: anchorMetadata(anchor), retainUntil },
    signal,
  );
  const versionId =
    created.kind === 'created' ? created.versionId : await ownVersion(store, key, body, signal);
  const known: KnownAnchor = {
    key,
    versionId,
    seconds,
    hash,
    anchorSeq: anchor.anchor_seq,
    lastSeq: anchor.last_seq,
    lastHash: anchor.last_hash,
    keyId: anchor.key_id,
    systemId: anchor.db_system_id,
    timeline: anchor.db_timeline,
    lsn: anchor.db_snapshot_lsn,
    retainUntil,
  };
  return { known, retainUntil, alreadyStored: created.kind === 'exists' };
}

/** The bytes, after the reader took them: what is locked for years cannot be mended. */
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

/** After "exists": the version that holds our bytes, from a request whose reply was lost; otherwise a conflict. */
async function ownVersion(
  store: AnchorStore,
  key: string,
  body: Buffer,
  signal: AbortSignal | undefined,
): Promise<string> {
  try {
    for await (const page of store.listAll(key, signal)) {
      for (const version of page.versions) {
        if (version.kind !== 'version' || version.key !== key) continue;
        const stored = await store.read(key, version.versionId, MAX_ANCHOR_BYTES, signal);
        if (stored.body.kind === 'bytes' && body.equals(stored.body.bytes)) return version.versionId;
      }
    }
  } catch (error) {
    if (!signal?.aborted || error !== signal.reason) throw error;
    throw new UnavailableError(
      'PUT_UNRESOLVED',
      `${key} is there, but the writer was stopped before it saw whether that is its own anchor`,
      { hint: 'The next run reads the bucket and goes on from there', cause: error },
    );
  }
  throw new UnavailableError(
    'ANCHOR_CONFLICT',
    `another writer has just written ${key} with other contents; nothing was written by this one`,
    { hint: 'make sure that one database and one anchorer write this chain, then run verify' },
  );
}

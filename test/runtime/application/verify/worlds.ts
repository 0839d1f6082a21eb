import { DEFAULT_COLUMN_LIST } from '../../../../runtime/domain/chain/columns';
import fc from 'fast-check';
import { createNodeCryptoEngine } from '../../../../runtime/adapters/digests/node-crypto-engine';
import type { ChainReading } from '../../../../runtime/application/scan-chain';
import type { VerifiedDatabase } from '../../../../runtime/application/verifier';
import { Verifier } from '../../../../runtime/application/verifier';
import { DEFAULTS } from '../../../../runtime/contract';
import type { Anchor } from '../../../../runtime/domain/anchor/anchor';
import {
  anchorHash,
  anchorMetadata,
  anchorSeconds,
  formatAnchorTime,
} from '../../../../runtime/domain/anchor/anchor';
import { serializeAnchor } from '../../../../runtime/domain/anchor/anchor-body';
import { anchorKey } from '../../../../runtime/domain/anchor/object-key';
import { sha256Hex, ZERO_HASH } from '../../../../runtime/domain/digests';
import { EMPTY_ROOT } from '../../../../runtime/domain/merkle/accumulator';
import type { VerificationReport } from '../../../../runtime/domain/findings/report';
import type { MemoryVersion } from '../../../fakes/memory-anchor-store';
import { MemoryAnchorStore } from '../../../fakes/memory-anchor-store';
import { MemoryAuditLog } from '../../../fakes/memory-audit-log';
import type { StoredEvent } from '../../../support/chain';
import {
  buildChain,
  CHAIN_ID,
  checkpointOver,
  keyFor,
  LAYOUT,
  plainContents,
  storeEvent,
} from '../../../support/chain';
import { SettableClock } from '../../../support/settable-clock';
import { seconds } from '../../../support/scene';

const START = '2030-01-15T00:00:00Z';

/** A whole world: the table's rows and the versions in the bucket. Everything is anchored. */
export interface World {
  rows: StoredEvent[];
  readonly store: MemoryAnchorStore;
  readonly clock: SettableClock;
}

/** @param sizes events of each anchor, one a minute; 0 for an anchor that covers none */
export function world(sizes: readonly number[]): World {
  const clock = new SettableClock(START);
  const store = new MemoryAnchorStore(clock);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const contents = Array.from({ length: total }, (_, at) => ({
    ...plainContents(at),
    keyId: at * 2 < total ? ('k1' as const) : ('k2' as const),
  }));
  const rows = buildChain(contents);
  let covered = 0;
  let previous: Anchor | null = null;
  for (const size of sizes) {
    clock.advanceMinutes(1);
    const range = rows.slice(covered, covered + size);
    covered += size;
    const last = rows[covered - 1];
    const { merkleRoot } = checkpointOver(range, 1);
    const anchor: Anchor = {
      chain_id: CHAIN_ID,
      last_seq: covered,
      last_hash: last?.hash.toString('hex') ?? ZERO_HASH,
      ts_utc: formatAnchorTime(clock.now() / 1000),
      db_snapshot_lsn: '0/9F000A50',
      prev_anchor_hash: previous ? anchorHash(serializeAnchor(previous)) : ZERO_HASH,
      format: 1,
      anchor_seq: (previous?.anchor_seq ?? 0) + 1,
      first_seq: covered - size + 1,
      events: size,
      merkle_root: size === 0 ? EMPTY_ROOT : (merkleRoot ?? EMPTY_ROOT),
      faults: 0,
      chain_format: 'v1',
      columns: DEFAULT_COLUMN_LIST,
      key_id: last ? 'k1' : null,
      trigger: 'manual',
      db_system_id: '7',
      db_timeline: 1,
      leaves_sha256: null,
      declared: null,
    };
    const retainUntil = (anchorSeconds(anchor) + DEFAULTS.retentionDays * 86_400) * 1000;
    const bytes = serializeAnchor(anchor);
    store.put({
      key: anchorKey(CHAIN_ID, anchorSeconds(anchor)),
      bytes,
      metadata: anchorMetadata(anchor),
      lock: { mode: 'COMPLIANCE', retainUntil },
    });
    previous = anchor;
  }
  return { rows, store, clock };
}

/** Verifies the world in full; the table's side may be read in another way. */
export function verify(
  { rows, store, clock }: World,
  database: Partial<VerifiedDatabase> = {},
): Promise<VerificationReport> {
  const { retentionDays, clockToleranceSeconds, intervalMinutes } = DEFAULTS;
  return new Verifier({
    store,
    clock,
    policy: { chainId: CHAIN_ID, retentionDays, clockToleranceSeconds, intervalMinutes },
    database: { auditLog: new MemoryAuditLog(rows), reading: READING, ...database },
  }).verify({ kind: 'full' });
}

export const READING: ChainReading = {
  chainId: CHAIN_ID,
  layout: LAYOUT,
  keys: { ids: ['k1', 'k2'], keys: [keyFor('k1'), keyFor('k2')] },
  createEngine: createNodeCryptoEngine,
};

/** Ranges of anchors: the first has events, so that there is something to attack. */
export const sizes = fc
  .tuple(fc.integer({ min: 1, max: 6 }), fc.array(fc.integer({ min: 0, max: 6 }), { maxLength: 5 }))
  .map(([first, more]) => [first, ...more]);

export type Mutation = (world: World, pick: (below: number) => number) => void;

function flipped(bytes: Uint8Array, bit: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[bit >> 3]! ^= 1 << (bit & 7);
  return copy;
}

function rowAt({ rows }: World, at: number): StoredEvent {
  const row = rows[at];
  if (!row) throw new Error(`there is no row ${at}`);
  return row;
}

/** Changes of the table; the stolen key included. */
export const TABLE: Readonly<Record<string, Mutation>> = {
  'a bit of the hashed columns flips': (w, pick) => {
    const at = pick(w.rows.length);
    const row = rowAt(w, at);
    // The lengths of the columns are PostgreSQL's own; a change there is no longer a stream it could send.
    const positions = contentBits(row.message);
    w.rows[at] = { ...row, message: flipped(row.message, positions[pick(positions.length)]!) };
  },
  'a bit of a hash flips': (w, pick) => {
    const at = pick(w.rows.length);
    const row = rowAt(w, at);
    w.rows[at] = { ...row, hash: flipped(row.hash, pick(256)) };
  },
  'an event is removed': (w, pick) => void w.rows.splice(pick(w.rows.length), 1),
  'the end is cut off': (w, pick) => void w.rows.splice(pick(w.rows.length)),
  'an event is there twice': (w, pick) => void w.rows.push(rowAt(w, pick(w.rows.length))),
  'an event is inserted without the key': (w, pick) => {
    const row = rowAt(w, pick(w.rows.length));
    w.rows.push({ ...row, hash: Buffer.alloc(32, pick(256)) });
  },
  'an event is hashed again with the stolen key': (w, pick) => {
    const at = pick(w.rows.length);
    w.rows[at] = storeEvent(
      at + 1,
      { ...plainContents(at), actor: 'mallory' },
      w.rows[at - 1]?.hash ?? Buffer.alloc(32),
    );
  },
  'everything from one event on is chained again with the stolen key': (w, pick) => {
    const from = pick(w.rows.length);
    const forged = Array.from({ length: w.rows.length - from }, () => ({
      ...plainContents(1),
      actor: 'mallory',
    }));
    w.rows.splice(from, forged.length, ...buildChain(forged, from + 1, w.rows[from - 1]?.hash));
  },
};

/** Bits of the message that belong to values and not to their lengths. */
function contentBits(message: Buffer): number[] {
  const bits: number[] = [];
  for (let at = 0; at < message.length;) {
    const length = Math.max(0, message.readInt32BE(at));
    at += 4;
    for (let bit = at * 8; bit < (at + length) * 8; bit++) bits.push(bit);
    at += length;
  }
  return bits;
}

function versionAt({ store }: World, pick: (below: number) => number, last = 0): MemoryVersion {
  const version = store.versions[pick(store.versions.length + last)];
  if (!version) throw new Error('the bucket is empty');
  return version;
}

/** Changes of the bucket. */
export const BUCKET: Readonly<Record<string, Mutation>> = {
  'a bit of a body flips': (w, pick) => {
    const version = versionAt(w, pick);
    version.bytes = flipped(version.bytes, pick(version.bytes.length * 8));
  },
  'a bit of a body that another anchor names flips, and so does its checksum': (w, pick) => {
    // The newest anchor is named by none; as the first version of its key it is what its writer chose to say.
    if (w.store.versions.length < 2) return void w.store.put({ key: `${CHAIN_ID}/alone` });
    const version = versionAt(w, pick, -1);
    version.bytes = flipped(version.bytes, pick(version.bytes.length * 8));
    version.checksumSha256 = sha256Hex(version.bytes);
  },
  'a checksum is missing': (w, pick) => void (versionAt(w, pick).checksumSha256 = null),
  'a lock is missing': (w, pick) => void (versionAt(w, pick).lock = null),
  'a lock can be bypassed': (w, pick) => {
    const version = versionAt(w, pick);
    version.lock = { mode: 'GOVERNANCE', retainUntil: version.lock?.retainUntil ?? 0 };
  },
  'a lock is shorter': (w, pick) => {
    const version = versionAt(w, pick);
    version.lock = {
      mode: 'COMPLIANCE',
      retainUntil: (version.lock?.retainUntil ?? 0) - 1000 * (1 + pick(10_000)),
    };
  },
  'metadata says something else': (w, pick) => {
    const { metadata } = versionAt(w, pick);
    const name = Object.keys(metadata)[pick(Object.keys(metadata).length)] ?? '';
    metadata[name] = `${metadata[name]}0`;
  },
  'a time of writing is another': (w, pick) => {
    const version = versionAt(w, pick);
    version.lastModified +=
      (pick(2) === 0 ? -1 : 1) * (DEFAULTS.clockToleranceSeconds + 1 + pick(1000)) * 1000;
  },
  'a version of other bytes lies over an anchor': (w, pick) => {
    const version = versionAt(w, pick);
    const bytes = flipped(version.bytes, pick(version.bytes.length * 8));
    w.store.put({ ...version, versionId: 'over', bytes, checksumSha256: sha256Hex(bytes) });
  },
  'a version that can be deleted lies over an anchor': (w, pick) =>
    void w.store.put({ ...versionAt(w, pick), versionId: 'over', lock: null }),
  'a delete marker lies over an anchor': (w, pick) =>
    void w.store.put({ key: versionAt(w, pick).key, kind: 'delete-marker' }),
  'an object lies among the anchors': (w, pick) =>
    void w.store.put({ key: `${CHAIN_ID}/${pick(1000)}.json` }),
  'an anchor is archived': (w, pick) => void (versionAt(w, pick).storageClass = 'DEEP_ARCHIVE'),
  'an anchor that is not the newest is gone': (w, pick) => {
    const { length } = w.store.versions;
    w.store.versions.splice(length === 1 ? 0 : pick(length - 1), 1);
  },
  'an anchor is dated anew': (w, pick) => {
    const version = versionAt(w, pick);
    version.key = anchorKey(CHAIN_ID, seconds(START) + 30 + pick(10) * 60);
  },
};

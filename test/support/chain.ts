import { createNodeCryptoEngine } from '../../runtime/adapters/digests/node-crypto-engine';
import type { ScanOptions, ScanSummary } from '../../runtime/domain/chain/chain-scanner';
import { ChainScanner } from '../../runtime/domain/chain/chain-scanner';
import { v1Tuples } from '../../runtime/domain/chain/tuple-layout';
import type { ChainLayout } from '../../runtime/domain/chain/columns';
import { v1Layout } from '../../runtime/domain/chain/columns';
import { formatColumnList } from '../../runtime/domain/chain/column-list';
import { chainKey, eventDigest, eventHash, eventLeaf } from '../../runtime/domain/chain/event-hash';
import type { FieldValue } from '../../runtime/domain/chain/message';
import { encodeMessage } from '../../runtime/domain/chain/message';
import type { Checkpoint } from '../../runtime/domain/chain/checkpoint';
import { ZERO_HASH } from '../../runtime/domain/digests';
import { explainFindings } from '../../runtime/domain/findings/explain';
import type { Finding } from '../../runtime/domain/findings/finding';
import { FindingLog } from '../../runtime/domain/findings/finding-log';
import { MerkleAccumulator } from '../../runtime/domain/merkle/accumulator';
import { plainNodeHasher } from './plain-node-hasher';

/** A stored event: the bytes PostgreSQL would send for it. */
export interface StoredEvent {
  readonly index: number;
  readonly message: Buffer;
  readonly hash: Buffer;
}

export const CHAIN_ID = 'production';
export const SECRETS: Readonly<Record<string, Buffer>> = { k1: Buffer.alloc(32, 1), k2: Buffer.alloc(48, 2) };
export const LAYOUT: ChainLayout = v1Layout();

export interface EventContents {
  readonly actor: string;
  readonly action: string;
  readonly resource: string | null;
  readonly outcome: string;
  readonly details: string | null;
  readonly salt?: Buffer | null;
  readonly keyId?: 'k1' | 'k2';
  readonly occurredAt?: bigint;
}

export function keyFor(id: string): Buffer {
  return chainKey(SECRETS[id] ?? Buffer.alloc(32), CHAIN_ID, formatColumnList(LAYOUT.columns));
}

/** An event as a correct writer, or a forger with the secret, stores it. */
export function storeEvent(index: number, contents: EventContents, prevHash: Buffer): StoredEvent {
  const keyId = contents.keyId ?? 'k1';
  const values: FieldValue[] = [
    index,
    contents.occurredAt ?? BigInt(index) * 1_000_000n,
    contents.actor,
    contents.action,
    contents.resource,
    contents.outcome,
    contents.details,
    contents.salt ?? null,
    keyId,
    prevHash,
  ];
  const message = encodeMessage(LAYOUT.columns, values);
  return { index, message, hash: eventHash(keyFor(keyId), eventDigest(message)) };
}

export function buildChain(contents: readonly EventContents[], from = 1, prevHash?: Buffer): StoredEvent[] {
  const events: StoredEvent[] = [];
  for (const [position, event] of contents.entries()) {
    const before = events[position - 1]?.hash ?? prevHash ?? Buffer.from(ZERO_HASH, 'hex');
    events.push(storeEvent(from + position, event, before));
  }
  return events;
}

export function plainContents(position: number): EventContents {
  return {
    actor: `user-${position % 7}@example.com`,
    action: ['login', 'read', 'update'][position % 3] ?? 'login',
    resource: position % 4 === 0 ? null : `doc/${position}`,
    outcome: 'success',
    details: position % 2 === 0 ? `{"n": ${position}}` : null,
  };
}

/** The binary COPY stream of the events. */
export function copyStream(events: readonly StoredEvent[], columns = LAYOUT.columns.length): Buffer {
  const header = Buffer.concat([Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'), Buffer.alloc(8)]);
  const count = Buffer.alloc(2);
  count.writeInt16BE(columns + 1);
  const hashLength = Buffer.alloc(4);
  hashLength.writeInt32BE(32);
  const tuples = events.flatMap(({ message, hash }) => [count, message, hashLength, hash]);
  return Buffer.concat([header, ...tuples, Buffer.from([0xff, 0xff])]);
}

/** The checkpoint an honest anchor over these events would make. */
export function checkpointOver(events: readonly StoredEvent[], seq: number): Checkpoint {
  const accumulator = new MerkleAccumulator(plainNodeHasher);
  for (const { hash, message } of events) accumulator.append(eventLeaf(eventDigest(message), hash), 1);
  const last = events[events.length - 1];
  return {
    firstSeq: events[0]?.index ?? 1,
    lastSeq: last?.index ?? 0,
    lastHash: last?.hash.toString('hex') ?? ZERO_HASH,
    merkleRoot: accumulator.root().toString('hex'),
    anchor: { key: `${CHAIN_ID}/anchor-${seq}`, versionId: `v${seq}`, seq },
  };
}

/** Scans a stream, in chunks of `chunkBytes`. */
export function scan(
  stream: Buffer,
  checkpoints: readonly Checkpoint[] = [],
  options: Partial<ScanOptions> & { readonly chunkBytes?: number } = {},
): { summary: ScanSummary; findings: Finding[] } {
  const log = new FindingLog();
  const engine = createNodeCryptoEngine([keyFor('k1'), keyFor('k2')]);
  const scanner = new ChainScanner({
    layout: LAYOUT,
    tuples: v1Tuples(LAYOUT),
    engine,
    keyIds: ['k1', 'k2'],
    findings: log,
    firstIndex: 1,
    firstLink: ZERO_HASH,
    checkpoints,
    ...options,
  });
  const size = options.chunkBytes ?? 64 * 1024;
  for (let at = 0; at < stream.length; at += size) scanner.push(stream.subarray(at, at + size));
  const summary = scanner.finish();
  engine.dispose();
  return { summary, findings: explainFindings(log.all()) };
}

import { anchorHash, anchorMetadata, anchorSeconds } from '../../../runtime/domain/anchor/anchor';
import { parseAnchor, serializeAnchor } from '../../../runtime/domain/anchor/anchor-body';
import { anchorKey, parseAnchorKey } from '../../../runtime/domain/anchor/object-key';
import { DEFAULT_COLUMN_LIST, parseColumnList } from '../../../runtime/domain/chain/columns';
import { formatColumnList, readListedColumns } from '../../../runtime/domain/chain/column-list';
import { chainKey, eventDigest, eventHash, eventLeaf } from '../../../runtime/domain/chain/event-hash';
import { encodeMessage } from '../../../runtime/domain/chain/message';
import { decodeHash } from '../../../runtime/domain/chain/stored-hash';
import { formatTimestamp, parseTimestamp } from '../../../runtime/domain/chain/timestamp';
import { MerkleAccumulator } from '../../../runtime/domain/merkle/accumulator';
import { inclusionPath, verifyInclusion } from '../../../runtime/domain/merkle/inclusion-proof';
import type { VectorEvent } from '../../support/vectors';
import { tableVectors, vectors } from '../../support/vectors';
import { plainNodeHasher } from '../../support/plain-node-hasher';

const hex = (text: string): Buffer => Buffer.from(text, 'hex');
const columns = parseColumnList(vectors.column_spec);

function message(event: VectorEvent): Buffer {
  return encodeMessage(columns, [
    event.chain_index,
    parseTimestamp(event.occurred_at),
    event.actor,
    event.action,
    event.resource,
    event.outcome,
    event.details,
    event.salt === null ? null : hex(event.salt.replaceAll('-', '')),
    event.key_id,
    hex(event.prev_hash),
  ]);
}

describe('vectors of the independent implementation', () => {
  test('use the default column list', () => {
    expect(vectors.column_spec).toBe(DEFAULT_COLUMN_LIST);
    expect(formatColumnList(columns)).toBe(DEFAULT_COLUMN_LIST);
  });

  test.each(Object.entries(vectors.secrets))('chain key of secret %s', (id, secret) => {
    expect(chainKey(hex(secret), vectors.chain_id, vectors.column_spec).toString('hex')).toBe(
      vectors.chain_keys[id],
    );
  });

  test.each(vectors.events)('event $chain_index: message, digest, hash and leaf', (event) => {
    const key = hex(vectors.chain_keys[event.key_id] ?? '');
    expect(message(event).toString('hex')).toBe(event.message);
    const digest = eventDigest(message(event));
    expect(digest.toString('hex')).toBe(event.digest);
    expect(eventHash(key, digest).toString('hex')).toBe(event.event_hash);
    expect(eventLeaf(digest, hex(event.event_hash)).toString('hex')).toBe(event.leaf);
    expect(formatTimestamp(parseTimestamp(event.occurred_at))).toBe(event.occurred_at);
  });

  test.each(vectors.anchors)('anchor $key', ({ key, body, sha256 }) => {
    const anchor = parseAnchor(Buffer.from(body));
    expect(serializeAnchor(anchor).toString()).toBe(body);
    expect(anchorHash(Buffer.from(body))).toBe(sha256);
    expect(anchorKey(anchor.chain_id, anchorSeconds(anchor))).toBe(key);
    expect(parseAnchorKey(anchor.chain_id, key)).toBe(anchorSeconds(anchor));
    expect(anchorMetadata(anchor)['last-hash']).toBe(anchor.last_hash);
  });

  test.each(vectors.anchors)('Merkle root and proofs of $key', ({ body, proofs }) => {
    const anchor = parseAnchor(Buffer.from(body));
    const range = vectors.events.filter(
      ({ chain_index }) => chain_index >= anchor.first_seq && chain_index <= anchor.last_seq,
    );
    const leaves = range.map(({ leaf }) => hex(leaf));
    const accumulator = new MerkleAccumulator(plainNodeHasher);
    accumulator.append(Buffer.concat(leaves), leaves.length);
    expect(accumulator.root().toString('hex')).toBe(anchor.merkle_root);

    for (const proof of proofs) {
      const position = proof.seq - anchor.first_seq;
      const path = proof.path.map(hex);
      const root = hex(anchor.merkle_root);
      expect(inclusionPath(leaves, position).map((node) => Buffer.from(node).toString('hex'))).toEqual(
        proof.path,
      );
      expect(verifyInclusion(hex(proof.leaf), position, leaves.length, path, root)).toBe(true);
      expect(verifyInclusion(hex(proof.leaf), position + 1, leaves.length, path, root)).toBe(false);
      expect(verifyInclusion(Buffer.alloc(32, 7), position, leaves.length, path, root)).toBe(false);
    }
  });
});

describe.each(Object.entries(tableVectors))('vectors of format %s', (format, table) => {
  test('chain keys', () => {
    for (const [id, secret] of Object.entries(table.secrets)) {
      const key = chainKey(hex(secret), table.chain_id, table.columns, 'rows');
      expect(key.toString('hex')).toBe(table.chain_keys[id]);
    }
  });

  test('every row: digest, hash and leaf', () => {
    for (const { message, digest, event_hash, leaf, values } of table.rows) {
      expect(eventDigest(hex(message)).toString('hex')).toBe(digest);
      const key = table.chain_keys.k1;
      const hash =
        format === 'rows' && key !== undefined
          ? eventHash(hex(key), hex(digest))
          : decodeHash(Buffer.from(String(values.hash)), 'text');
      expect(hash?.toString('hex')).toBe(event_hash);
      expect(eventLeaf(hex(digest), hex(event_hash)).toString('hex')).toBe(leaf);
    }
  });

  test('column list and anchors', () => {
    expect(formatColumnList(readListedColumns(table.columns))).toBe(table.columns);
    for (const { key, body, sha256 } of table.anchors) {
      const anchor = parseAnchor(Buffer.from(body));
      expect(serializeAnchor(anchor).toString()).toBe(body);
      expect(anchorHash(Buffer.from(body))).toBe(sha256);
      expect(anchorKey(anchor.chain_id, anchorSeconds(anchor))).toBe(key);
      const leaves = table.rows
        .filter(({ index }) => index >= anchor.first_seq && index <= anchor.last_seq)
        .map(({ leaf }) => hex(leaf));
      const accumulator = new MerkleAccumulator(plainNodeHasher);
      accumulator.append(Buffer.concat(leaves), leaves.length);
      expect([accumulator.root().toString('hex'), leaves.length]).toEqual([
        anchor.merkle_root,
        anchor.events,
      ]);
    }
  });
});

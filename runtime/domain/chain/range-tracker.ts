import { DIGEST_BYTES } from '../digests';
import type { FindingLog } from '../findings/finding-log';
import { MerkleAccumulator } from '../merkle/accumulator';
import type { Checkpoint } from './checkpoint';
import type { DigestEngine } from './digest-engine';
import { cutOff } from './event-faults';
import type { HashPlace } from './hash-field';
import type { TupleBatchBuilder } from './tuple-batch';

export interface RangeResult {
  readonly checkpoint: Checkpoint;
  /** Events of the range that were there. */
  readonly events: number;
  /** Recomputed root, hex. */
  readonly root: string;
  /** Whether it was held against an anchor's root. */
  readonly compared: boolean;
  /** Whether the last event was there and its hash held against the anchor's. */
  readonly hashCompared: boolean;
}

/** Stands behind the last checkpoint. */
const NO_CHECKPOINT = { firstSeq: Number.POSITIVE_INFINITY, lastSeq: Number.POSITIVE_INFINITY };

/** Positions of a run that belong to one range, -1 for none. */
interface RunSegment {
  readonly range: number;
  readonly from: number;
  readonly to: number;
}

/** Follows the scan through the checkpoints: anchored hashes as they go by, one Merkle root for each range. */
export class RangeTracker {
  private readonly accumulator: MerkleAccumulator;
  private readonly results: RangeResult[] = [];
  private leaves = Buffer.alloc(0);
  /** Checkpoint that the next event may belong to. */
  private next = 0;
  /** Checkpoint whose leaves are being collected, -1 for none. */
  private open = -1;
  private readonly hashCompared = new Set<number>();

  constructor(
    private readonly checkpoints: readonly Checkpoint[],
    private readonly engine: DigestEngine,
    private readonly findings: FindingLog,
  ) {
    this.accumulator = new MerkleAccumulator(engine);
  }

  /** Last index that a checkpoint covers, 0 without any. */
  get lastSeq(): number {
    return this.checkpoints.at(-1)?.lastSeq ?? 0;
  }

  /** Notes an event; the number of its checkpoint, -1 for none. */
  note(index: number, { bytes, at, length }: HashPlace): number {
    const number = this.numberOf(index);
    const checkpoint = this.checkpoints[number];
    if (checkpoint && index === checkpoint.lastSeq && checkpoint.lastHash !== null) {
      this.compareHash(number, checkpoint, bytes.toString('hex', at, at + length));
    }
    return number;
  }

  private numberOf(index: number): number {
    while (this.next < this.checkpoints.length && index > this.checkpoints[this.next]!.lastSeq)
      this.next += 1;
    const checkpoint = this.checkpoints[this.next];
    return checkpoint && index >= checkpoint.firstSeq ? this.next : -1;
  }

  /** Adds the leaves of a batch to the trees of their ranges. */
  append(batch: TupleBatchBuilder): void {
    const { count } = batch;
    if (!batch.range.subarray(0, count).some((range) => range >= 0)) return;
    if (this.leaves.length < count * DIGEST_BYTES) this.leaves = Buffer.alloc(2 * count * DIGEST_BYTES);
    batch.leaves(this.engine, this.leaves);
    for (let from = 0; from < count;) {
      const range = batch.range[from]!;
      let to = from + 1;
      while (to < count && batch.range[to] === range) to++;
      this.appendLeaves(range, this.leaves, from, to);
      from = to;
    }
  }

  /** False when no range can hold any of `count` events from `first`. */
  wantsLeaves(first: number, count: number): boolean {
    let next = this.next;
    while (next < this.checkpoints.length && this.checkpoints[next]!.lastSeq < first) next++;
    return next < this.checkpoints.length && this.checkpoints[next]!.firstSeq < first + count;
  }

  /**
   * Takes events in a row, as `note` and then `append` would.
   * @param hashStart place of each event's stored hash in `bytes`
   * @param leaves of the run; not read when `wantsLeaves` said no
   */
  takeRun(first: number, count: number, bytes: Buffer, hashStart: Uint32Array, leaves: Uint8Array): void {
    const segments: RunSegment[] = [];
    for (let position = 0; position < count;) {
      const range = this.numberOf(first + position);
      const { firstSeq, lastSeq } = this.checkpoints[this.next] ?? NO_CHECKPOINT;
      const to = Math.min(count, (range < 0 ? firstSeq : lastSeq + 1) - first);
      if (range >= 0 && lastSeq - first < count) {
        this.note(lastSeq, { bytes, at: hashStart[lastSeq - first]!, length: DIGEST_BYTES });
      }
      segments.push({ range, from: position, to });
      position = to;
    }
    if (!segments.some(({ range }) => range >= 0)) return;
    for (const { range, from, to } of segments) this.appendLeaves(range, leaves, from, to);
  }

  /**
   * Closes the last range and reports anchored events that the table no longer has.
   * @param lastIndex of the last event read, null when there was none
   */
  finish(lastIndex: number | null): readonly RangeResult[] {
    this.close();
    const cut = cutOff(this.checkpoints, lastIndex);
    if (cut) this.findings.add(cut);
    return this.results;
  }

  private compareHash(number: number, checkpoint: Checkpoint, actual: string): void {
    this.hashCompared.add(number);
    if (actual === checkpoint.lastHash || !checkpoint.anchor) return;
    this.findings.add({
      code: 'ANCHORED_HASH',
      place: { kind: 'events', from: checkpoint.firstSeq, to: checkpoint.lastSeq },
      message:
        'events were rewritten after they were anchored: the last one has another hash than its anchor says',
      expected: checkpoint.lastHash ?? undefined,
      actual,
      anchor: checkpoint.anchor,
    });
  }

  private appendLeaves(range: number, leaves: Uint8Array, from: number, to: number): void {
    if (range !== this.open) this.close();
    this.open = range;
    if (range < 0) return;
    this.accumulator.append(leaves.subarray(from * DIGEST_BYTES, to * DIGEST_BYTES), to - from);
  }

  private close(): void {
    const checkpoint = this.checkpoints[this.open];
    if (checkpoint) this.compareRoot(checkpoint);
    this.accumulator.reset();
    this.open = -1;
  }

  private compareRoot(checkpoint: Checkpoint): void {
    const root = this.accumulator.root().toString('hex');
    const { merkleRoot, anchor } = checkpoint;
    const compared = merkleRoot !== null;
    const events = this.accumulator.size;
    this.results.push({ checkpoint, events, root, compared, hashCompared: this.hashCompared.has(this.open) });
    if (!compared || root === merkleRoot) return;
    this.findings.add({
      code: 'RANGE_ROOT',
      place: { kind: 'events', from: checkpoint.firstSeq, to: checkpoint.lastSeq },
      message: 'the events do not give the Merkle root that their anchor says',
      expected: merkleRoot,
      actual: root,
      anchor: anchor ?? undefined,
    });
  }
}

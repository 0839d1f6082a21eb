import { UnavailableError } from '../../errors';
import { DIGEST_BYTES, ZERO_HASH } from '../digests';
import type { FindingLog } from '../findings/finding-log';
import { ChainPosition } from './chain-position';
import type { Checkpoint } from './checkpoint';
import type { ChainLayout } from './columns';
import type { DigestEngine } from './digest-engine';
import {
  beforeBeginning,
  behindEnd,
  brokenLink,
  impossibleIndex,
  malformedEvent,
  missingEvents,
  notAscending,
  unknownKey,
  wrongHash,
} from './event-faults';
import { HashField } from './hash-field';
import { MAX_INDEX_STEP } from './index-bounds';
import { KeySlots } from './key-slots';
import type { RangeResult } from './range-tracker';
import { RangeTracker } from './range-tracker';
import type { ScanKernel, SoundRun } from './scan-kernel';
import { TupleBatchBuilder } from './tuple-batch';
import type { TupleLayout } from './tuple-layout';
import { TupleReader } from './tuple-reader';
import { TupleWindow } from './tuple-window';

/** PostgreSQL itself stops at 1 GiB a field; an audit event beyond this is not read into memory. */
const MAX_TUPLE_BYTES = 256 * 1024 * 1024;

export interface ScanOptions {
  readonly layout: ChainLayout;
  /** How the tuples of the stream are laid out. */
  readonly tuples: TupleLayout;
  readonly engine: DigestEngine;
  /** Key ids in the order of the engine's slots. */
  readonly keyIds: readonly string[];
  readonly findings: FindingLog;
  /** Chain index the first event must have. */
  readonly firstIndex: number;
  /**
   * What the first event's `prev_hash` must be, hex: `ZERO_HASH` at the beginning of the chain (a foreign chain
   * may have anything there), else the hash of the event before, or null when that is not known.
   */
  readonly firstLink: string | null;
  /** Ranges to compute a Merkle root for, ascending and apart. */
  readonly checkpoints: readonly Checkpoint[];
  /** Index that a whole stream reaches, when events are known to stand behind it: missing ones are then a gap. */
  readonly reaches?: number;
  /** Called now and then with the number of events so far. */
  readonly onProgress?: (events: number) => void;
}

export interface ScanSummary {
  /** Events read. */
  readonly events: number;
  /** Events whose HMAC was recomputed (whatever the outcome). */
  readonly recomputed: number;
  /** Lowest and highest chain index read; null when there was none. */
  readonly firstIndex: number | null;
  readonly lastIndex: number | null;
  readonly lastHash: string | null;
  /** Bytes of the stream. */
  readonly bytes: number;
  readonly ranges: readonly RangeResult[];
}

/**
 * Checks a chain as it comes off the wire: one pass over the binary COPY stream, events hashed in place, memory
 * that does not grow with the chain. What is wrong goes to `findings`; a stream that is not complete throws.
 */
export class ChainScanner {
  private readonly reader: TupleReader;
  private readonly slots: KeySlots;
  private readonly batch = new TupleBatchBuilder();
  private readonly ranges: RangeTracker;
  private readonly kernel: ScanKernel | null;
  private readonly window: TupleWindow;
  private readonly position: ChainPosition;
  private readonly hash: HashField;
  private readonly prevHash: HashField;
  private started = false;
  private ended = false;

  private events = 0;
  private recomputed = 0;
  private bytes = 0;

  constructor(private readonly options: ScanOptions) {
    this.reader = new TupleReader(options.tuples);
    this.hash = new HashField(options.tuples.hashForm);
    this.prevHash = new HashField(options.tuples.prevHashForm);
    this.slots = new KeySlots(options.keyIds);
    this.ranges = new RangeTracker(options.checkpoints, options.engine, options.findings);
    this.kernel = options.engine.scanKernel(options.layout, options.keyIds);
    this.window = new TupleWindow(this.kernel?.window);
    this.position = new ChainPosition(options.firstIndex, options.firstLink);
  }

  /** Takes the next bytes of the stream; they are copied, the caller may reuse the chunk. */
  push(chunk: Uint8Array): void {
    this.bytes += chunk.length;
    for (let from = 0; from < chunk.length;) {
      if (this.window.full) this.process();
      if (this.window.full) this.grow();
      from += this.window.take(chunk, from);
    }
  }

  /**
   * Call at the end of the stream.
   * @throws UnavailableError `COPY_INCOMPLETE` when the stream has no end mark
   */
  finish(): ScanSummary {
    this.process();
    if (!this.ended || this.window.used > 0) {
      throw new UnavailableError(
        'COPY_INCOMPLETE',
        `the stream of events broke off after ${this.events} events`,
      );
    }
    const { findings, reaches } = this.options;
    const { firstIndex, lastIndex, lastHash, expectedIndex } = this.position;
    const gap = reaches !== undefined && expectedIndex <= reaches;
    if (gap) findings.add(missingEvents(expectedIndex, reaches));
    return {
      events: this.events,
      recomputed: this.recomputed,
      firstIndex,
      lastIndex,
      lastHash,
      bytes: this.bytes,
      ranges: this.ranges.finish(gap ? reaches : lastIndex),
    };
  }

  private grow(): void {
    if (this.window.used >= MAX_TUPLE_BYTES) {
      throw new UnavailableError(
        'COPY_INCOMPLETE',
        `the event after index ${this.position.lastIndex ?? 'none'} is larger than ${MAX_TUPLE_BYTES} bytes`,
      );
    }
    this.window.grow();
  }

  /** Hashes every complete tuple of the window and keeps the rest. */
  private process(): void {
    const { window, reader } = this;
    let at = 0;
    if (!this.started) {
      at = reader.readHeader(window.bytes, window.used);
      if (at < 0) return;
      this.started = true;
    }
    if (!this.ended) at = this.takeSoundRun(at);
    while (!this.ended) {
      const read = reader.read(window.bytes, at, window.used);
      if (read === 'partial') break;
      at = reader.fields.end;
      if (read === 'end') this.ended = true;
      else this.takeTuple();
      if (this.batch.full) this.flush();
    }
    this.flush();
    window.drop(at);
  }

  /**
   * Lets the kernel take the tuples of the window, all of them or none: with any other split, findings would come
   * in another order than without a kernel.
   * @returns where to read on
   */
  private takeSoundRun(at: number): number {
    const { kernel, window } = this;
    const { link, expectedIndex: first } = this.position;
    const usable = window.isHome && Number.isSafeInteger(first + window.used);
    if (!kernel || !link || !usable) return at;
    const run = kernel.soundRun(at, window.used, first, link, this.ranges.wantsLeaves(first, window.used));
    if (!run) return at;
    this.noteSoundRun(run, first);
    return run.end;
  }

  private noteSoundRun({ count, hashStart, leaves }: SoundRun, first: number): void {
    const { bytes } = this.window;
    this.events += count;
    this.recomputed += count;
    this.position.see(first);
    this.position.moveTo(first + count - 1, { bytes, at: hashStart[count - 1]!, length: DIGEST_BYTES });
    this.ranges.takeRun(first, count, bytes, hashStart, leaves);
    this.options.onProgress?.(this.events);
  }

  private takeTuple(): void {
    this.events += 1;
    const { position, hash, prevHash } = this;
    const { findings, layout, firstLink } = this.options;
    const { bytes } = this.window;
    const { fields } = this.reader;
    const index = this.reader.index(bytes);
    if (typeof index === 'string') return findings.add(impossibleIndex(index));
    position.see(index);
    const isFirst = position.lastIndex === null;
    if (isFirst && index < position.begin) return findings.add(beforeBeginning(index, position.begin));
    if (this.isBehindEnd(index)) return findings.add(behindEnd(index, this.lastKnown));
    const follows = this.checkIndex(index);
    hash.take(bytes, fields.hashAt, fields.hashLength);
    prevHash.take(bytes, fields.prevHashAt, fields.prevHashLength);
    // Nothing stands before the first event of a chain, and a foreign one says so in its own way.
    const isUnlinked = isFirst && firstLink === ZERO_HASH && layout.format === 'links';
    const fault = malformedEvent(layout, index, fields, {
      hash: hash.sound,
      prevHash: isUnlinked || prevHash.sound,
    });
    if (fault) findings.add(fault);
    if (follows && !isUnlinked) this.checkLink(index);
    position.moveTo(index, hash);
    const range = this.ranges.note(index, hash);
    this.batch.add(bytes, fields, hash, { index, keySlot: this.keySlot(index), range });
  }

  /** Index of the last event that belongs to the chain, as far as events and anchors say. */
  private get lastKnown(): number {
    return Math.max(this.position.expectedIndex - 1, this.ranges.lastSeq);
  }

  /** True for an event that is too far above the others to be of the chain; events of an anchor are not. */
  private isBehindEnd(index: number): boolean {
    return this.options.layout.format === 'v1' && index - this.lastKnown > MAX_INDEX_STEP;
  }

  /** Reports gaps and repetitions; true when the event is the direct successor of the one before. */
  private checkIndex(index: number): boolean {
    const { expectedIndex, lastIndex } = this.position;
    if (index === expectedIndex) return true;
    const gap = index > expectedIndex;
    const fault = gap ? missingEvents(expectedIndex, index - 1) : notAscending(index, lastIndex);
    this.options.findings.add(fault);
    return false;
  }

  private checkLink(index: number): void {
    const { bytes, at, length, sound } = this.prevHash;
    const { link } = this.position;
    if (!sound || !link || link.compare(bytes, at, at + length) === 0) return;
    const { findings, layout } = this.options;
    findings.add(brokenLink(layout, index, link.toString('hex'), bytes.toString('hex', at, at + length)));
  }

  private keySlot(index: number): number {
    if (this.options.layout.format === 'links') return -1;
    const { keyIdAt, keyIdLength } = this.reader.fields;
    if (keyIdLength < 0) return -1;
    const slot = this.slots.find(this.window.bytes, keyIdAt, keyIdLength);
    if (slot < 0) this.options.findings.add(unknownKey(index, this.slots.lastText));
    // What stands in place of a hash is reported already, and no HMAC.
    return this.hash.sound ? slot : -1;
  }

  private flush(): void {
    if (this.batch.count === 0) return;
    const { engine, findings, layout } = this.options;
    this.batch.digest(engine);
    this.recomputed += this.batch.compareMacs(engine, (index) => findings.add(wrongHash(layout, index)));
    this.ranges.append(this.batch);
    this.batch.clear();
    this.options.onProgress?.(this.events);
  }
}

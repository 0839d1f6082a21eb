import { UnavailableError } from '../../errors';
import { DIGEST_BYTES, ZERO_HASH } from '../digests';
import type { FindingLog } from '../findings/finding-log';
import type { Checkpoint } from './checkpoint';
import type { ChainLayout } from './columns';
import type { DigestEngine } from './digest-engine';
import { brokenLink, malformedEvent, missingEvents } from './event-faults';
import { KeySlots } from './key-slots';
import type { RangeResult } from './range-tracker';
import { RangeTracker } from './range-tracker';
import type { ScanKernel, SoundRun } from './scan-kernel';
import { TupleBatchBuilder } from './tuple-batch';
import { TupleReader } from './tuple-reader';
import { TupleWindow } from './tuple-window';

/** PostgreSQL itself stops at 1 GiB a field; an audit event beyond this is not read into memory. */
const MAX_TUPLE_BYTES = 256 * 1024 * 1024;

export interface ScanOptions {
  readonly layout: ChainLayout;
  readonly engine: DigestEngine;
  /** Key ids in the order of the engine's slots. */
  readonly keyIds: readonly string[];
  readonly findings: FindingLog;
  /** Chain index the first event must have. */
  readonly firstIndex: number;
  /**
   * What the first event's `prev_hash` must be, hex: `ZERO_HASH` at the beginning of the chain (a foreign chain
   * may have NULL there), else the hash of the event before, or null when that is not known.
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
  private readonly firstLink: Buffer | null;
  private started = false;
  private ended = false;

  private events = 0;
  private recomputed = 0;
  private bytes = 0;
  private firstIndex: number | null = null;
  private lastIndex: number | null = null;
  /** Hash of the event before, when it is known and its successor can be held against it. */
  private readonly lastHash = Buffer.alloc(DIGEST_BYTES);
  private lastHashKnown = false;

  constructor(private readonly options: ScanOptions) {
    this.reader = new TupleReader(options.layout);
    this.slots = new KeySlots(options.keyIds);
    this.ranges = new RangeTracker(options.checkpoints, options.engine, options.findings);
    this.kernel = options.engine.scanKernel(options.layout, options.keyIds);
    this.window = new TupleWindow(this.kernel?.window);
    this.firstLink = options.firstLink === null ? null : Buffer.from(options.firstLink, 'hex');
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
    const { firstIndex, reaches } = this.options;
    const last = this.lastIndex ?? firstIndex - 1;
    const gap = reaches !== undefined && last < reaches;
    if (gap) this.reportGap(last + 1, reaches);
    return {
      events: this.events,
      recomputed: this.recomputed,
      firstIndex: this.firstIndex,
      lastIndex: this.lastIndex,
      lastHash: this.lastHashKnown ? this.lastHash.toString('hex') : null,
      bytes: this.bytes,
      ranges: this.ranges.finish(gap ? reaches : this.lastIndex),
    };
  }

  private grow(): void {
    if (this.window.used >= MAX_TUPLE_BYTES) {
      throw new UnavailableError(
        'COPY_INCOMPLETE',
        `the event after index ${this.lastIndex ?? 'none'} is larger than ${MAX_TUPLE_BYTES} bytes`,
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
    const link = this.knownLink();
    if (!kernel || !link || !window.isHome) return at;
    const first = this.expectedIndex();
    if (!Number.isSafeInteger(first + window.used)) return at;
    const run = kernel.soundRun(at, window.used, first, link, this.ranges.wantsLeaves(first, window.used));
    if (!run) return at;
    this.noteSoundRun(run, first);
    return run.end;
  }

  private noteSoundRun({ count, hashStart, leaves }: SoundRun, first: number): void {
    const { bytes } = this.window;
    const hashAt = (position: number): Buffer =>
      bytes.subarray(hashStart[position], hashStart[position]! + DIGEST_BYTES);
    this.events += count;
    this.recomputed += count;
    this.firstIndex ??= first;
    this.lastIndex = first + count - 1;
    hashAt(count - 1).copy(this.lastHash);
    this.lastHashKnown = true;
    this.ranges.takeRun(first, count, hashAt, leaves);
    this.options.onProgress?.(this.events);
  }

  /** Chain index that the next event must have. */
  private expectedIndex(): number {
    return this.lastIndex === null ? this.options.firstIndex : this.lastIndex + 1;
  }

  /** What the next event's previous hash must be; null when it is not known. */
  private knownLink(): Buffer | null {
    if (this.lastIndex !== null) return this.lastHashKnown ? this.lastHash : null;
    return this.firstLink;
  }

  private takeTuple(): void {
    this.events += 1;
    const { fields } = this.reader;
    const index = this.reader.index(this.window.bytes);
    if (typeof index === 'number') this.firstIndex ??= index;
    if (typeof index === 'string') {
      this.options.findings.add({
        code: 'EVENT_INDEX',
        place: { kind: 'database' },
        message: `an event has the chain index ${index}, which no chain can have`,
      });
      return;
    }
    if (this.lastIndex === null && index < this.options.firstIndex) {
      const message = `the chain begins at index ${this.options.firstIndex}; an event stands before it`;
      this.options.findings.add({ code: 'EVENT_INDEX', place: eventPlace(index), message });
      return;
    }
    const follows = this.checkIndex(index);
    const mayLackLink = this.lastIndex === null && this.options.firstLink === ZERO_HASH;
    const fault = malformedEvent(this.options.layout, index, fields, mayLackLink);
    if (fault) this.options.findings.add(fault);
    if (fields.hashLength !== DIGEST_BYTES) {
      this.ranges.skip(index);
      this.lastHashKnown = false;
      this.lastIndex = index;
      return;
    }
    if (follows) this.checkLink(index);
    this.window.bytes.copy(this.lastHash, 0, fields.hashAt, fields.hashAt + DIGEST_BYTES);
    this.lastHashKnown = true;
    this.lastIndex = index;
    const range = this.ranges.note(index, this.lastHash);
    this.batch.add(this.window.bytes, fields, index, this.keySlot(index), range);
  }

  /** Reports gaps and repetitions; true when the event is the direct successor of the one before. */
  private checkIndex(index: number): boolean {
    const expected = this.expectedIndex();
    if (index === expected) return this.knownLink() !== null;
    const { findings } = this.options;
    if (index > expected) {
      this.reportGap(expected, index - 1);
    } else if (index === this.lastIndex) {
      const message = 'more than one event has this chain index';
      findings.add({ code: 'EVENT_DUPLICATE', place: eventPlace(index), message });
    } else {
      const message = `the event comes after event ${this.lastIndex} in the order of the chain index`;
      findings.add({ code: 'EVENT_INDEX', place: eventPlace(index), message });
    }
    return false;
  }

  private reportGap(from: number, to: number): void {
    this.options.findings.add(missingEvents(from, to));
  }

  private checkLink(index: number): void {
    const { prevHashAt, prevHashLength } = this.reader.fields;
    const expected = this.knownLink();
    if (prevHashLength !== DIGEST_BYTES || !expected) return;
    const { bytes } = this.window;
    const end = prevHashAt + DIGEST_BYTES;
    if (expected.compare(bytes, prevHashAt, end) === 0) return;
    const { findings, layout } = this.options;
    findings.add(brokenLink(layout, index, expected.toString('hex'), bytes.toString('hex', prevHashAt, end)));
  }

  private keySlot(index: number): number {
    if (this.options.layout.format === 'links') return -1;
    const { keyIdAt, keyIdLength } = this.reader.fields;
    if (keyIdLength < 0) return -1;
    const slot = this.slots.find(this.window.bytes, keyIdAt, keyIdLength);
    if (slot < 0) {
      this.options.findings.add({
        code: 'KEY_UNKNOWN',
        place: eventPlace(index),
        message: `the key ring has no key ${JSON.stringify(this.slots.lastText.slice(0, 80))}, so these events were not recomputed`,
      });
    }
    return slot;
  }

  private flush(): void {
    if (this.batch.count === 0) return;
    const { engine, findings, layout } = this.options;
    this.recomputed += this.batch.compareMacs(engine, (index) =>
      // The recomputed HMAC is not shown: it would be the one value a forger lacks.
      findings.add({
        code: 'EVENT_HASH',
        place: eventPlace(index),
        message: `the columns of the event do not give its ${layout.hashColumn}`,
      }),
    );
    this.ranges.append(this.batch, layout.format === 'links');
    this.batch.clear();
    this.options.onProgress?.(this.events);
  }
}

function eventPlace(index: number): { kind: 'events'; from: number; to: number } {
  return { kind: 'events', from: index, to: index };
}

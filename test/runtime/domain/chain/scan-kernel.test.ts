import fc from 'fast-check';
import { createNodeCryptoEngine } from '../../../../runtime/adapters/digests/node-crypto-engine';
import { createWasmSimdEngine } from '../../../../runtime/adapters/digests/wasm-simd-engine';
import type { ScanOptions, ScanSummary } from '../../../../runtime/domain/chain/chain-scanner';
import { ChainScanner } from '../../../../runtime/domain/chain/chain-scanner';
import { v1Tuples } from '../../../../runtime/domain/chain/tuple-layout';
import { parseColumnList, v1Layout } from '../../../../runtime/domain/chain/columns';
import type { DigestEngineFactory } from '../../../../runtime/domain/chain/digest-engine';
import { eventDigest, eventHash } from '../../../../runtime/domain/chain/event-hash';
import { encodeMessage } from '../../../../runtime/domain/chain/message';
import type { Checkpoint } from '../../../../runtime/domain/chain/checkpoint';
import { WINDOW_BYTES } from '../../../../runtime/domain/chain/tuple-window';
import { ZERO_HASH } from '../../../../runtime/domain/digests';
import type { Finding } from '../../../../runtime/domain/findings/finding';
import { FindingLog } from '../../../../runtime/domain/findings/finding-log';
import {
  buildChain,
  checkpointOver,
  copyStream,
  type EventContents,
  keyFor,
  LAYOUT,
  plainContents,
  storeEvent,
  type StoredEvent,
} from '../../../support/chain';

const KEYS = [keyFor('k1'), keyFor('k2')];

interface Scanned {
  readonly summary?: ScanSummary;
  /** As they were added: their order is part of what must not differ. */
  readonly findings: readonly Finding[];
  readonly error?: string;
  readonly progress: readonly number[];
  /** Events whose digest was computed one batch at a time, outside of the kernel. */
  readonly outsideKernel: number;
}

function scanWith(
  create: DigestEngineFactory,
  chunks: readonly Buffer[],
  checkpoints: readonly Checkpoint[],
  options: Partial<ScanOptions> = {},
): Scanned {
  const engine = create(KEYS);
  const findings = new FindingLog();
  const progress: number[] = [];
  let outsideKernel = 0;
  const digests = engine.digests.bind(engine);
  engine.digests = (batch, target) => {
    outsideKernel += batch.count;
    digests(batch, target);
  };
  try {
    const scanner = new ChainScanner({
      layout: LAYOUT,
      tuples: v1Tuples(options.layout ?? LAYOUT),
      engine,
      keyIds: ['k1', 'k2'],
      findings,
      firstIndex: 1,
      firstLink: ZERO_HASH,
      checkpoints,
      onProgress: (events) => progress.push(events),
      ...options,
    });
    for (const chunk of chunks) scanner.push(chunk);
    return { summary: scanner.finish(), findings: findings.all(), progress, outsideKernel };
  } catch (error) {
    return { error: String(error), findings: findings.all(), progress, outsideKernel };
  } finally {
    engine.dispose();
  }
}

/** Scans with and without the kernel, and cut in another way; expects one and the same. */
function scanEveryWay(
  stream: Buffer,
  checkpoints: readonly Checkpoint[] = [],
  options: Partial<ScanOptions> = {},
  chunks: readonly Buffer[] = [stream],
): Scanned {
  const { outsideKernel, ...withKernel } = scanWith(createWasmSimdEngine, chunks, checkpoints, options);
  for (const [create, pieces] of [
    [createNodeCryptoEngine, chunks],
    [createNodeCryptoEngine, [stream]],
    [createWasmSimdEngine, [stream]],
  ] as const) {
    const other = scanWith(create, pieces, checkpoints, options);
    expect(other).toEqual({ ...withKernel, outsideKernel: other.outsideKernel });
  }
  return { ...withKernel, outsideKernel };
}

const contents = (count: number): EventContents[] =>
  Array.from({ length: count }, (_, at) => plainContents(at));
const codes = ({ findings }: Scanned): string[] => findings.map(({ code }) => code);

function anchored(events: readonly StoredEvent[], size: number): Checkpoint[] {
  const checkpoints: Checkpoint[] = [];
  for (let at = 0; at < events.length; at += size) {
    checkpoints.push(checkpointOver(events.slice(at, at + size), checkpoints.length + 1));
  }
  return checkpoints;
}

function cut(stream: Buffer, places: readonly number[]): Buffer[] {
  const ends = [...new Set(places.map((place) => place % stream.length))].sort((a, b) => a - b);
  return [0, ...ends].map((start, at) => stream.subarray(start, ends[at] ?? stream.length));
}

/** Longer than two windows. */
const LONG = buildChain(contents(3_000));
const LONG_STREAM = copyStream(LONG);

const text = fc.string({ maxLength: 90 }).map((value) => value.replaceAll('\0', ''));
const eventContents: fc.Arbitrary<EventContents> = fc.record({
  actor: text,
  action: text,
  resource: fc.option(text),
  outcome: fc.constantFrom('success', 'denied', ''),
  details: fc.option(fc.json()),
  keyId: fc.constantFrom('k1' as const, 'k2' as const),
  occurredAt: fc.bigInt({ min: -(2n ** 60n), max: 2n ** 60n }),
});

type Tampering = (stream: Buffer, events: readonly StoredEvent[], where: number) => Buffer;

/** Everything that is done to a stream here; `where` picks the place. */
const TAMPERINGS: Readonly<Record<string, Tampering>> = {
  none: (stream) => stream,
  flip: (stream, _, where) => {
    const flipped = Buffer.from(stream);
    flipped[where % stream.length]! ^= 1 << (where % 8);
    return flipped;
  },
  'hostile length': (stream, _, where) => {
    const hostile = Buffer.from(stream);
    const value = [0x7fffffff, -0x80000000, -2, -1, 0, 0x100000, 33][where % 7]!;
    hostile.writeInt32BE(value, where % (stream.length - 4));
    return hostile;
  },
  cut: (stream, _, where) => stream.subarray(0, where % stream.length),
  more: (stream) => Buffer.concat([stream, Buffer.from('more')]),
  remove: (_, events, where) =>
    copyStream(events.filter(({ index }) => index !== (where % events.length) + 1)),
  repeat: (_, events, where) =>
    copyStream(
      events.flatMap((event) => (event.index === (where % events.length) + 1 ? [event, event] : [event])),
    ),
  insert: (_, events, where) =>
    copyStream([
      ...events.slice(0, where % events.length),
      storeEvent((where % events.length) + 1, plainContents(99), Buffer.alloc(32)),
      ...events.slice(where % events.length),
    ]),
  'chain anew': (_, events, where) => {
    const at = where % events.length;
    const anew = events.slice(at).map((__, position) => plainContents(position + 7));
    const link = events[at - 1]?.hash ?? Buffer.alloc(32);
    return copyStream([...events.slice(0, at), ...buildChain(anew, at + 1, link)]);
  },
  'other key': (_, events, where) => {
    const at = where % events.length;
    const link = events[at - 1]?.hash ?? Buffer.alloc(32);
    const event = storeEvent(at + 1, plainContents(1), link);
    const message = Buffer.from(event.message);
    message.write('k9', message.lastIndexOf('k1'));
    return copyStream([...events.slice(0, at), { ...event, message }, ...events.slice(at + 1)]);
  },
};

describe('findings, their order, summary and errors do not depend on the kernel or on how the stream is cut', () => {
  const scene = fc.record({
    list: fc.array(eventContents, { minLength: 1, maxLength: 25 }),
    size: fc.integer({ min: 1, max: 9 }),
    skipped: fc.nat(3),
    where: fc.nat(),
    cuts: fc.array(fc.nat(), { maxLength: 12 }),
    reaches: fc.option(fc.integer({ min: 1, max: 30 }), { nil: undefined }),
    firstLink: fc.constantFrom(ZERO_HASH, null, 'ab'.repeat(32)),
  });

  test.each(Object.entries(TAMPERINGS))('%s', (_title, tamper) => {
    fc.assert(
      fc.property(scene, ({ list, size, skipped, where, cuts, reaches, firstLink }) => {
        const events = buildChain(list);
        const checkpoints = anchored(events, size).filter((__, at) => at % 4 !== skipped);
        const stream = tamper(copyStream(events), events, where);
        const options = { firstLink, ...(reaches === undefined ? {} : { reaches }) };
        const chunks = stream.length === 0 ? [stream] : cut(stream, cuts);
        scanEveryWay(stream, checkpoints, options, chunks);
      }),
      { numRuns: 40 },
    );
  });

  test('every byte of a short stream, changed', () => {
    const events = buildChain(contents(3));
    const clean = copyStream(events);
    const checkpoints = anchored(events, 2);
    for (let at = 0; at < clean.length; at++) {
      const stream = Buffer.from(clean);
      stream[at]! ^= 0x80 >> (at % 8);
      const { error, findings } = scanEveryWay(stream, checkpoints);
      // Bytes 11 to 14 are the flags of the header, which say nothing of the events.
      expect(error !== undefined || findings.length > 0).toBe(at < 11 || at > 14);
    }
  });

  test.each([1, 700, 1_500, 2_999])('one edited event among many windows, %i', (edited) => {
    const message = Buffer.from(LONG[edited - 1]!.message);
    message[40]! ^= 1;
    const events = LONG.map((event) => (event.index === edited ? { ...event, message } : event));
    const scanned = scanEveryWay(copyStream(events), anchored(LONG, 1_000));
    expect(codes(scanned)).toEqual(['EVENT_HASH', 'RANGE_ROOT']);
    expect(scanned.summary?.recomputed).toBe(3_000);
  });

  test('an event twice there, around the end of a window and of every range', () => {
    const chain = buildChain(contents(4_000));
    let last = 0;
    for (let bytes = 19; bytes <= WINDOW_BYTES; last++) bytes += 2 + chain[last]!.message.length + 4 + 32;
    const checkpoints = anchored(chain, 1);
    for (let at = last - 3; at <= last + 3; at++) {
      const events = [...chain.slice(0, at), chain[at - 1]!, ...chain.slice(at, last + 50)];
      expect(codes(scanEveryWay(copyStream(events), checkpoints))).toContain('EVENT_DUPLICATE');
    }
  });

  test('an event larger than the window, and back to the kernel behind it', () => {
    const large = { ...plainContents(0), details: JSON.stringify('x'.repeat(3 * WINDOW_BYTES)) };
    const events = buildChain([...contents(10), large, ...contents(8_000)]);
    const scanned = scanEveryWay(copyStream(events), anchored(events, 300));
    expect(scanned.findings).toEqual([]);
    expect(scanned.outsideKernel).toBeGreaterThan(0);
    expect(scanned.outsideKernel).toBeLessThan(4_000);
  });
});

describe('the kernel takes every sound event', () => {
  test('of a long chain with two keys', () => {
    const events = buildChain(
      contents(3_000).map((event, at) => ({ ...event, keyId: at % 5 < 3 ? 'k1' : 'k2' })),
    );
    const scanned = scanEveryWay(copyStream(events), anchored(events, 77));
    expect(scanned.findings).toEqual([]);
    expect(scanned.summary).toMatchObject({ events: 3_000, recomputed: 3_000, lastIndex: 3_000 });
    expect(scanned.summary?.ranges).toHaveLength(39);
    expect(scanned.outsideKernel).toBe(0);
  });

  test('from the middle of a chain', () => {
    const firstLink = LONG[1_999]!.hash.toString('hex');
    const options = { firstIndex: 2_001, firstLink };
    const scanned = scanEveryWay(copyStream(LONG.slice(2_000)), [], options);
    expect(scanned.findings).toEqual([]);
    expect(scanned.summary).toMatchObject({ events: 1_000, firstIndex: 2_001, lastIndex: 3_000 });
    expect(scanned.outsideKernel).toBe(0);
  });

  test.each(['int8', 'int4', 'int2'] as const)('with an index of type %s', (type) => {
    const layout = v1Layout(parseColumnList(`key_id:text,chain_index:${type},note:text,prev_hash:bytea`));
    let before: Buffer = Buffer.alloc(32);
    const events = Array.from({ length: 400 }, (_, at) => {
      const message = encodeMessage(layout.columns, [
        'k2',
        at + 1,
        at % 3 === 0 ? null : 'x'.repeat(at),
        before,
      ]);
      before = eventHash(KEYS[1]!, eventDigest(message));
      return { index: at + 1, message, hash: before };
    });
    const scanned = scanEveryWay(copyStream(events, layout.columns.length), anchored(events, 50), { layout });
    expect(scanned.findings).toEqual([]);
    expect(scanned.outsideKernel).toBe(0);
  });

  test('and none of a window with an event that is not', () => {
    const events = LONG.map((event) => (event.index === 20 ? { ...event, hash: Buffer.alloc(32) } : event));
    const perWindow = WINDOW_BYTES / (LONG_STREAM.length / LONG.length);
    const { outsideKernel } = scanEveryWay(copyStream(events));
    expect(outsideKernel).toBeGreaterThan(perWindow * 0.9);
    expect(outsideKernel).toBeLessThan(perWindow * 1.1);
  });
});

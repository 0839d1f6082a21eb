import type * as WasmKernel from '../../../../runtime/adapters/digests/wasm-kernel';
import { createWasmSimdEngine } from '../../../../runtime/adapters/digests/wasm-simd-engine';
import { linksLayout } from '../../../../runtime/domain/chain/columns';
import type { DigestEngine } from '../../../../runtime/domain/chain/digest-engine';
import { eventDigest, eventLeaf } from '../../../../runtime/domain/chain/event-hash';
import type { ScanKernel } from '../../../../runtime/domain/chain/scan-kernel';
import { WINDOW_BYTES } from '../../../../runtime/domain/chain/tuple-window';
import { buildChain, copyStream, keyFor, LAYOUT, plainContents } from '../../../support/chain';

const kernels: WasmKernel.Sha256Kernel[] = [];
let mockAddressSpace = true;

jest.mock('../../../../runtime/adapters/digests/wasm-kernel', () => {
  const actual = jest.requireActual<typeof WasmKernel>('../../../../runtime/adapters/digests/wasm-kernel');
  return {
    ...actual,
    instantiateKernel: () => {
      if (!mockAddressSpace) throw new RangeError('could not allocate memory');
      const kernel = actual.instantiateKernel();
      kernels.push(kernel);
      return kernel;
    },
  };
});

const KEYS = [keyFor('k1'), keyFor('k2')];
const IDS = ['k1', 'k2'];
const NO_LINK = Buffer.alloc(32);
const HEADER_BYTES = 19;
const EVENTS = buildChain([plainContents(1), plainContents(2), plainContents(3)]);
const TUPLES = copyStream(EVENTS).subarray(HEADER_BYTES, -2);
const END_MARK = Buffer.from([0xff, 0xff]);

let engine: DigestEngine;
let kernel: ScanKernel;
beforeEach(() => {
  engine = createWasmSimdEngine(KEYS);
  kernel = engine.scanKernel(LAYOUT, IDS)!;
});
afterEach(() => engine.dispose());

/** Puts bytes to the very end of the window, where one read too far would leave it, and asks for them. */
function runAtEnd(bytes: Uint8Array): number | undefined {
  kernel.window.fill(0xff);
  const from = WINDOW_BYTES - bytes.length;
  kernel.window.set(bytes, from);
  return kernel.soundRun(from, WINDOW_BYTES, 1, NO_LINK, true)?.count;
}

test('takes tuples up to the last byte of the window, and says where each hash is', () => {
  expect(runAtEnd(TUPLES)).toBe(3);
  const from = WINDOW_BYTES - TUPLES.length;
  const run = kernel.soundRun(from, WINDOW_BYTES, 1, NO_LINK, true)!;
  expect(run.end).toBe(WINDOW_BYTES);
  const hashes = EVENTS.map((_, at) => kernel.window.subarray(run.hashStart[at], run.hashStart[at]! + 32));
  expect(hashes.map((hash) => hash.toString('hex'))).toEqual(EVENTS.map(({ hash }) => hash.toString('hex')));
});

test.each([1, 2, 3, 4, 5, 9, 40])('gives the leaf of each of %i events, in their order', (count) => {
  // Of lengths that are hashed in another order than that of the chain.
  const events = buildChain(
    Array.from({ length: count }, (_, at) => ({
      ...plainContents(at),
      details: JSON.stringify('x'.repeat((at * 97) % 211)),
    })),
  );
  const tuples = copyStream(events).subarray(HEADER_BYTES, -2);
  kernel.window.set(tuples);
  const run = kernel.soundRun(0, tuples.length, 1, NO_LINK, true)!;
  expect(run.count).toBe(count);
  events.forEach(({ message, hash }, at) => {
    const leaf = Buffer.from(run.leaves.subarray(at * 32, at * 32 + 32));
    expect(leaf.toString('hex')).toBe(eventLeaf(eventDigest(message), hash).toString('hex'));
  });
});

test('takes the whole tuples before part of one, wherever it is cut, and before the end mark', () => {
  const whole = [0, 1, 2].map((at) => copyStream(EVENTS.slice(0, at)).length - HEADER_BYTES - 2);
  for (let length = 1; length < TUPLES.length; length++) {
    const complete = whole.filter((end) => end > 0 && end <= length).length;
    expect(runAtEnd(TUPLES.subarray(0, length))).toBe(complete === 0 ? undefined : complete);
  }
  expect(runAtEnd(Buffer.concat([TUPLES, END_MARK]))).toBe(3);
});

test('reads no length word as more than there is', () => {
  const lengths = [0x7fffffff, 0x7ffffffc, 0x10000000, -0x80000000, -2, -1, WINDOW_BYTES];
  for (let at = 0; at < TUPLES.length - 3; at++) {
    for (const length of lengths) {
      const hostile = Buffer.from(TUPLES);
      hostile.writeInt32BE(length, at);
      if (hostile.equals(TUPLES)) continue;
      const count = runAtEnd(hostile) ?? 0;
      // Tuples before the changed one may be taken, when it looks as if it had not arrived yet.
      expect(count).toBeLessThan(3);
    }
  }
});

test.each([
  [-1, 10],
  [10, 9],
  [0, WINDOW_BYTES + 1],
])('refuses the bytes %i to %i', (from, to) => {
  expect(() => kernel.soundRun(from, to, 1, NO_LINK, false)).toThrow(
    /^found bytes .+, allowed within the 524288/,
  );
});

test.each([0, 31, 33])('takes nothing behind a link of %i bytes, which no event can have', (length) => {
  expect(runAtEnd(TUPLES)).toBe(3);
  const from = WINDOW_BYTES - TUPLES.length;
  expect(kernel.soundRun(from, WINDOW_BYTES, 1, Buffer.alloc(length), false)).toBeNull();
});

test('is not there for a foreign chain, nor for ids that do not each stand for one key', () => {
  expect(engine.scanKernel(linksLayout(), IDS)).toBeNull();
  expect(engine.scanKernel(LAYOUT, ['k1'])).toBeNull();
  expect(engine.scanKernel(LAYOUT, ['k1', 'k1'])).toBeNull();
});

test('is not there without address space for its memory; the engine itself goes on', () => {
  mockAddressSpace = false;
  try {
    expect(engine.scanKernel(LAYOUT, IDS)).toBeNull();
  } finally {
    mockAddressSpace = true;
  }
  expect(() => engine.nodes(new Uint8Array(64), 1, new Uint8Array(32))).not.toThrow();
});

test('keeps the states of a key, not the key, and nothing at all after dispose', () => {
  expect(runAtEnd(TUPLES)).toBe(3);
  const memory = Buffer.from(kernels.at(-1)!.memory.buffer);
  expect(memory.includes(EVENTS[0]!.message)).toBe(true);
  for (const key of KEYS) expect(memory.includes(key)).toBe(false);
  engine.dispose();
  expect(memory.every((byte) => byte === 0)).toBe(true);
  expect(() => kernel.soundRun(0, 10, 1, NO_LINK, false)).toThrow(/found it disposed/);
});

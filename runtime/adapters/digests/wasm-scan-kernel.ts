import type { ChainLayout, ColumnType } from '../../domain/chain/columns';
import type { ScanKernel, SoundRun } from '../../domain/chain/scan-kernel';
import { WINDOW_BYTES } from '../../domain/chain/tuple-window';
import { DIGEST_BYTES } from '../../domain/digests';
import { engineDisposed } from './chain-keys';
import { OVERREAD_BYTES, PAGE_BYTES, type Sha256Kernel, instantiateKernel } from './wasm-kernel';

/** What a column is to the chain, as `assembly/tuple-scan.ts` has it. */
const ROLE = { plain: 0, index: 1, previousHash: 2, keyId: 3, time: 4 } as const;
const INDEX_BYTES: Partial<Record<ColumnType, number>> = { int8: 8, int4: 4, int2: 2 };

const WORD_BYTES = 4;
const ALIGNMENT = 16;
/** A tuple has a field count, ten bytes for its index, two hashes and an empty key id at least. */
const LEAST_TUPLE_BYTES = 2 + (4 + 2) + 2 * (4 + DIGEST_BYTES) + 4;
const MOST_TUPLES = Math.ceil(WINDOW_BYTES / LEAST_TUPLE_BYTES);
/** Word of the plan that the kernel answers in: the first address behind the tuples. */
const END_WORD = 14;

function rolesOf(layout: ChainLayout): Uint8Array {
  return Uint8Array.from(layout.columns, ({ name, type }) => {
    if (name === layout.indexColumn) return ROLE.index;
    if (name === layout.prevHashColumn) return ROLE.previousHash;
    if (name === layout.keyIdColumn) return ROLE.keyId;
    return type === 'timestamptz' ? ROLE.time : ROLE.plain;
  });
}

/** Each id as its length and its bytes, padded to words. */
function keyIdTable(keyIds: readonly string[]): Buffer {
  return Buffer.concat(
    keyIds.flatMap((id) => {
      const bytes = Buffer.from(id, 'utf8');
      const length = Buffer.alloc(WORD_BYTES);
      length.writeUInt32LE(bytes.length);
      return [length, bytes, Buffer.alloc((WORD_BYTES - (bytes.length % WORD_BYTES)) % WORD_BYTES)];
    }),
  );
}

/** The scan in WebAssembly, in a memory of its own that never grows, so that the window stays where it is. */
export class WasmScanKernel implements ScanKernel {
  readonly window: Buffer;
  private kernel: Sha256Kernel | undefined;
  private readonly origin: number;
  private readonly plan: number;
  private readonly link: Uint8Array;
  private readonly planWords: Uint32Array;
  private readonly hashAddresses: Uint32Array;
  private readonly hashStart = new Uint32Array(MOST_TUPLES);
  private readonly leaves: Uint8Array;

  /** @param keyStates prepared keys in the order of `keyIds` */
  constructor(layout: ChainLayout, keyIds: readonly string[], keyStates: Uint8Array) {
    const kernel = instantiateKernel();
    this.kernel = kernel;
    const roles = rolesOf(layout);
    const ids = keyIdTable(keyIds);
    let next = kernel.heapBase.value;
    const region = (bytes: number): number => {
      const address = Math.ceil(next / ALIGNMENT) * ALIGNMENT;
      next = address + bytes;
      return address;
    };
    this.origin = region(WINDOW_BYTES + OVERREAD_BYTES);
    this.plan = region((END_WORD + 1) * WORD_BYTES);
    const linkAt = region(DIGEST_BYTES);
    const rolesAt = region(roles.length);
    const idsAt = region(ids.length);
    const keysAt = region(keyStates.length);
    const tables = Array.from({ length: 5 }, () => region(MOST_TUPLES * WORD_BYTES));
    const macsAt = region(MOST_TUPLES * DIGEST_BYTES);
    const leavesAt = region(MOST_TUPLES * DIGEST_BYTES);
    kernel.memory.grow(Math.ceil(next / PAGE_BYTES) - kernel.memory.buffer.byteLength / PAGE_BYTES);
    const { buffer } = kernel.memory;
    this.window = Buffer.from(buffer, this.origin, WINDOW_BYTES);
    this.link = new Uint8Array(buffer, linkAt, DIGEST_BYTES);
    this.leaves = new Uint8Array(buffer, leavesAt, MOST_TUPLES * DIGEST_BYTES);
    new Uint8Array(buffer, rolesAt).set(roles);
    new Uint8Array(buffer, idsAt).set(ids);
    new Uint8Array(buffer, keysAt).set(keyStates);
    const indexType = layout.columns.find(({ name }) => name === layout.indexColumn)?.type ?? 'int8';
    const indexBytes = INDEX_BYTES[indexType] ?? 8;
    this.planWords = new Uint32Array(buffer, this.plan, END_WORD + 1);
    this.planWords.set([roles.length, rolesAt, indexBytes, idsAt, keyIds.length, keysAt, MOST_TUPLES]);
    this.planWords.set([...tables, macsAt, leavesAt], 7);
    this.hashAddresses = new Uint32Array(buffer, tables[2], MOST_TUPLES);
  }

  soundRun(
    from: number,
    to: number,
    firstIndex: number,
    link: Uint8Array,
    withLeaves: boolean,
  ): SoundRun | null {
    const { kernel, origin, window } = this;
    if (kernel === undefined) throw engineDisposed('wasm-simd');
    if (from < 0 || to < from || to > window.length) {
      throw new RangeError(`found bytes ${from} to ${to}, allowed within the ${window.length} of the window`);
    }
    if (link.length !== DIGEST_BYTES) return null;
    this.link.set(link);
    const count = kernel.scanTuples(
      this.plan,
      origin + from,
      origin + to,
      firstIndex,
      this.link.byteOffset,
      withLeaves,
    );
    if (count === 0) return null;
    for (let tuple = 0; tuple < count; tuple++) this.hashStart[tuple] = this.hashAddresses[tuple]! - origin;
    const end = this.planWords[END_WORD]! - origin;
    return { count, end, hashStart: this.hashStart, leaves: this.leaves };
  }

  dispose(): void {
    if (this.kernel === undefined) return;
    new Uint8Array(this.kernel.memory.buffer).fill(0);
    this.kernel = undefined;
  }
}

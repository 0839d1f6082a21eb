/** One way to read or verify the chain, run as a process of its own. */
export interface Variant {
  readonly name: string;
  readonly title: string;
  /** File below `programs`, or psql. */
  readonly program: 'psql' | 'drain' | 'verify' | 'cli' | 'naive' | 'cursor' | 'in-sql';
  readonly options: Readonly<Record<string, string | number | boolean>>;
  /** How many of the newest events it reads, of so many; absent for all. */
  readonly newest?: (events: number) => number;
  /** Said in place of a verdict on tampered copies by what reads without checking. */
  readonly checksNothing?: boolean;
  /** Most events that it is run with, and why. */
  readonly limit?: { readonly events: number; readonly reason: string };
  /** Fewest events that it is run with, and why. */
  readonly least?: { readonly events: number; readonly reason: string };
  /** Extension of PostgreSQL that it needs. */
  readonly extension?: string;
}

/** Events of the incremental variants. */
const NEWEST = 10_000;

export const FLOOR = 'floor';
export const VERIFY = 'verify';
export const TWENTIETH = 'twentieth';
export const NO_SIMD = 'no-simd';

/** True for what this program does, which has to find whatever was done to a chain. */
export function isOurs({ program }: Variant): boolean {
  return program === 'verify' || program === 'cli';
}

const NAIVE_LIMIT = { events: 1_000_000, reason: 'it holds the whole chain in memory' };

export const VARIANTS: readonly Variant[] = [
  { name: FLOOR, title: 'psql COPY BINARY to /dev/null', program: 'psql', options: {}, checksNothing: true },
  { name: 'drain', title: 'COPY BINARY through pg', program: 'drain', options: {}, checksNothing: true },
  {
    name: 'copy-streams',
    title: 'COPY BINARY through pg-copy-streams',
    program: 'drain',
    options: { copyStreams: true },
    checksNothing: true,
  },
  {
    name: VERIFY,
    title: 'index, links, HMAC of every event',
    program: 'verify',
    options: { merkle: false },
  },
  {
    name: TWENTIETH,
    title: 'verify of the newest twentieth: does memory grow with the chain',
    program: 'verify',
    options: { merkle: false },
    newest: (events) => events / 20,
    least: { events: 5_000_000, reason: 'memory of a short run is that of the start' },
  },
  { name: 'merkle', title: 'verify and all Merkle roots', program: 'verify', options: { merkle: true } },
  {
    name: 'cli',
    title: 'audit-anchor verify as a user runs it: start, bucket, every anchor and event, report',
    program: 'cli',
    options: {},
  },
  {
    name: 'merkle-2',
    title: 'merkle by two workers',
    program: 'verify',
    options: { merkle: true, workers: 2 },
  },
  {
    name: NO_SIMD,
    title: 'index, links, HMAC without WebAssembly',
    program: 'verify',
    options: { merkle: false, simd: false },
  },
  { name: 'cursor', title: 'cursor rows, createHmac', program: 'cursor', options: {} },
  { name: 'naive', title: 'SELECT all, createHmac', program: 'naive', options: {}, limit: NAIVE_LIMIT },
  {
    name: 'sql',
    title: 'one statement, pgcrypto hmac and lag',
    program: 'in-sql',
    options: { how: 'statement' },
    extension: 'pgcrypto',
  },
  {
    name: 'plpgsql',
    title: 'plpgsql loop, pgcrypto hmac',
    program: 'in-sql',
    options: { how: 'loop' },
    extension: 'pgcrypto',
  },
  {
    name: 'links-only',
    title: 'plpgsql loop, links only (misses content)',
    program: 'in-sql',
    options: { how: 'links' },
  },
  {
    name: 'newest',
    title: `newest ${NEWEST} events, Merkle root included`,
    program: 'verify',
    options: { merkle: true },
    newest: () => NEWEST,
  },
  {
    name: 'newest-cursor',
    title: `newest ${NEWEST} events, cursor rows, createHmac`,
    program: 'cursor',
    options: {},
    newest: () => NEWEST,
  },
];

import fc from 'fast-check';
import type { TupleStream } from '../../../../runtime/application/ports';
import { scanPart } from '../../../../runtime/application/verify/scan-part';
import type { ScanWorkers } from '../../../../runtime/application/verify/scan-parts';
import type { VerificationReport } from '../../../../runtime/domain/findings/report';
import { MAX_PLACES_PER_CODE } from '../../../../runtime/domain/findings/finding-log';
import { UnavailableError } from '../../../../runtime/errors';
import { MemoryAuditLog } from '../../../fakes/memory-audit-log';
import { storeEvent, plainContents } from '../../../support/chain';
import { BUCKET, READING, sizes, TABLE, verify, world } from './worlds';
import type { World } from './worlds';

/** Readers in this thread, each on a view of its own; results cross as the plain data they have to be. */
function workersOn(rows: World['rows'], count: number): ScanWorkers {
  return {
    count,
    start: () => ({
      scan: async (request, listener) => {
        const result = await new MemoryAuditLog(rows).snapshot((snapshot) =>
          scanPart(snapshot, READING, request, listener),
        );
        return JSON.parse(JSON.stringify(result)) as typeof result;
      },
      stop: () => Promise.resolve(),
    }),
  };
}

function inParts(mutated: World, count: number): Promise<VerificationReport> {
  return verify(mutated, { workers: workersOn(mutated.rows, count), eventsPerReader: 1 });
}

const MUTATIONS = Object.entries({ ...TABLE, ...BUCKET });

test.each(MUTATIONS)('the report does not depend on the number of readers: %s', async (_name, mutate) => {
  const count = fc.integer({ min: 2, max: 9 });
  await fc.assert(
    fc.asyncProperty(sizes, count, fc.gen(), async (ranges, readers, generate) => {
      const mutated = world(ranges);
      mutate(mutated, (below) => generate(fc.nat, { max: below - 1 }));
      expect(await inParts(mutated, readers)).toEqual(await verify(mutated));
    }),
    { numRuns: 40 },
  );
});

test('nor after several changes of the table at once', async () => {
  const changes = fc.array(fc.constantFrom(...Object.values(TABLE)), { minLength: 2, maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(sizes, changes, fc.gen(), async (ranges, mutations, generate) => {
      const mutated = world(ranges);
      for (const mutate of mutations) {
        if (mutated.rows.length === 0) break;
        mutate(mutated, (below) => generate(fc.nat, { max: below - 1 }));
      }
      const expected = await verify(mutated);
      for (const readers of [2, 3, 7]) expect(await inParts(mutated, readers)).toEqual(expected);
    }),
    { numRuns: 100 },
  );
});

test('nor where a fault is repeated in more places than are listed', async () => {
  const ranges = Array.from({ length: 12 }, () => 6);
  const mutated = world(ranges);
  mutated.rows.forEach((row, at) => {
    if (at % 2 === 0) mutated.rows[at] = { ...row, hash: Buffer.alloc(32, at + 1) };
  });
  const expected = await verify(mutated);
  const hashes = expected.findings.filter(({ code }) => code === 'EVENT_HASH');
  expect(hashes).toHaveLength(MAX_PLACES_PER_CODE + 1);
  expect(hashes.reduce((sum, { count }) => sum + count, 0)).toBe(36);
  for (let readers = 2; readers <= 12; readers++) expect(await inParts(mutated, readers)).toEqual(expected);
});

test('parts that were removed altogether are one gap, or a chain that was cut off', async () => {
  for (const [from, to] of [
    [0, 12],
    [6, 18],
    [3, 21],
    [12, 30],
    [0, 30],
  ] as const) {
    const mutated = world([6, 6, 6, 6, 6]);
    mutated.rows.splice(from, to - from);
    const expected = await verify(mutated);
    expect(expected.verdict).toBe('tampered');
    for (const readers of [2, 3, 5]) expect(await inParts(mutated, readers)).toEqual(expected);
  }
});

test('a link that is broken exactly between two parts is found there', async () => {
  const mutated = world([5, 5]);
  mutated.rows[5] = storeEvent(6, plainContents(5), Buffer.alloc(32, 9));
  const report = await inParts(mutated, 2);
  expect(report).toEqual(await verify(mutated));
  expect(report.findings).toContainEqual(
    expect.objectContaining({ code: 'EVENT_LINK', place: { kind: 'events', from: 6, to: 7 } }),
  );
});

test('every reader takes its share, and no part is read twice', async () => {
  const { rows, ...rest } = world([4, 4, 4]);
  const read: string[] = [];
  const workers = workersOn(rows, 3);
  const watched: ScanWorkers = {
    count: 3,
    start: (exported, rate) => {
      const scanner = workers.start(exported, rate);
      return {
        ...scanner,
        scan: (request, listener) => {
          read.push(`${request.part.from}-${request.part.to} at ${rate}/s`);
          return scanner.scan(request, listener);
        },
      };
    },
  };
  const report = await verify({ rows, ...rest }, { workers: watched, eventsPerReader: 1, maxRate: 90_000 });
  expect(report).toMatchObject({ verdict: 'verified', coverage: { events: 12, rangeRoots: 3 } });
  expect(read).toHaveLength(2);
  expect(new Set(read).size).toBe(2);
  expect(read.every((part) => part.endsWith('at 30000/s'))).toBe(true);
});

test('a chain that is not worth it is read by one reader', async () => {
  const { rows, ...rest } = world([4, 4]);
  const workers: ScanWorkers = {
    count: 4,
    start: () => {
      throw new Error('no reader was needed');
    },
  };
  expect(await verify({ rows, ...rest }, { workers })).toMatchObject({ verdict: 'verified' });
});

test('a reader that fails leaves nothing verified, and stops the others', async () => {
  const { rows, ...rest } = world([4, 4, 4]);
  let stopped = 0;
  const workers: ScanWorkers = {
    count: 3,
    start: () => ({
      scan: () => Promise.reject(new UnavailableError('WORKER_LOST', 'the reader died')),
      stop: () => {
        stopped += 1;
        return Promise.resolve();
      },
    }),
  };
  const report = await verify({ rows, ...rest }, { workers, eventsPerReader: 1 });
  expect(report).toMatchObject({
    verdict: 'not evaluated',
    contents: 'not evaluated',
    coverage: { events: 0, rangeRoots: 0 },
    findings: [{ code: 'DATABASE_UNREADABLE', message: 'the reader died' }],
  });
  expect(stopped).toBeGreaterThanOrEqual(2);
});

test('what was found before a reader failed stands', async () => {
  // More than the scanner collects before it looks.
  const mutated = world([6_000]);
  mutated.rows[1] = { ...mutated.rows[1]!, hash: Buffer.alloc(32, 7) };
  const whole = new MemoryAuditLog(mutated.rows);
  const auditLog = Object.assign(Object.create(whole) as MemoryAuditLog, {
    snapshot: (use: Parameters<MemoryAuditLog['snapshot']>[0]) =>
      whole.snapshot((snapshot) => use({ ...snapshot, readTuples: () => brokenOff(snapshot.readTuples()) })),
  });
  const report = await verify(mutated, { auditLog });
  expect(report.verdict).toBe('tampered');
  expect(report.findings.map(({ code }) => code)).toEqual([
    'EVENT_HASH',
    'EVENT_LINK',
    'DATABASE_UNREADABLE',
  ]);
});

async function* brokenOff(stream: TupleStream): TupleStream {
  let before: Uint8Array | null = null;
  for await (const chunk of stream) {
    if (before) yield before;
    before = chunk;
  }
  throw new UnavailableError('DB_UNREACHABLE', 'the connection was lost');
}

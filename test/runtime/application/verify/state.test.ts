import fc from 'fast-check';
import { scanPart } from '../../../../runtime/application/verify/scan-part';
import type { StateStore } from '../../../../runtime/application/verify/run-memory';
import type { VerifierOptions, VerifyProgress } from '../../../../runtime/application/verifier';
import { Verifier } from '../../../../runtime/application/verifier';
import { DEFAULTS } from '../../../../runtime/contract';
import type { VerificationReport } from '../../../../runtime/domain/findings/report';
import { ConfigError, UnavailableError } from '../../../../runtime/errors';
import { MemoryAuditLog, RELATION } from '../../../fakes/memory-audit-log';
import { withIdentity } from '../../../fakes/standby';
import { buildChain, CHAIN_ID, plainContents } from '../../../support/chain';
import { without } from '../../../support/without';
import type { World } from './worlds';
import { READING, sizes, TABLE, verify, world } from './worlds';

/** A file in memory; every anchored range is a part of its own. */
class MemoryState implements StateStore {
  readonly name = 'verified.json';
  eventsPerPart = 1;
  text: string | null = null;
  saves = 0;
  onSave: (saves: number) => void = () => undefined;

  load(): Promise<string | null> {
    return Promise.resolve(this.text);
  }

  save(text: string): Promise<void> {
    this.saves += 1;
    this.onSave(this.saves);
    this.text = text;
    return Promise.resolve();
  }
}

/** The table, counting the events that are read from it. */
class CountingAuditLog extends MemoryAuditLog {
  readonly ranges: string[] = [];

  override snapshot<T>(use: Parameters<MemoryAuditLog['snapshot']>[0]): Promise<T> {
    return super.snapshot((snapshot) =>
      use({
        ...snapshot,
        readTuples: (range) => {
          if (!range?.unindexed) this.ranges.push(`${range?.from ?? ''}-${range?.to ?? ''}`);
          return snapshot.readTuples(range);
        },
      }),
    ) as Promise<T>;
  }
}

interface Options {
  readonly scope?: 'full' | 'since-last';
  readonly signal?: AbortSignal;
  readonly auditLog?: NonNullable<VerifierOptions['database']>['auditLog'];
  readonly readers?: number;
  readonly maxRate?: number;
  readonly progress?: VerifyProgress;
}

function verifyWith(
  state: StateStore,
  { rows, store, clock }: World,
  options: Options = {},
): Promise<VerificationReport> {
  const { retentionDays, clockToleranceSeconds, intervalMinutes } = DEFAULTS;
  const { scope = 'full', signal, progress, readers = 1, maxRate = null } = options;
  const { auditLog = new MemoryAuditLog(rows) } = options;
  const workers =
    readers === 1
      ? null
      : {
          count: readers,
          start: () => ({
            scan: (request: Parameters<typeof scanPart>[2], listener: Parameters<typeof scanPart>[3]) =>
              new MemoryAuditLog(rows).snapshot((snapshot) => scanPart(snapshot, READING, request, listener)),
            stop: () => Promise.resolve(),
          }),
        };
  return new Verifier({
    store,
    clock,
    policy: { chainId: CHAIN_ID, retentionDays, clockToleranceSeconds, intervalMinutes },
    database: { auditLog, reading: READING, state, workers, maxRate, eventsPerReader: 1 },
  }).verify({ kind: scope }, progress, signal);
}

/** Runs until so many parts were kept, then is interrupted. */
async function stoppedAfter(
  parts: number,
  state: MemoryState,
  mutated: World,
  readers = 1,
): Promise<VerificationReport> {
  const stop = new AbortController();
  const before = state.saves;
  // The first save only tells whether the file can be written.
  state.onSave = (saves) => (saves - before === parts + 1 ? stop.abort() : undefined);
  try {
    return await verifyWith(state, mutated, { signal: stop.signal, readers });
  } finally {
    state.onSave = () => undefined;
  }
}

async function interrupted(state: MemoryState, whole: World, parts: number): Promise<void> {
  await expect(stoppedAfter(parts, state, whole)).rejects.toThrow(/abort/i);
}

function withoutNotRead(report: VerificationReport): unknown {
  return { ...report, coverage: without(report.coverage, 'notRead') };
}

describe('an interrupted run', () => {
  test('goes on where it was, and says what it did not read again', async () => {
    const whole = world([3, 3, 3, 3]);
    const state = new MemoryState();
    await interrupted(state, whole, 2);
    const auditLog = new CountingAuditLog(whole.rows);
    const report = await verifyWith(state, whole, { auditLog });
    expect(auditLog.ranges).toEqual(['7-9', '10-']);
    expect(withoutNotRead(report)).toEqual(await verify(whole));
    expect(report.coverage).toMatchObject({
      events: 12,
      notRead: [{ from: 1, to: 6, anchors: 2, reason: 'read before the interruption', at: report.startedAt }],
    });
  });

  test.each([
    [null, 1, 1],
    [1_000, 1, 1],
    // Ten seconds are six events, or three for each of two readers.
    [0.6, 1, 2],
    [1_000, 2, 2],
    [0.6, 2, 4],
  ])('under %p events a second, with %d readers, keeps %d parts', async (maxRate, readers, parts) => {
    const state = new MemoryState();
    state.eventsPerPart = 1_000;
    await verifyWith(state, world([3, 3, 3, 3]), { readers, ...(maxRate === null ? {} : { maxRate }) });
    // At first it is tried whether the file can be written.
    expect(state.saves).toBe(parts + 1);
  });

  test('comes to the same findings, whatever was changed before it began', async () => {
    const mutation = fc.constantFrom(...Object.values(TABLE));
    await fc.assert(
      fc.asyncProperty(
        sizes,
        mutation,
        fc.integer({ min: 1, max: 3 }),
        fc.gen(),
        async (ranges, mutate, readers, generate) => {
          const pick = (below: number): number => generate(fc.nat, { max: below - 1 });
          const mutated = world(ranges);
          mutate(mutated, pick);
          const state = new MemoryState();
          for (let attempt = 0; attempt < 3; attempt++) {
            const stop = new AbortController();
            const saves = state.saves + 2;
            state.onSave = (now) => (now === saves ? stop.abort() : undefined);
            await verifyWith(state, mutated, { signal: stop.signal, readers }).catch(() => undefined);
          }
          state.onSave = () => undefined;
          const report = await verifyWith(state, mutated, { readers });
          expect(withoutNotRead(report)).toEqual(await verify(mutated));
        },
      ),
      { numRuns: 150 },
    );
  });

  test('shows how much is left, not how much there is', async () => {
    const whole = world([3, 3, 3, 3]);
    const state = new MemoryState();
    await interrupted(state, whole, 2);
    const seen: [number, number | null][] = [];
    await verifyWith(state, whole, {
      progress: (phase, done, total) => phase === 'events' && seen.push([done, total]),
    });
    expect(seen[seen.length - 1]).toEqual([6, 6]);
  });

  test('that was completed is not resumed', async () => {
    const whole = world([3, 3]);
    const state = new MemoryState();
    await interrupted(state, whole, 1);
    await verifyWith(state, whole);
    const auditLog = new CountingAuditLog(whole.rows);
    const report = await verifyWith(state, whole, { auditLog });
    expect(report.coverage.notRead).toBeUndefined();
    expect(auditLog.ranges).toEqual(['-3', '4-']);
  });
});

describe('tampering that an interrupted run has found', () => {
  const INTERRUPTED = { code: 'INTERRUPTED', severity: 'unproven', place: { kind: 'database' } };

  function altered(): World {
    const whole = world([3, 3, 3, 3]);
    whole.rows[1] = { ...whole.rows[1]!, hash: Buffer.alloc(32, 7) };
    return whole;
  }

  /** A state in which everything was verified before the event was altered. */
  async function verifiedOnce(): Promise<MemoryState> {
    const state = new MemoryState();
    expect(await verifyWith(state, world([3, 3, 3, 3]))).toMatchObject({ verdict: 'verified' });
    return state;
  }

  test.each([1, 2])('is reported, and nothing counts as verified after it (readers: %i)', async (readers) => {
    const state = await verifiedOnce();
    const whole = altered();
    const report = await stoppedAfter(1, state, whole, readers);
    expect(report).toMatchObject({ verdict: 'tampered', contents: 'tampered' });
    expect(report.findings[0]).toMatchObject({ code: 'EVENT_HASH', place: { from: 2, to: 2 } });
    expect(report.findings).toContainEqual(expect.objectContaining(INTERRUPTED));
    expect(await verifyWith(state, whole, { scope: 'since-last' })).toMatchObject({
      verdict: 'tampered',
      coverage: { events: 12 },
    });
  });

  test('is not forgotten when the process was killed right after it kept the part', async () => {
    const state = await verifiedOnce();
    const whole = altered();
    const killed = new MemoryState();
    const before = state.saves;
    // What lies in the file between the first part and the second.
    state.onSave = (saves) => void (saves === before + 3 && (killed.text ??= state.text));
    await verifyWith(state, whole);
    expect(await verifyWith(killed, whole, { scope: 'since-last' })).toMatchObject({
      verdict: 'tampered',
      coverage: { events: 12 },
    });
  });

  test('is named when its parts are not taken up again, although it is gone', async () => {
    const state = await verifiedOnce();
    await stoppedAfter(1, state, altered());
    const report = await verifyWith(state, world([3, 3, 3, 3]), { scope: 'since-last' });
    expect(report).toMatchObject({
      verdict: 'verified',
      coverage: { events: 12 },
      findings: [
        {
          code: 'STATE_DISCARDED',
          message: expect.stringMatching(
            /something else; the interrupted run had found tampering \(.*EVENT_HASH.*\)$/,
          ),
        },
      ],
    });
    expect(report.coverage.notRead).toBeUndefined();
  });

  test('is not lost with the connection of the run that goes on', async () => {
    const state = new MemoryState();
    const whole = altered();
    await stoppedAfter(1, state, whole);
    const auditLog = new MemoryAuditLog(whole.rows);
    auditLog.snapshot = (use) =>
      new MemoryAuditLog(whole.rows).snapshot((snapshot) =>
        use({
          ...snapshot,
          readTuples: () => {
            throw new UnavailableError('DB_UNREACHABLE', 'the connection was lost');
          },
        }),
      );
    const report = await verifyWith(state, whole, { auditLog });
    expect(report.verdict).toBe('tampered');
    expect(report.findings.map(({ code }) => code)).toEqual(
      expect.arrayContaining(['EVENT_HASH', 'DATABASE_UNREADABLE']),
    );
  });

  test('is reported also when it is in the bucket, and the database was not reached', async () => {
    const state = await verifiedOnce();
    const whole = world([3, 3, 3, 3]);
    whole.store.put({ key: `${CHAIN_ID}/foreign` });
    const stop = new AbortController();
    const report = await verifyWith(state, whole, {
      signal: stop.signal,
      progress: (phase) => void (phase === 'anchors' && stop.abort()),
    });
    expect(report).toMatchObject({
      verdict: 'tampered',
      database: null,
      findings: [{ code: 'FOREIGN_OBJECT' }, { ...INTERRUPTED, place: { kind: 'bucket' } }],
    });
  });
});

describe('what was remembered is discarded, with the reason, and everything is read', () => {
  async function afterInterruption(
    change: (whole: World, state: MemoryState) => Options | void,
  ): Promise<{ report: VerificationReport; ranges: readonly string[] }> {
    const whole = world([3, 3, 3]);
    const state = new MemoryState();
    await interrupted(state, whole, 2);
    const options = change(whole, state) ?? {};
    const auditLog = new CountingAuditLog(whole.rows);
    const report = await verifyWith(state, whole, { auditLog, ...options });
    return { report, ranges: auditLog.ranges };
  }

  const discarded = (reason: RegExp): object => ({
    code: 'STATE_DISCARDED',
    severity: 'warning',
    place: { kind: 'file', name: 'verified.json' },
    message: expect.stringMatching(reason),
  });

  test('a state that was edited', async () => {
    const { report, ranges } = await afterInterruption((_whole, state) => {
      state.text = state.text?.replace('"events":3', '"events":4') ?? null;
    });
    expect(report).toMatchObject({ verdict: 'verified', findings: [discarded(/its seal does not fit/)] });
    expect(ranges).toEqual(['-3', '4-6', '7-']);
  });

  test('a run of more than a day ago', async () => {
    const { report, ranges } = await afterInterruption(({ clock }) => clock.advanceMinutes(24 * 60 + 1));
    expect(report.findings).toContainEqual(expect.objectContaining(discarded(/more than 24 hours ago/)));
    expect(ranges).toHaveLength(3);
  });

  test('a run on another database', async () => {
    const { report } = await afterInterruption(({ rows }) => ({
      auditLog: withIdentity(new MemoryAuditLog(rows), { systemId: '8' }),
    }));
    expect(report.findings).toContainEqual(expect.objectContaining(discarded(/another database: system 8/)));
    expect(report.coverage.notRead).toBeUndefined();
  });

  test('a run that saw events which are gone', async () => {
    const { report } = await afterInterruption(({ rows }) => void rows.pop());
    expect(report.verdict).toBe('tampered');
    expect(report.findings).toContainEqual(expect.objectContaining(discarded(/older state of the database/)));
  });

  test('a run whose last event is another one now', async () => {
    const { report, ranges } = await afterInterruption(({ rows }) => {
      rows[8] = { ...rows[8]!, hash: Buffer.alloc(32, 1) };
    });
    expect(report.verdict).toBe('tampered');
    expect(report.findings).toContainEqual(
      expect.objectContaining(discarded(/event 9 is no longer the one/)),
    );
    expect(ranges).toHaveLength(3);
  });

  test('parts under anchors that are not the same', async () => {
    const { report, ranges } = await afterInterruption(({ store }) => {
      store.versions[0]!.versionId = 'another';
    });
    expect(report.findings).toContainEqual(expect.objectContaining(discarded(/lie under other anchors now/)));
    expect(ranges).toEqual(['-3', '7-']);
  });

  test('a run of another scope', async () => {
    const { report } = await afterInterruption(() => ({ scope: 'since-last' }));
    expect(report).toMatchObject({
      scope: 'since-last',
      findings: [discarded(/was to read something else/)],
    });
  });
});

describe('a file that is not ours', () => {
  test.each([
    ['is empty', ''],
    ['is something else', 'export PATH=/usr/bin'],
    ['is another document of ours', JSON.stringify({ kind: 'audit-anchor/plan', format: 1 })],
  ])('%s: it is refused and left as it is', async (_name, text) => {
    const state = new MemoryState();
    state.text = text;
    await expect(verifyWith(state, world([2]))).rejects.toMatchObject({ code: 'FILE_UNUSABLE' });
    expect(state).toMatchObject({ text, saves: 0 });
  });

  test.each([
    ['a newer format', '"format":2', /is a state of format 2: allowed is format 1, which this version/],
    ['no format', '"form":1', /is a state of format null: allowed is format 1/],
  ])('is of %s: nothing is read or saved', async (_name, format, expected) => {
    const state = new MemoryState();
    await verifyWith(state, world([2]));
    const text = (state.text = state.text!.replace('"format":1', format));
    const { saves } = state;
    const auditLog = new CountingAuditLog([]);
    await expect(verifyWith(state, world([2]), { auditLog })).rejects.toMatchObject({
      code: 'FILE_UNUSABLE',
      message: expect.stringMatching(expected),
      hint: expect.stringContaining('move this one away'),
    });
    expect(state).toMatchObject({ text, saves });
    expect(auditLog.ranges).toEqual([]);
  });

  test('is of another chain', async () => {
    const state = new MemoryState();
    await verifyWith(state, world([2]));
    state.text = state.text!.replace(`"chainId":"${CHAIN_ID}"`, '"chainId":"other"');
    await expect(verifyWith(state, world([2]))).rejects.toThrow(/the state of another chain or bucket/);
  });
});

describe('since-last', () => {
  /** The same world at an earlier time: its first anchors, and the events up to the last of them. */
  function earlier(whole: World, anchors: number, events: number): World {
    const early = world(Array.from({ length: anchors }, () => 3));
    early.store.versions.splice(0, anchors, ...whole.store.versions.slice(0, anchors));
    // One time for all: what a run remembers is dated by S3's.
    early.clock.set(new Date(whole.clock.now()).toISOString());
    return { rows: whole.rows.slice(0, events), store: early.store, clock: whole.clock };
  }

  test('reads what was not verified before, and makes no claim for the rest', async () => {
    const whole = world([3, 3, 3, 3]);
    // Its keys are those of the whole: the second half is under another key.
    const early = earlier(whole, 2, 6);
    const state = new MemoryState();
    const first = await verifyWith(state, early, { scope: 'since-last' });
    expect(first).toMatchObject({ verdict: 'verified', scope: 'since-last', coverage: { events: 6 } });
    expect(first.coverage.notRead).toBeUndefined();

    const auditLog = new CountingAuditLog(whole.rows);
    const second = await verifyWith(state, whole, { scope: 'since-last', auditLog });
    expect(auditLog.ranges).toEqual(['7-9', '10-']);
    expect(second).toMatchObject({
      verdict: 'verified',
      scope: 'since-last',
      findings: [],
      coverage: {
        anchors: 4,
        events: 6,
        range: { from: 7, to: 12 },
        notRead: [{ from: 1, to: 6, anchors: 2, reason: 'verified before', at: first.startedAt }],
      },
    });

    const third = await verifyWith(state, whole, { scope: 'since-last' });
    expect(third).toMatchObject({
      verdict: 'verified',
      contents: 'not evaluated',
      coverage: { events: 0, range: null, notRead: [{ from: 1, to: 12, anchors: 4 }] },
    });
  });

  test('cannot see what was changed since in the part it does not read; a full run does, and forgets it', async () => {
    const whole = world([3, 3]);
    const state = new MemoryState();
    await verifyWith(state, whole);
    whole.rows[1] = { ...whole.rows[1]!, hash: Buffer.alloc(32, 7) };
    expect(await verifyWith(state, whole, { scope: 'since-last' })).toMatchObject({
      verdict: 'verified',
      scope: 'since-last',
      coverage: { notRead: [{ from: 1, to: 6 }] },
    });
    expect(await verifyWith(state, whole)).toMatchObject({ verdict: 'tampered', scope: 'full' });
    expect(await verifyWith(state, whole, { scope: 'since-last' })).toMatchObject({
      verdict: 'tampered',
      coverage: { events: 6 },
    });
  });

  test.each([
    ['cut off before its beginning', (rows: World['rows']) => void rows.splice(4), 'CHAIN_TRUNCATED'],
    [
      'rewritten where it begins',
      (rows: World['rows']) => void (rows[5] = { ...rows[5]!, hash: Buffer.alloc(32, 7) }),
      'ANCHORED_HASH',
    ],
  ])('a chain that was %s is tampered', async (_name, change, code) => {
    const whole = world([3, 3]);
    const state = new MemoryState();
    await verifyWith(state, whole);
    change(whole.rows);
    const report = await verifyWith(state, whole, { scope: 'since-last' });
    expect(report.verdict).toBe('tampered');
    expect(report.findings.map((found) => found.code)).toContain(code);
  });

  test('events that do not continue what was verified are found', async () => {
    const whole = world([3, 3]);
    const state = new MemoryState();
    await verifyWith(state, whole);
    whole.rows.push(...buildChain([plainContents(6), plainContents(7)], 7, Buffer.alloc(32, 5)));
    const report = await verifyWith(state, whole, { scope: 'since-last' });
    expect(report.findings).toMatchObject([{ code: 'EVENT_LINK', place: { from: 7, to: 7 } }]);
  });

  test.each<[string, (whole: World) => Options | void, RegExp]>([
    [
      'in another database',
      ({ rows }) => ({ auditLog: withIdentity(new MemoryAuditLog(rows), { timeline: 2 }) }),
      /in another database/,
    ],
    [
      'in another table of the same name',
      ({ rows }) => ({ auditLog: new MemoryAuditLog(rows, { ...RELATION, oid: 16_999 }) }),
      /in another database or table/,
    ],
    [
      'up to another version of its anchor',
      ({ store }) => void (store.versions[1]!.versionId = 'another'),
      /not in the bucket as it was/,
    ],
  ])('what was verified %s does not count', async (_name, change, reason) => {
    const whole = world([3, 3]);
    const state = new MemoryState();
    await verifyWith(state, whole);
    const report = await verifyWith(state, whole, { scope: 'since-last', ...change(whole) });
    expect(report.coverage).toMatchObject({ events: 6 });
    expect(report.coverage.notRead).toBeUndefined();
    expect(report.findings).toContainEqual(
      expect.objectContaining({ code: 'STATE_DISCARDED', message: expect.stringMatching(reason) }),
    );
  });

  test.each([
    ['more than a week ago', 7 * 24 * 60 + 1],
    ['in the future', -1],
  ])('what was verified %s does not count: an older file may have been put back', async (_name, minutes) => {
    const whole = world([3, 3]);
    const state = new MemoryState();
    await verifyWith(state, whole);
    whole.rows[1] = { ...whole.rows[1]!, hash: Buffer.alloc(32, 7) };
    whole.clock.advanceMinutes(minutes);
    const report = await verifyWith(state, whole, { scope: 'since-last' });
    expect(report).toMatchObject({ verdict: 'tampered', coverage: { events: 6 } });
    expect(report.findings).toContainEqual(
      expect.objectContaining({
        code: 'STATE_DISCARDED',
        message: expect.stringMatching(
          /the oldest of it was read at 2030-.*, which is in the future or more than 168 hours ago/,
        ),
      }),
    );
  });

  test("S3's time, which is known to a second, may go back by less than that between two runs", async () => {
    const whole = world([3, 3]);
    const state = new MemoryState();
    const first = await verifyWith(state, whole);
    whole.clock.advance(-999);
    const report = await verifyWith(state, whole, { scope: 'since-last' });
    expect(report).toMatchObject({ findings: [], coverage: { notRead: [{ at: first.startedAt }] } });
  });

  test('a stretch is as old as the oldest reading in it, however often it was skipped since', async () => {
    const whole = world([3, 3, 3, 3]);
    const early = earlier(whole, 2, 6);
    const state = new MemoryState();
    const first = await verifyWith(state, early);
    whole.rows[1] = { ...whole.rows[1]!, hash: Buffer.alloc(32, 7) };
    for (let day = 3; day <= 6; day += 3) {
      whole.clock.advanceMinutes(3 * 24 * 60);
      const skipping = await verifyWith(state, whole, { scope: 'since-last' });
      expect(skipping).toMatchObject({
        verdict: 'verified',
        coverage: { notRead: [{ from: 1, to: day === 3 ? 6 : 12, at: first.startedAt }] },
      });
    }
    whole.clock.advanceMinutes(24 * 60 + 1);
    const report = await verifyWith(state, whole, { scope: 'since-last' });
    expect(report).toMatchObject({ verdict: 'tampered', coverage: { events: 12 } });
    expect(report.findings).toContainEqual(
      expect.objectContaining({
        code: 'STATE_DISCARDED',
        message: expect.stringContaining(`the oldest of it was read at ${first.startedAt}`),
      }),
    );
  });

  test('what an interrupted run had read counts from the begin of that run', async () => {
    const whole = world([3, 3, 3]);
    const state = new MemoryState();
    const began = new Date(whole.clock.now()).toISOString();
    await interrupted(state, whole, 2);
    whole.clock.advanceMinutes(20 * 60);
    expect(await verifyWith(state, whole)).toMatchObject({ verdict: 'verified' });
    expect(await verifyWith(state, whole, { scope: 'since-last' })).toMatchObject({
      coverage: { notRead: [{ from: 1, to: 9, reason: 'verified before', at: began }] },
    });
  });

  test('needs a state', async () => {
    const { store, clock, rows } = world([2]);
    const { retentionDays, clockToleranceSeconds, intervalMinutes } = DEFAULTS;
    const verifier = new Verifier({
      store,
      clock,
      policy: { chainId: CHAIN_ID, retentionDays, clockToleranceSeconds, intervalMinutes },
      database: { auditLog: new MemoryAuditLog(rows), reading: READING },
    });
    await expect(verifier.verify({ kind: 'since-last' })).rejects.toMatchObject({ code: 'USAGE' });
  });
});

describe('a state that cannot be written', () => {
  test('stops the run before it begins', async () => {
    const state = new MemoryState();
    state.onSave = () => {
      throw new ConfigError('FILE_UNUSABLE', 'no space');
    };
    await expect(verifyWith(state, world([2]))).rejects.toMatchObject({ code: 'FILE_UNUSABLE' });
  });

  test('because the disk is full is a warning: everything is looked at all the same', async () => {
    const state = new MemoryState();
    state.onSave = () => {
      throw new UnavailableError('FILE_NOT_WRITTEN', 'cannot be written (ENOSPC)', { hint: 'Free space.' });
    };
    const told = [
      expect.objectContaining({
        code: 'STATE_DISCARDED',
        message: expect.stringMatching(/ENOSPC.*Free space\./) as string,
      }) as object,
    ];
    const warnings = ({ findings }: VerificationReport): unknown[] =>
      findings.filter(({ code }) => code === 'STATE_DISCARDED');
    // Written at the beginning, with each part and at the end; told once.
    const sound = await verifyWith(state, world([2]));
    expect(sound).toMatchObject({ verdict: 'verified', coverage: { events: 2 } });
    expect(warnings(sound)).toEqual(told);
    const whole = world([3, 3]);
    whole.rows[1] = { ...whole.rows[1]!, hash: Buffer.alloc(32, 7) };
    const forged = await verifyWith(state, whole);
    expect(forged.verdict).toBe('tampered');
    expect(warnings(forged)).toEqual(told);
  });

  test('is a warning once it has begun, and hides nothing that was found', async () => {
    const whole = world([3, 3]);
    whole.rows[1] = { ...whole.rows[1]!, hash: Buffer.alloc(32, 7) };
    const state = new MemoryState();
    state.onSave = (saves) => {
      if (saves > 1) throw new ConfigError('FILE_UNUSABLE', 'no space');
    };
    const report = await verifyWith(state, whole);
    expect(report.verdict).toBe('tampered');
    expect(report.findings).toContainEqual(
      expect.objectContaining({ code: 'STATE_DISCARDED', message: expect.stringContaining('no space') }),
    );
  });
});

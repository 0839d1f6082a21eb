import type { NamedPart } from '../../../../runtime/application/shards/part-problems';
import type { ShardPlan } from '../../../../runtime/domain/sharding/plan';
import { MemoryAuditLog } from '../../../fakes/memory-audit-log';
import { withIdentity } from '../../../fakes/standby';
import type { StoredEvent } from '../../../support/chain';
import { buildChain, plainContents } from '../../../support/chain';
import type { World } from '../verify/worlds';
import { verify, world } from '../verify/worlds';
import { everyShard, merge, plan, shard } from './sharded';

/** What becomes of a plan when database, bucket or clock go on without it. */

const DAY = 24 * 60;

/** Reads the shards named before the change, the others after it. */
async function aroundChange(
  whole: World,
  planned: ShardPlan,
  before: readonly number[],
  change: () => void,
): Promise<NamedPart[]> {
  const early = await everyShard(whole, planned, before);
  change();
  const late = planned.shards.map(({ number }) => number).filter((number) => !before.includes(number));
  return [...early, ...(await everyShard(whole, planned, late))];
}

function rewritten(row: StoredEvent | undefined): StoredEvent {
  if (!row) throw new Error('there is no such row');
  return { ...row, hash: Buffer.alloc(32, 7) };
}

/** Rows with another index, in the columns too, as an UPDATE would leave them. */
function reindex(rows: readonly StoredEvent[], by: number): void {
  for (const row of rows) {
    const message = Buffer.from(row.message);
    message.writeBigInt64BE(BigInt(row.index + by), 4);
    Object.assign(row, { index: row.index + by, message });
  }
}

/** Two anchored ranges of three events, and three events behind them. */
function withTail(): World {
  const whole = world([3, 3, 3]);
  whole.store.versions.splice(2);
  return whole;
}

describe('time', () => {
  test('a complete set does not count for ever', async () => {
    const whole = world([3, 3]);
    const planned = await plan(whole, 2);
    const parts = await everyShard(whole, planned);
    whole.clock.advanceMinutes(DAY);
    expect(await merge(whole, planned, parts)).toMatchObject({ verdict: 'verified' });
    // Whatever happens to the database from here on is not in these parts.
    whole.clock.advanceMinutes(1);
    await expect(merge(whole, planned, parts)).rejects.toMatchObject({
      code: 'PARTS_REFUSED',
      message: expect.stringMatching(
        /the plan is stale: it is of 2030-.*Z, more than 24 hours ago\n.*part-1.json is stale: it is of 2030-/,
      ) as string,
    });
    expect(await merge(whole, planned, parts, { maxAgeHours: 25 })).toMatchObject({ verdict: 'verified' });
  });

  test('a shard of an expired plan is not read', async () => {
    const whole = world([3, 3]);
    const planned = await plan(whole, 2);
    whole.clock.advanceMinutes(DAY + 1);
    await expect(shard(whole, planned, 1)).rejects.toMatchObject({
      code: 'FILE_UNUSABLE',
      message: expect.stringContaining('the plan is stale: it is of ') as string,
      hint: 'Begin with a new plan, in a new place.',
    });
    expect(await shard(whole, planned, 1, { maxAgeHours: 25 })).toMatchObject({ number: 1 });
  });

  test('a set of the future is refused, clocks that differ a little are not', async () => {
    const whole = world([3, 3]);
    const planned = await plan(whole, 2);
    const parts = await everyShard(whole, planned);
    whole.clock.advanceMinutes(-5);
    await expect(merge(whole, planned, parts)).resolves.toMatchObject({ scope: 'full' });
    whole.clock.advance(-1);
    await expect(merge(whole, planned, parts)).rejects.toThrow(
      /the plan is stale: it lies in the future.*\n.*part-1.json is stale: it lies in the future/s,
    );
    await expect(shard(whole, planned, 1)).rejects.toThrow('the plan is stale: it lies in the future');
  });

  test.each(['startedAt', 'finishedAt'] as const)('a part whose %s is of another time', async (name) => {
    const whole = world([3, 3]);
    const planned = await plan(whole, 2);
    const [first, second] = await everyShard(whole, planned);
    const of = (at: string): NamedPart => ({ ...first!, report: { ...first!.report, [name]: at } });
    for (const at of ['2031-01-01T00:00:00.000Z', '2029-01-01T00:00:00.000Z', 'yesterday']) {
      await expect(merge(whole, planned, [of(at), second!])).rejects.toThrow('part-1.json is stale: it ');
    }
  });
});

describe('anchors that came after the plan', () => {
  test('are not what events were held against: without others nothing is proven', async () => {
    const whole = world([3, 3]);
    const later = whole.store.versions.splice(0);
    const planned = await plan(whole, 2);
    const parts = await everyShard(whole, planned);
    whole.store.versions.push(...later);
    expect(await merge(whole, planned, parts)).toMatchObject({
      verdict: 'not evaluated',
      findings: [
        { code: 'NO_ANCHORS', message: expect.stringContaining('no event was held against') as string },
      ],
      coverage: { anchors: 2, anchoredHashes: 0, rangeRoots: 0 },
    });
  });

  test('nor is an anchor over no event', async () => {
    const whole = world([0, 3]);
    const later = whole.store.versions.splice(1);
    const planned = await plan(whole, 2);
    const parts = await everyShard(whole, planned);
    whole.store.versions.push(...later);
    expect(await merge(whole, planned, parts)).toMatchObject({
      verdict: 'not evaluated',
      findings: [{ code: 'NO_ANCHORS' }],
    });
  });
});

describe('a chain that was cut off after the plan', () => {
  test.each([
    ['before any shard was read', []],
    ['while shards were read', [1, 2]],
    ['and the shards behind the cut were read before', [2, 3]],
  ])('%s: anchored events are gone, and that is tampering', async (_name, before) => {
    const whole = world([3, 3, 3]);
    const planned = await plan(whole, 3);
    const parts = await aroundChange(whole, planned, before, () => whole.rows.splice(4));
    const late = parts.filter(({ report }) => !before.includes(report.number));
    expect(late.length).toBeGreaterThan(0);
    for (const { report } of late) {
      expect(report.contradiction).toMatchObject({
        code: 'CHAIN_TRUNCATED',
        place: { from: 5, to: 9 },
        actual: 'the last event is 4',
      });
    }
    const report = await merge(whole, planned, parts);
    expect(report.verdict).toBe('tampered');
    const cuts = report.findings.filter(({ code }) => code === 'CHAIN_TRUNCATED');
    expect(cuts).toContainEqual(expect.objectContaining({ place: { kind: 'events', from: 5, to: 9 } }));
  });

  test('to nothing', async () => {
    const whole = world([3, 3]);
    const planned = await plan(whole, 2);
    const parts = await aroundChange(whole, planned, [], () => whole.rows.splice(0));
    const { verdict, findings } = await merge(whole, planned, parts);
    expect(verdict).toBe('tampered');
    expect(findings.filter(({ code }) => code === 'CHAIN_TRUNCATED')).toMatchObject([
      { place: { from: 1, to: 6 }, actual: 'no event' },
    ]);
  });

  test('in its tail only: it is another state, and nothing is proven', async () => {
    const whole = withTail();
    const planned = await plan(whole, 2);
    whole.rows.splice(7);
    await expect(shard(whole, planned, 1)).rejects.toMatchObject({
      code: 'SHARD_REFUSED',
      message: expect.stringContaining('the last event was 7, not 9 or later') as string,
    });
  });

  test('as it seems on a standby that lags: it has yet to come', async () => {
    const whole = world([3, 3]);
    const planned = await plan(whole, 2);
    const lagging = (events: number): object => ({
      auditLog: withIdentity(new MemoryAuditLog(whole.rows.slice(0, events)), { standby: true, lsn: '0/1' }),
    });
    await expect(shard(whole, planned, 1, lagging(2))).rejects.toMatchObject({ code: 'STANDBY_BEHIND' });
    await expect(shard(whole, planned, 2, lagging(4))).rejects.toMatchObject({ code: 'STANDBY_BEHIND' });
    await expect(shard(whole, planned, 1, lagging(4))).rejects.toMatchObject({ code: 'SHARD_REFUSED' });
  });

  test('in another database: that is where it is different', async () => {
    const whole = world([3, 3]);
    const planned = await plan(whole, 2);
    const auditLog = withIdentity(new MemoryAuditLog(whole.rows.slice(0, 2)), { timeline: 2 });
    await expect(shard(whole, planned, 1, { auditLog })).rejects.toMatchObject({
      code: 'SHARD_REFUSED',
      message: expect.stringContaining('it is of another database') as string,
    });
  });
});

describe('the last event that the planner saw', () => {
  test('has to be the same for every shard', async () => {
    const whole = withTail();
    const planned = await plan(whole, 2);
    whole.rows[8] = rewritten(whole.rows[8]);
    await expect(shard(whole, planned, 1)).rejects.toMatchObject({
      code: 'SHARD_REFUSED',
      message: expect.stringContaining('event 9 is no longer the one that the planner saw last') as string,
    });
  });

  test('has to be the same although others have followed', async () => {
    const whole = withTail();
    const planned = await plan(whole, 2);
    whole.rows[8] = rewritten(whole.rows[8]);
    whole.rows.push(...buildChain([plainContents(9)], 10, whole.rows[8].hash));
    await expect(shard(whole, planned, 1)).rejects.toMatchObject({ code: 'SHARD_REFUSED' });
  });

  test('may have changed: what a shard finds all the same is told', async () => {
    const whole = withTail();
    const planned = await plan(whole, 2);
    whole.rows[1] = rewritten(whole.rows[1]);
    whole.rows[8] = rewritten(whole.rows[8]);
    const parts = await everyShard(whole, planned);
    const why = 'event 9 is no longer the one that the planner saw last';
    expect(parts.map(({ report }) => [report.unfit, report.contradiction])).toEqual([
      [why, null],
      [why, null],
    ]);
    for (const some of [parts, parts.slice(0, 1), parts.slice(1)]) {
      const { verdict, findings } = await merge(whole, planned, some);
      expect(verdict).toBe('tampered');
      expect(findings.map(({ code }) => code)).toEqual(
        expect.arrayContaining(['EVENT_HASH', 'DATABASE_UNREADABLE']),
      );
      expect(findings.find(({ code }) => code === 'DATABASE_UNREADABLE')?.message).toContain(
        `is incomplete: ${why}`,
      );
    }
  });

  test.each([
    ['every index from 4 on moved up by one', (rows: StoredEvent[]) => reindex(rows.slice(3), 1)],
    ['every index moved down by one', (rows: StoredEvent[]) => reindex(rows, -1)],
    ['the head moved to the highest index', (rows: StoredEvent[]) => reindex(rows.slice(8), 2 ** 53 - 10)],
  ])('%s: tampered, as without shards', async (_name, change) => {
    const whole = withTail();
    const planned = await plan(whole, 2);
    change(whole.rows);
    expect(await verify(whole)).toMatchObject({ verdict: 'tampered' });
    const parts: NamedPart[] = [];
    for (const { number } of planned.shards) {
      const report = await shard(whole, planned, number).catch((error: unknown) => {
        expect(error).toMatchObject({ code: 'SHARD_REFUSED' });
        return null;
      });
      if (report) parts.push({ name: `part-${number}.json`, report });
    }
    expect(await merge(whole, planned, parts)).toMatchObject({ verdict: 'tampered' });
  });

  test.each([
    ['replaced', (whole: World) => void (whole.rows[5] = rewritten(whole.rows[5])), 'ANCHORED_HASH'],
    [
      'removed from before others',
      (whole: World) => {
        const [last] = whole.rows.splice(5);
        whole.rows.push(...buildChain([plainContents(6)], 7, last!.hash));
      },
      'EVENT_MISSING',
    ],
  ])('and was %s although it is anchored: that is tampering', async (_name, change, code) => {
    const whole = world([3, 3]);
    const planned = await plan(whole, 2);
    const parts = await aroundChange(whole, planned, [2], () => change(whole));
    expect(parts.map(({ report }) => report.contradiction?.code ?? null)).toEqual([null, code]);
    const { verdict, findings } = await merge(whole, planned, parts);
    expect(verdict).toBe('tampered');
    expect(findings).toContainEqual(
      expect.objectContaining({ code, place: { kind: 'events', from: 6, to: 6 } }),
    );
  });

  test('is told once, however many shards have seen that it was replaced', async () => {
    const whole = world([3, 3, 3]);
    const planned = await plan(whole, 3);
    const parts = await aroundChange(
      whole,
      planned,
      [],
      () => void (whole.rows[8] = rewritten(whole.rows[8])),
    );
    expect(parts.every(({ report }) => report.contradiction?.code === 'ANCHORED_HASH')).toBe(true);
    const { findings } = await merge(whole, planned, parts);
    expect(findings.filter(({ code }) => code === 'ANCHORED_HASH')).toHaveLength(1);
  });

  test('of parts that saw the same index has to be the same', async () => {
    const whole = withTail();
    const planned = await plan(whole, 2);
    const [first, second] = await everyShard(whole, planned);
    const of = (part: NamedPart | undefined, index: number, hash: string): NamedPart => {
      const { name, report } = part!;
      return { name, report: { ...report, snapshot: { ...report.snapshot, head: { index, hash } } } };
    };
    const [one, other] = ['11'.repeat(32), '22'.repeat(32)];
    await expect(merge(whole, planned, [of(first, 9, one), second!])).rejects.toThrow(
      'part-1.json is stale: event 9 is no longer the one that the planner saw last',
    );
    await expect(merge(whole, planned, [of(first, 12, one), of(second, 12, other)])).rejects.toThrow(
      'part-2.json is stale: event 12 is no longer the one that part-1.json saw last',
    );
    expect(await merge(whole, planned, [of(first, 12, one), of(second, 12, one)])).toMatchObject({
      verdict: 'verified',
    });
  });
});

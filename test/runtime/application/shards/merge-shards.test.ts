import fc from 'fast-check';
import type { NamedPart } from '../../../../runtime/application/shards/part-problems';
import { planShards } from '../../../../runtime/application/shards/plan-shards';
import { DEFAULTS } from '../../../../runtime/contract';
import { sha256 } from '../../../../runtime/domain/digests';
import type { VerificationReport } from '../../../../runtime/domain/findings/report';
import { MemoryAuditLog, RELATION } from '../../../fakes/memory-audit-log';
import { withIdentity } from '../../../fakes/standby';
import { CHAIN_ID } from '../../../support/chain';
import type { World } from '../verify/worlds';
import { BUCKET, READING, sizes, TABLE, verify, world } from '../verify/worlds';
import { everyShard, merge, plan, shard } from './sharded';

/** A shard whose process died before it was done has left nothing, and is read again. */
async function withDeaths(
  mutated: World,
  planned: Awaited<ReturnType<typeof plan>>,
  pick: (below: number) => number,
): Promise<NamedPart[]> {
  const parts: NamedPart[] = [];
  for (const { number } of planned.shards) {
    if (pick(3) === 0) {
      await expect(shard(mutated, planned, number, { signal: AbortSignal.abort() })).rejects.toThrow(
        /abort/i,
      );
    }
    parts.splice(pick(parts.length + 1), 0, {
      name: `part-${number}.json`,
      report: await shard(mutated, planned, number),
    });
  }
  return parts;
}

async function inShards(
  mutated: World,
  count: number,
  pick: (below: number) => number,
): Promise<VerificationReport> {
  const planned = await plan(mutated, count);
  expect(planned.shards.length).toBeLessThanOrEqual(count);
  return merge(mutated, planned, await withDeaths(mutated, planned, pick));
}

describe('the report is that of the unsharded run', () => {
  test.each(Object.entries({ ...TABLE, ...BUCKET }))('%s', async (_name, mutate) => {
    const count = fc.integer({ min: 1, max: 64 });
    await fc.assert(
      fc.asyncProperty(sizes, count, fc.gen(), async (ranges, shards, generate) => {
        const pick = (below: number): number => generate(fc.nat, { max: below - 1 });
        const mutated = world(ranges);
        mutate(mutated, pick);
        expect(await inShards(mutated, shards, pick)).toEqual(await verify(mutated));
      }),
      { numRuns: 40 },
    );
  });

  test('for every number of shards from 1 to 64, untouched and after several changes', async () => {
    const ranges = Array.from({ length: 70 }, (_, at) => 1 + (at % 4));
    const mutations = Object.values(TABLE);
    for (let count = 1; count <= 64; count++) {
      const honest = world(ranges);
      const pick = (below: number): number => (count * 7919) % below;
      expect(await inShards(honest, count, pick)).toMatchObject({ verdict: 'verified', findings: [] });
      for (const at of [0, 3, 5]) mutations[(count + at) % mutations.length]!(honest, pick);
      expect(await inShards(honest, count, pick)).toEqual(await verify(honest));
    }
  });

  test('where the first anchor says to begin with event 0', async () => {
    const forged = world([2, 2]);
    const first = forged.store.versions[0]! as { bytes: Uint8Array; checksumSha256: string | null };
    const body = Buffer.from(first.bytes).toString('utf8').replace('"first_seq":1,', '"first_seq":0,');
    expect(body).toContain('"first_seq":0,');
    first.bytes = Buffer.from(body);
    first.checksumSha256 = sha256(first.bytes).toString('hex');
    for (const count of [1, 2]) {
      expect(await inShards(forged, count, () => 1)).toEqual(await verify(forged));
    }
  });

  test('without an anchor, and without an event', async () => {
    const bare = world([3]);
    bare.store.versions.splice(0);
    expect(await inShards(bare, 8, () => 0)).toEqual(await verify(bare));
    const empty = world([3, 2]);
    empty.rows.splice(0);
    expect(await inShards(empty, 8, () => 0)).toEqual(await verify(empty));
  });
});

test('anchors that were written since the plan are named as not compared', async () => {
  const whole = world([3, 3, 3]);
  const later = whole.store.versions.splice(2);
  const planned = await plan(whole, 2);
  const parts = await everyShard(whole, planned);
  whole.store.versions.push(...later);
  const report = await merge(whole, planned, parts);
  expect(report).toMatchObject({
    verdict: 'verified',
    newestAnchor: { anchorSeq: 2 },
    tail: { events: 3, fromIndex: 7 },
    coverage: {
      anchors: 3,
      events: 9,
      rangeRoots: 2,
      notRead: [{ from: 7, to: 9, anchors: 1, reason: 'anchored after the plan', at: planned.createdAt }],
    },
  });
});

describe('a plan', () => {
  test('has shards of about the same size, divided at anchors', async () => {
    const planned = await plan(world(Array.from({ length: 30 }, () => 4)), 5);
    expect(planned.shards.map(({ number, from, to, events }) => [number, from, to, events])).toEqual([
      [1, null, 24, 24],
      [2, 25, 48, 24],
      [3, 49, 72, 24],
      [4, 73, 96, 24],
      [5, 97, null, 24],
    ]);
  });

  test('has fewer shards when there are fewer anchors', async () => {
    expect((await plan(world([5, 5, 5]), 64)).shards).toHaveLength(3);
  });

  test('shows what is wrong in the bucket already', async () => {
    const { rows, store, clock } = world([3, 3]);
    store.versions[0]!.lock = null;
    const { retentionDays, clockToleranceSeconds, intervalMinutes } = DEFAULTS;
    const policy = { chainId: CHAIN_ID, retentionDays, clockToleranceSeconds, intervalMinutes };
    const made = await planShards(
      { store, clock, policy, auditLog: new MemoryAuditLog(rows), reading: READING },
      2,
    );
    expect(made.findings).toMatchObject([{ code: 'ANCHOR_NOT_LOCKED' }]);
  });

  test('is not made from a standby that lags behind the newest anchor', async () => {
    const { rows, store, clock } = world([3, 3]);
    const { retentionDays, clockToleranceSeconds, intervalMinutes } = DEFAULTS;
    const policy = { chainId: CHAIN_ID, retentionDays, clockToleranceSeconds, intervalMinutes };
    const auditLog = withIdentity(new MemoryAuditLog(rows.slice(0, 3)), { standby: true, lsn: '0/1' });
    await expect(planShards({ store, clock, policy, auditLog, reading: READING }, 2)).rejects.toMatchObject({
      code: 'STANDBY_BEHIND',
    });
  });
});

describe('refused, each by name', () => {
  test('a missing part', async () => {
    const whole = world([3, 3, 3]);
    const planned = await plan(whole, 3);
    const [first, , third] = await everyShard(whole, planned);
    await expect(merge(whole, planned, [first!, third!])).rejects.toMatchObject({
      code: 'PARTS_REFUSED',
      message: expect.stringContaining('shard 2 of the plan missing'),
    });
    await expect(merge(whole, planned, [])).rejects.toThrow('shards 1, 2, 3 of the plan missing');
  });

  test('two parts of one shard', async () => {
    const whole = world([3, 3]);
    const planned = await plan(whole, 2);
    const parts = await everyShard(whole, planned);
    const again = { name: 'again.json', report: parts[0]!.report };
    await expect(merge(whole, planned, [...parts, again])).rejects.toThrow(
      'again.json and part-1.json overlap: both are of shard 1',
    );
  });

  test('a part of another plan', async () => {
    const whole = world([3, 3]);
    const planned = await plan(whole, 2);
    const parts = await everyShard(whole, planned);
    whole.clock.advanceMinutes(1);
    const other = await plan(whole, 2);
    await expect(merge(whole, other, parts)).rejects.toThrow(
      /part-1.json is foreign: it follows another plan\n.*part-2.json is foreign.*\n.*shards 1, 2 of the plan missing/s,
    );
  });

  test.each([
    ['of another database', { systemId: '8' }, /stale: it is of another database/],
    ['of another timeline', { timeline: 2 }, /stale: it is of another database/],
    [
      'of an older state',
      { head: { index: 2, hash: '' } },
      /stale: it is of an older state of the database: the last event was 2, not 6 or later/,
    ],
    [
      'of another table of the same name',
      { relation: { ...RELATION, oid: 16_999 } },
      /stale: it is of another table: public.audit_events \(oid 16999\), not public.audit_events \(oid 16384\)/,
    ],
  ])('a part %s', async (_name, changes, expected) => {
    const whole = world([3, 3]);
    const planned = await plan(whole, 2);
    const [first, second] = await everyShard(whole, planned);
    const { report } = first!;
    const stale = { ...first!, report: { ...report, snapshot: { ...report.snapshot, ...changes } } };
    await expect(merge(whole, planned, [stale, second!])).rejects.toThrow(expected);
  });

  test('a part with other bounds', async () => {
    const whole = world([3, 3]);
    const planned = await plan(whole, 2);
    const [first, second] = await everyShard(whole, planned);
    const result = { ...first!.report.result, to: 2 };
    await expect(
      merge(whole, planned, [{ ...first!, report: { ...first!.report, result } }, second!]),
    ).rejects.toThrow('part-1.json is foreign: it does not have the bounds of shard 1');
  });

  test('files that are no parts', async () => {
    const whole = world([3]);
    const planned = await plan(whole, 1);
    await expect(
      merge(whole, planned, await everyShard(whole, planned), { problems: ['x.json is no part'] }),
    ).rejects.toThrow('x.json is no part');
  });

  test('a plan that was made from other anchors than the bucket holds', async () => {
    const whole = world([3, 3, 3]);
    const planned = await plan(whole, 3);
    const parts = await everyShard(whole, planned);
    const forged = {
      ...planned,
      shards: planned.shards.map((each) => ({
        ...each,
        checkpoints: each.checkpoints.map((checkpoint) => ({ ...checkpoint, merkleRoot: 'a'.repeat(64) })),
      })),
    };
    const renamed = await everyShard(whole, forged);
    expect(parts).toHaveLength(renamed.length);
    await expect(merge(whole, forged, renamed)).rejects.toThrow(
      /the plan is stale: the anchors in the bucket/,
    );
  });

  test('but tampering in the bucket is reported even then', async () => {
    const whole = world([3, 3, 3]);
    const planned = await plan(whole, 3);
    whole.store.versions.splice(1, 1);
    const report = await merge(whole, planned, await everyShard(whole, planned));
    expect(report.verdict).toBe('tampered');
    expect(report.findings.map(({ code }) => code)).toEqual(
      expect.arrayContaining(['ANCHOR_MISSING', 'DATABASE_UNREADABLE']),
    );
    expect(report.contents).toBe('not evaluated');
  });

  describe('but tampering that a sound part has found is reported even when', () => {
    const forged = async () => {
      const whole = world([3, 3, 3]);
      whole.rows[1] = { ...whole.rows[1]!, hash: Buffer.alloc(32, 7) };
      const planned = await plan(whole, 3);
      const [first, second, third] = await everyShard(whole, planned);
      return { whole, planned, first: first!, second: second!, third: third! };
    };

    test('another part is missing', async () => {
      const { whole, planned, first, second, third } = await forged();
      const report = await merge(whole, planned, [first, third]);
      expect(report.verdict).toBe('tampered');
      expect(report.findings).toContainEqual(
        expect.objectContaining({ message: 'the parts cannot be merged: shard 2 of the plan missing' }),
      );
      expect(report.findings.map(({ code }) => code)).toEqual(
        expect.arrayContaining(['EVENT_HASH', 'RANGE_ROOT', 'DATABASE_UNREADABLE']),
      );
      expect(report.contents).toBe('tampered');
      await expect(merge(whole, planned, [second, third])).rejects.toMatchObject({ code: 'PARTS_REFUSED' });
    });

    test('the part was copied, or another of its shard says that nothing is wrong', async () => {
      const { whole, planned, first, second, third } = await forged();
      const copy = { name: 'again.json', report: first.report };
      const quiet = {
        name: 'quiet.json',
        report: { ...first.report, result: { ...first.report.result, findings: [] } },
      };
      for (const parts of [
        [first, copy, second, third],
        [first, quiet, second, third],
        [quiet, first],
      ]) {
        const report = await merge(whole, planned, parts);
        expect(report.verdict).toBe('tampered');
        const hashes = report.findings.filter(({ code }) => code === 'EVENT_HASH');
        expect(hashes.map(({ place, count }) => [place, count])).toEqual([
          [{ kind: 'events', from: 2, to: 2 }, 1],
        ]);
      }
    });

    test('an anchor cannot be read any more', async () => {
      const { whole, planned, first, second, third } = await forged();
      whole.store.versions[2]!.storageClass = 'DEEP_ARCHIVE';
      const report = await merge(whole, planned, [first, second, third]);
      expect(report.verdict).toBe('tampered');
      expect(report.findings.map(({ code }) => code)).toEqual(
        expect.arrayContaining(['EVENT_HASH', 'RANGE_ROOT', 'ANCHOR_ARCHIVED', 'DATABASE_UNREADABLE']),
      );
      expect(report.findings).toContainEqual(
        expect.objectContaining({
          message:
            'the parts cannot be merged: the plan cannot be held against the anchors in the bucket: some of them cannot be read now',
        }),
      );
    });

    test('what rests on an anchor that is another one now is left out', async () => {
      const { whole, planned, first, second, third } = await forged();
      whole.store.versions[0]!.storageClass = 'DEEP_ARCHIVE';
      const { findings } = await merge(whole, planned, [first, second, third]);
      const codes = findings.map(({ code }) => code);
      expect(codes).toContain('EVENT_HASH');
      expect(codes).not.toContain('RANGE_ROOT');
    });

    test.each(['plan', 'bounds'])('but not when that part is not sound: %s', async (what) => {
      const { whole, planned, first, second } = await forged();
      const { report } = first;
      const part = {
        plan: { ...first, report: { ...report, plan: 'a'.repeat(64) } },
        bounds: { ...first, report: { ...report, result: { ...report.result, to: 2 } } },
      }[what]!;
      await expect(merge(whole, planned, [part, second])).rejects.toMatchObject({ code: 'PARTS_REFUSED' });
    });
  });
});

describe('a shard', () => {
  test('has to exist', async () => {
    const whole = world([3, 3]);
    const planned = await plan(whole, 2);
    await expect(shard(whole, planned, 3)).rejects.toThrow('--number: found 3, allowed 1 to 2');
    await expect(shard(whole, planned, 0)).rejects.toMatchObject({
      code: 'USAGE',
      hint: expect.stringContaining('fewer shards'),
    });
  });
});

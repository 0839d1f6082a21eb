import type { AuditLog } from '../../../../runtime/application/ports';
import type { NamedPart } from '../../../../runtime/application/shards/part-problems';
import { WINDOW_BYTES } from '../../../../runtime/domain/chain/tuple-window';
import { UnavailableError } from '../../../../runtime/errors';
import { MemoryAuditLog } from '../../../fakes/memory-audit-log';
import type { World } from '../verify/worlds';
import { world } from '../verify/worlds';
import { everyShard, merge, plan, shard } from './sharded';

/** Events of the first range: more than are judged at once. */
const MANY = 6_000;
/** Bytes of some of them. */
const AFTER = 1.25 * WINDOW_BYTES;

function lost(): never {
  throw new UnavailableError('DB_UNREACHABLE', 'the connection was lost');
}

/** A server whose connection breaks after so many bytes of each reading. */
function breaking({ rows }: World, after: number, breaks: () => void = lost): AuditLog {
  const whole = new MemoryAuditLog(rows);
  const snapshot: AuditLog['snapshot'] = (use) =>
    whole.snapshot((seen) =>
      use({
        ...seen,
        async *readTuples(range) {
          let left = after;
          for await (const chunk of seen.readTuples(range)) {
            left -= chunk.length;
            if (left < 0) breaks();
            yield chunk;
          }
          return 0;
        },
      }),
    );
  return {
    head: () => whole.head(),
    snapshot,
    exclusive: () => whole.exclusive(),
    close: () => whole.close(),
  };
}

/** Three ranges; the second event was changed. */
function forged(): World {
  const whole = world([MANY, 3, 3]);
  whole.rows[1] = { ...whole.rows[1]!, hash: Buffer.alloc(32, 7) };
  return whole;
}

const CODES = ['EVENT_LINK', 'EVENT_HASH'];

test('a connection that is lost takes no tampering along', async () => {
  const whole = forged();
  const planned = await plan(whole, 3);
  const report = await shard(whole, planned, 1, { auditLog: breaking(whole, AFTER) });
  expect(report).toMatchObject({
    unfit: 'it was not read to its end: the connection was lost',
    result: { events: 0, recomputed: 0, lastIndex: null },
  });
  expect(report.result.findings.map(({ code }) => code)).toEqual(CODES);
  const others = await everyShard(whole, planned, [2]);
  const merged = await merge(whole, planned, [{ name: 'part-1.json', report }, ...others]);
  expect(merged).toMatchObject({ verdict: 'tampered', coverage: { events: 0, eventsRecomputed: 0 } });
  expect(merged.findings.map(({ code }) => code).sort()).toEqual([...CODES, 'DATABASE_UNREADABLE'].sort());
  expect(merged.findings.find(({ code }) => code === 'DATABASE_UNREADABLE')?.message).toBe(
    'the parts cannot be merged: part-1.json is incomplete: it was not read to its end: the connection was lost; shard 1 of the plan missing',
  );
});

test('nothing is kept of what holds no tampering', async () => {
  const whole = world([MANY, 3, 3]);
  const planned = await plan(whole, 3);
  await expect(shard(whole, planned, 1, { auditLog: breaking(whole, AFTER) })).rejects.toMatchObject({
    code: 'DB_UNREACHABLE',
  });
});

test('an interruption takes no tampering along either', async () => {
  const whole = forged();
  const planned = await plan(whole, 3);
  const control = new AbortController();
  const { signal } = control;
  const interrupting = breaking(whole, AFTER, () => {
    control.abort();
    signal.throwIfAborted();
  });
  const report = await shard(whole, planned, 1, { auditLog: interrupting, signal });
  expect(report.unfit).toBe('it was not read to its end: it was interrupted');
  expect(report.result.findings.map(({ code }) => code)).toEqual(CODES);
  const sound = world([MANY, 3, 3]);
  await expect(
    shard(sound, planned, 1, { auditLog: new MemoryAuditLog(sound.rows), signal }),
  ).rejects.toThrow(/abort/i);
});

test('read again to its end it is merged as if nothing had happened, with what was found first', async () => {
  const whole = forged();
  const planned = await plan(whole, 3);
  const early: NamedPart = {
    name: 'part-1.early.json',
    report: await shard(whole, planned, 1, { auditLog: breaking(whole, AFTER) }),
  };
  const parts = await everyShard(whole, planned);
  expect(await merge(whole, planned, [early, ...parts])).toEqual(await merge(whole, planned, parts));
  // The event was put right in between.
  whole.rows[1] = world([MANY, 3, 3]).rows[1]!;
  const right = await everyShard(whole, planned);
  expect(await merge(whole, planned, right)).toMatchObject({ verdict: 'verified', findings: [] });
  expect(await merge(whole, planned, [early, ...right])).toMatchObject({
    verdict: 'tampered',
    coverage: { events: MANY + 6 },
    findings: [
      { code: 'EVENT_HASH', place: { from: 2, to: 2 } },
      { code: 'EVENT_LINK', place: { from: 3, to: 3 } },
    ],
  });
});

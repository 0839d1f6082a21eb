import type { StoredEvent } from '../../../support/chain';
import { MemoryAuditLog } from '../../../fakes/memory-audit-log';
import { verify, world } from './worlds';

/** A table whose scan does not give what its head says, as with a corrupt index; the counts agree. */
class ShortAuditLog extends MemoryAuditLog {
  constructor(
    rows: readonly StoredEvent[],
    private readonly seen: readonly StoredEvent[],
  ) {
    super(rows);
  }

  override snapshot<T>(use: Parameters<MemoryAuditLog['snapshot']>[0]): Promise<T> {
    const { seen } = this;
    return super.snapshot((whole) =>
      new MemoryAuditLog(seen).snapshot((scanned) =>
        use({ ...whole, readTuples: (range) => scanned.readTuples(range) }),
      ),
    ) as Promise<T>;
  }
}

test.each([
  ['ends before the head', 4, 'at index 4, those of the same snapshot at index 6'],
  ['is empty', 0, 'nowhere, those of the same snapshot at index 6'],
])('a reading that %s is not taken for a chain that was cut off', async (_what, kept, ends) => {
  const sound = world([3, 3]);
  const auditLog = new ShortAuditLog(sound.rows, sound.rows.slice(0, kept));
  const { verdict, findings } = await verify(sound, { auditLog });
  expect(verdict).toBe('not evaluated');
  expect(findings.map(({ code }) => code)).toEqual(['DATABASE_UNREADABLE']);
  expect(findings[0]?.message).toContain(`the events that were read end ${ends}`);
});

test('nor is one that goes beyond it, and what was found stands', async () => {
  const sound = world([3, 3]);
  const seen = [...sound.rows];
  seen[1] = { ...seen[1]!, hash: Buffer.alloc(32, 7) };
  const { verdict, findings } = await verify(sound, {
    auditLog: new ShortAuditLog(sound.rows.slice(0, 5), seen),
  });
  expect(verdict).toBe('tampered');
  expect(findings.map(({ code }) => code)).toEqual(
    expect.arrayContaining(['EVENT_HASH', 'DATABASE_UNREADABLE']),
  );
});

test('a table that was cut off is still said to be', async () => {
  const { rows, ...rest } = world([3, 3]);
  const cut = { ...rest, rows: rows.slice(0, 4) };
  const { verdict, findings } = await verify(cut, { auditLog: new MemoryAuditLog(cut.rows) });
  expect(verdict).toBe('tampered');
  expect(findings.map(({ code }) => code)).toEqual(['CHAIN_TRUNCATED', 'RANGE_ROOT']);
});

import { collectNewestEvidence } from '../../../../runtime/application/verify/newest-evidence';
import { Verifier } from '../../../../runtime/application/verifier';
import type { AnchorPolicy } from '../../../../runtime/domain/anchor/policy';
import { DEFAULTS } from '../../../../runtime/contract';
import { FindingLog } from '../../../../runtime/domain/findings/finding-log';
import type { VerificationReport } from '../../../../runtime/domain/findings/report';
import { MemoryAuditLog } from '../../../fakes/memory-audit-log';
import { CHAIN_ID } from '../../../support/chain';
import { READING, type World, world } from './worlds';

const DAY_MS = 86_400_000;
const OLD = DEFAULTS.retentionDays;
const NEW = 2_557;

function policy(more: Partial<AnchorPolicy> = {}): AnchorPolicy {
  const { clockToleranceSeconds, intervalMinutes } = DEFAULTS;
  return { chainId: CHAIN_ID, retentionDays: NEW, clockToleranceSeconds, intervalMinutes, ...more };
}

function verify({ rows, store, clock }: World, demanded: AnchorPolicy): Promise<VerificationReport> {
  const database = { auditLog: new MemoryAuditLog(rows), reading: READING };
  return new Verifier({ store, clock, policy: demanded, database }).verify({ kind: 'full' });
}

/** Three anchors; the last was written after the retention was lengthened. */
function lengthened(): World {
  const made = world([2, 3, 1]);
  const last = made.store.versions[2]!;
  last.lock = { mode: 'COMPLIANCE', retainUntil: last.lock!.retainUntil + (NEW - OLD) * DAY_MS };
  return made;
}

test('anchors from before keep their locks: verified, and they are counted', async () => {
  const made = lengthened();
  const { key, versionId } = made.store.versions[0]!;
  expect(await verify(made, policy({ leastRetentionDays: OLD }))).toMatchObject({
    verdict: 'verified',
    findings: [
      {
        code: 'ANCHOR_RETENTION_EARLIER',
        severity: 'info',
        place: { kind: 'object', key, versionId },
        message: 'the anchor is locked for less than the 2557 days that anchors are locked for now',
        count: 2,
      },
    ],
  });
});

test('without that setting every anchor must have the new lock', async () => {
  const { verdict, findings } = await verify(lengthened(), policy());
  expect(verdict).toBe('tampered');
  expect(findings.map(({ code }) => code)).toEqual(['ANCHOR_RETENTION_SHORT', 'ANCHOR_RETENTION_SHORT']);
});

test('a lock that is shorter than any that was ever set is tampering', async () => {
  const made = lengthened();
  const first = made.store.versions[0]!;
  first.lock = { mode: 'COMPLIANCE', retainUntil: first.lock!.retainUntil - DAY_MS };
  const { verdict, findings } = await verify(made, policy({ leastRetentionDays: OLD }));
  expect(verdict).toBe('tampered');
  expect(findings).toMatchObject([
    { code: 'ANCHOR_RETENTION_SHORT', message: 'the anchor is not locked for 400 days from its time' },
    { code: 'ANCHOR_RETENTION_EARLIER', count: 1 },
  ]);
});

test('an anchor whose earlier lock has ended may be expired', async () => {
  const made = lengthened();
  const first = made.store.versions[0]!;
  made.clock.advanceMinutes(OLD * 24 * 60);
  made.store.versions.splice(0, 1);
  const codes = async (demanded: AnchorPolicy): Promise<string[]> =>
    (await verify(made, demanded)).findings.map(({ code }) => code);
  expect(first.key < made.store.versions[0]!.key).toBe(true);
  expect(await codes(policy({ leastRetentionDays: OLD }))).toContain('ANCHORS_EXPIRED');
  // A lock that was too short is reported as that.
  expect(await codes(policy())).toEqual(
    expect.arrayContaining(['ANCHOR_RETENTION_SHORT', 'ANCHORS_EXPIRED']),
  );
});

test('a delete marker is an expiry once the own lock of its anchor had ended, not before', async () => {
  const made = world([2, 3, 1]);
  const [anchor] = made.store.versions;
  const ends = anchor!.lock!.retainUntil;
  made.clock.advanceMinutes((OLD + 20) * 24 * 60);
  const markedAt = async (lastModified: number, lockedUntil: number): Promise<readonly string[]> => {
    anchor!.lock = { mode: 'COMPLIANCE', retainUntil: lockedUntil };
    made.store.put({ key: anchor!.key, kind: 'delete-marker', lastModified });
    const { findings } = await verify(made, policy({ retentionDays: OLD }));
    made.store.versions.pop();
    return findings.map(({ code }) => code).filter((code) => code !== 'ANCHOR_STALE');
  };
  expect(await markedAt(ends, ends)).toEqual(['ANCHORS_EXPIRED']);
  // Written while the lock lasted, and only looked at after it.
  expect(await markedAt(ends - 1_000, ends)).toEqual(['ANCHOR_DELETE_MARKER']);
  expect(await markedAt(ends, ends + 1_000)).toEqual(['ANCHOR_DELETE_MARKER']);
});

describe('a gap is past its retention when the own lock of the anchor before it has ended', () => {
  test.each([1, 5, 7, 8, 30, 400])('retention of %i days', async (retentionDays) => {
    for (const [missing, left] of [
      [1, 0],
      [0, 1],
    ] as const) {
      const made = world([2, 3, 1]);
      for (const version of made.store.versions) {
        version.lock = { mode: 'COMPLIANCE', retainUntil: version.lastModified + retentionDays * DAY_MS };
      }
      const ends = made.store.versions[left]!.lock!.retainUntil;
      made.store.versions.splice(missing, 1);
      const codesAt = async (now: number): Promise<readonly string[]> => {
        made.clock.set(new Date(now).toISOString());
        return (await verify(made, policy({ retentionDays }))).findings.map(({ code }) => code);
      };
      // An outage of the writer of up to a fiftieth of the retention may lie before the oldest anchor that is left.
      const before = ends - (missing === 0 ? (retentionDays * DAY_MS) / 50 : 0) - 1_000;
      expect(await codesAt(before)).toContain('ANCHOR_MISSING');
      expect(await codesAt(ends)).toContain('ANCHORS_EXPIRED');
    }
  });

  test('not while that lock is longer than verification demands', async () => {
    const made = world([2, 3, 1]);
    const [first] = made.store.versions;
    first!.lock = { mode: 'COMPLIANCE', retainUntil: first!.lock!.retainUntil + DAY_MS };
    made.store.versions.splice(1, 1);
    made.clock.advanceMinutes(OLD * 24 * 60);
    const { findings } = await verify(made, policy({ retentionDays: OLD }));
    expect(findings.map(({ code }) => code)).toContain('ANCHOR_MISSING');
  });
});

test('the newest anchor alone says it too', async () => {
  const made = world([2, 3]);
  const findings = new FindingLog();
  const now = Math.floor(made.clock.now() / 1000);
  await collectNewestEvidence(made.store, policy({ leastRetentionDays: OLD }), now, findings);
  expect(findings.all()).toMatchObject([{ code: 'ANCHOR_RETENTION_EARLIER', count: 1 }]);
});

import { PostgresAuditLog } from '../../../runtime/adapters/postgres/read/audit-log';
import type { AnchorOutcome } from '../../../runtime/application/anchoring';
import { anchorOutcome } from '../../../runtime/commands/anchor';
import { statusCommand } from '../../../runtime/commands/status';
import { DEFAULTS } from '../../../runtime/contract';
import type { Anchor } from '../../../runtime/domain/anchor/anchor';
import {
  anchorHash,
  anchorMetadata,
  anchorSeconds,
  formatAnchorTime,
} from '../../../runtime/domain/anchor/anchor';
import { parseAnchor, serializeAnchor } from '../../../runtime/domain/anchor/anchor-body';
import { anchorKey } from '../../../runtime/domain/anchor/object-key';
import { ZERO_HASH } from '../../../runtime/domain/digests';
import type { Finding } from '../../../runtime/domain/findings/finding';
import { EMPTY_ROOT } from '../../../runtime/domain/merkle/accumulator';
import type { VerifyScope } from '../../../runtime/application/verify/scope';
import { CHAIN_ID, Embedded } from '../../support/embedded';
import { anchorTwice, NEWEST } from '../../support/half-anchored';

const DAY = 86_400;
const YEAR = 365 * DAY;
const { clockToleranceSeconds, retentionDays } = DEFAULTS;

let servers: Embedded;
beforeAll(async () => {
  servers = await Embedded.start();
});
afterAll(() => servers.stop());
beforeEach(() => anchorTwice(servers));

const here = (): number => Math.floor(servers.clock.now() / 1_000);

/** What a writer would put whose clock is so far ahead: it goes on from `previous`. */
function aheadOf(previous: Anchor, aheadSeconds: number): Anchor {
  return {
    ...previous,
    ts_utc: formatAnchorTime(here() + aheadSeconds),
    prev_anchor_hash: anchorHash(serializeAnchor(previous)),
    anchor_seq: previous.anchor_seq + 1,
    first_seq: previous.last_seq + 1,
    events: 0,
    merkle_root: EMPTY_ROOT,
  };
}

/** @returns its key */
async function store(anchor: Anchor): Promise<string> {
  const seconds = anchorSeconds(anchor);
  const key = anchorKey(CHAIN_ID, seconds);
  await servers.put(key, serializeAnchor(anchor), {
    ChecksumAlgorithm: 'SHA256',
    Metadata: anchorMetadata(anchor),
    ObjectLockMode: 'COMPLIANCE',
    ObjectLockRetainUntilDate: new Date((seconds + retentionDays * DAY) * 1_000),
  });
  return key;
}

const newest = async (): Promise<Anchor> => parseAnchor(await servers.bodyOf(NEWEST));
const misdate = async (aheadSeconds: number): Promise<string> => store(aheadOf(await newest(), aheadSeconds));

const skew = (key: string): object => ({
  code: 'ANCHOR_TIME_SKEW',
  severity: 'tampering',
  place: { kind: 'object', key },
});
const exitOf = (outcome: AnchorOutcome): number => anchorOutcome(outcome, servers.bucket).exitCode;

async function findings(scope: VerifyScope = { kind: 'full' }): Promise<readonly Finding[]> {
  const database = scope.kind === 'anchors-only' ? { database: null } : {};
  return (await servers.verifier(database).verify(scope)).findings;
}

const SCOPES: readonly VerifyScope[] = [{ kind: 'full' }, { kind: 'latest' }, { kind: 'anchors-only' }];

const AHEAD = [YEAR, clockToleranceSeconds + 1];

test.each(AHEAD)('an object dated %i s ahead does not stop the chain, and is said once', async (ahead) => {
  const key = await misdate(ahead);
  const anchorer = servers.anchorer();
  const first = await anchorer.anchor();
  expect(first).toMatchObject({
    kind: 'written',
    anchor: { anchor_seq: 3, first_seq: 11, last_seq: 15, ts_utc: formatAnchorTime(here()) },
    findings: [skew(key)],
  });
  expect(exitOf(first)).toBe(1);
  servers.clock.advanceMinutes(60);
  await servers.append(3);
  const second = await anchorer.anchor();
  expect(second).toMatchObject({ kind: 'written', anchor: { anchor_seq: 4, first_seq: 16 } });
  expect(exitOf(second)).toBe(0);
  // Whoever wrote the newest anchor has said it.
  servers.clock.advanceMinutes(60);
  const third = await servers.anchorer().anchor();
  expect(third).toMatchObject({ kind: 'written', anchor: { anchor_seq: 5 } });
  expect(exitOf(third)).toBe(0);
  expect(await findings()).toMatchObject([skew(key)]);
});

test.each(AHEAD)('an object dated %i s ahead is one finding of everybody who looks', async (ahead) => {
  const key = await misdate(ahead);
  await servers.anchorer().anchor();
  for (const scope of SCOPES) expect(await findings(scope)).toMatchObject([skew(key)]);
  const { layout } = servers.reading();
  const policy = { chainId: CHAIN_ID, layout, clockToleranceSeconds };
  expect(await statusCommand(servers.store(), servers.auditLog(), servers.clock, policy)).toMatchObject({
    exitCode: 1,
    document: { newestAnchor: { anchorSeq: 3, ageSeconds: 0 }, unanchoredEvents: 0, findings: [skew(key)] },
  });
});

test('it is said where no anchor is due too, and where the next one is refused', async () => {
  await servers.anchorer().anchor();
  const key = await misdate(YEAR);
  const outcome = await servers.anchorer().anchor();
  expect(outcome).toMatchObject({ kind: 'not due', findings: [skew(key)] });
  expect(exitOf(outcome)).toBe(1);
  await servers.sql('DELETE FROM audit_events WHERE chain_index > 14');
  const refused = await servers.anchorer().anchor();
  expect(refused).toMatchObject({ kind: 'refused' });
  expect(refused.kind === 'refused' && refused.findings).toMatchObject([
    skew(key),
    { code: 'CHAIN_TRUNCATED' },
  ]);
});

test('one that is stored while the same process goes on is said by its next attempt', async () => {
  const anchorer = servers.anchorer();
  expect(await anchorer.anchor()).not.toHaveProperty('findings');
  const key = await misdate(YEAR);
  servers.clock.advanceMinutes(60);
  const outcome = await anchorer.anchor();
  expect(outcome).toMatchObject({ kind: 'written', findings: [skew(key)] });
  expect(exitOf(outcome)).toBe(1);
});

test('one that is stored between the look and the write is said at once', async () => {
  const auditLog = servers.auditLog();
  let key = '';
  const assertHeld = async (): Promise<void> => void (key = await misdate(YEAR));
  jest.spyOn(auditLog, 'exclusive').mockImplementation((work, options) =>
    PostgresAuditLog.prototype.exclusive.call(
      auditLog,
      (session) =>
        work({
          snapshot: (each) => session.snapshot(each),
          flushed: (lsn) => session.flushed(lsn),
          assertHeld,
        }),
      options,
    ),
  );
  expect(await servers.anchorer({ auditLog }).anchor()).toMatchObject({
    kind: 'written',
    findings: [skew(key)],
  });
});

test.each([0, 3])('%i of them: the same requests', async (misdated) => {
  for (let n = 0; n < misdated; n += 1) await misdate(YEAR + n * 31 * DAY);
  const anchorer = servers.anchorer();
  const requests = async (): Promise<Record<string, number>> => {
    servers.s3.requests.clear();
    await anchorer.anchor();
    const names = ['ListObjectVersions', 'GetObject', 'PutObject'] as const;
    return Object.fromEntries(names.map((name) => [name, servers.s3.requests.count(name)]));
  };
  // The newest anchor, what lies around it, and what lies around the one that was written.
  expect(await requests()).toEqual({ ListObjectVersions: 3, GetObject: 1, PutObject: 1 });
  servers.clock.advanceMinutes(60);
  expect(await requests()).toEqual({ ListObjectVersions: 2, GetObject: 0, PutObject: 1 });
  expect(await requests()).toEqual({ ListObjectVersions: 1, GetObject: 0, PutObject: 0 });
});

test('it is one finding however it is locked, and whatever it says', async () => {
  const key = anchorKey(CHAIN_ID, here() + YEAR);
  await servers.put(key, 'no anchor', { ChecksumAlgorithm: 'SHA256' });
  expect(await servers.anchorer().anchor()).toMatchObject({ kind: 'written', findings: [skew(key)] });
  for (const scope of SCOPES) expect(await findings(scope)).toMatchObject([skew(key)]);
});

test('nothing but such an object: the chain begins, and nothing proves anything before', async () => {
  const misdated = { ...aheadOf(await newest(), YEAR), prev_anchor_hash: ZERO_HASH, anchor_seq: 1 };
  await servers.newBucket();
  const key = await store(misdated);
  expect((await findings({ kind: 'anchors-only' })).map(({ code }) => code).sort()).toEqual([
    'ANCHOR_TIME_SKEW',
    'NO_ANCHORS',
  ]);
  expect(await servers.anchorer().anchor()).toMatchObject({
    kind: 'written',
    anchor: { anchor_seq: 1, first_seq: 1, last_seq: 15 },
    findings: [skew(key)],
  });
  expect(await findings()).toMatchObject([skew(key)]);
});

test('when its day has come the chain still leaves it out', async () => {
  const key = await misdate(3 * DAY);
  const anchorer = servers.anchorer();
  await anchorer.anchor();
  servers.clock.advanceMinutes(4 * 24 * 60);
  expect(await anchorer.anchor()).toMatchObject({ kind: 'written', anchor: { anchor_seq: 4 } });
  servers.clock.advanceMinutes(60);
  expect(await servers.anchorer().anchor()).toMatchObject({ kind: 'written', anchor: { anchor_seq: 5 } });
  const found = await findings();
  expect(found.filter(({ severity }) => severity === 'tampering')).toMatchObject([skew(key)]);
});

test('one that a later anchor goes on from stays in the chain, with its finding', async () => {
  const misdated = aheadOf(await newest(), 2 * 3_600);
  const key = await store(misdated);
  servers.clock.advanceMinutes(180);
  const follower = aheadOf(misdated, 0);
  await store(follower);
  servers.clock.advanceMinutes(60);
  const next = await servers.anchorer().anchor();
  expect(next).toMatchObject({ kind: 'written', anchor: { anchor_seq: 5, first_seq: 11 } });
  expect((await findings()).filter(({ severity }) => severity === 'tampering')).toMatchObject([skew(key)]);
});

test('one dated back is a finding, and part of the chain', async () => {
  const back = aheadOf(await newest(), -clockToleranceSeconds - 1);
  const key = await store(back);
  const outcome = await servers.anchorer().anchor();
  expect(outcome).toMatchObject({ kind: 'written', anchor: { anchor_seq: 4, first_seq: 11 } });
  expect(await findings()).toMatchObject([skew(key)]);
});

import { collectNewestEvidence } from '../../../../runtime/application/verify/newest-evidence';
import { DEFAULTS } from '../../../../runtime/contract';
import { FindingLog } from '../../../../runtime/domain/findings/finding-log';
import type { MemoryVersion } from '../../../fakes/memory-anchor-store';
import { CHAIN_ID } from '../../../support/chain';
import type { World } from './worlds';
import { verify, world } from './worlds';

type Replication = MemoryVersion['replication'];

/** Three anchors, a minute after each other, with these states of their copies. */
function replicated(...states: readonly Replication[]): World {
  const made = world([2, 3, 1]);
  states.forEach((state, at) => (made.store.versions[at]!.replication = state));
  return made;
}

/** Where the finding stands when it is about the anchor at this position. */
function placeOf({ store }: World, at: number): object {
  const { key, versionId } = store.versions[at]!;
  return { kind: 'object', key, versionId };
}

describe('nothing to report', () => {
  test.each<[name: string, minutes: number, states: readonly Replication[]]>([
    ['no rule of replication', 0, [null, null, null]],
    ['every copy is there', 40, ['COMPLETED', 'COMPLETED', 'COMPLETED']],
    ['anchors from before the rule', 40, [null, null, 'COMPLETED']],
    ['the bucket is the replica', 40, ['REPLICA', 'REPLICA', 'REPLICA']],
    ['the newest was just written', 0, ['COMPLETED', 'COMPLETED', 'PENDING']],
    ['the newest waits for 30 minutes', 30, ['COMPLETED', 'COMPLETED', 'PENDING']],
  ])('%s', async (_name, minutes, states) => {
    const made = replicated(...states);
    made.clock.advanceMinutes(minutes);
    expect(await verify(made)).toMatchObject({ verdict: 'verified', findings: [] });
  });
});

describe('a copy is missing', () => {
  test('one failed: at once, as a warning, which does not change the verdict', async () => {
    const made = replicated('COMPLETED', 'FAILED', 'COMPLETED');
    expect(await verify(made)).toMatchObject({
      verdict: 'verified',
      findings: [
        {
          code: 'ANCHOR_NOT_REPLICATED',
          severity: 'warning',
          place: placeOf(made, 1),
          expected: 'COMPLETED, or PENDING for at most 30 min',
          actual: '1 FAILED',
          count: 1,
        },
      ],
    });
  });

  test('one waits for longer than 30 minutes', async () => {
    const made = replicated('COMPLETED', 'COMPLETED', 'PENDING');
    made.clock.advanceMinutes(31);
    expect((await verify(made)).findings).toMatchObject([
      { place: placeOf(made, 2), actual: '1 PENDING for more than 30 min', count: 1 },
    ]);
  });

  test('many: one finding, which counts them and names the first', async () => {
    const made = replicated('PENDING', 'FAILED', 'FAILED');
    made.clock.advanceMinutes(31);
    expect((await verify(made)).findings).toMatchObject([
      { place: placeOf(made, 0), actual: '2 FAILED, 1 PENDING for more than 30 min', count: 3 },
    ]);
  });

  test('an archived anchor tells its state too', async () => {
    const made = replicated('FAILED');
    made.store.versions[0]!.storageClass = 'DEEP_ARCHIVE';
    const { findings } = await verify(made);
    expect(findings.map(({ code }) => code)).toContain('ANCHOR_NOT_REPLICATED');
  });

  test('the hourly look sees it at the newest anchor, and only there', async () => {
    const { retentionDays, clockToleranceSeconds, intervalMinutes } = DEFAULTS;
    const policy = { chainId: CHAIN_ID, retentionDays, clockToleranceSeconds, intervalMinutes };
    const look = async ({ store, clock }: World): Promise<readonly string[]> => {
      const findings = new FindingLog();
      await collectNewestEvidence(store, policy, clock.now() / 1000, findings);
      return findings.all().map(({ code }) => code);
    };
    expect(await look(replicated('COMPLETED', 'COMPLETED', 'FAILED'))).toEqual(['ANCHOR_NOT_REPLICATED']);
    expect(await look(replicated('FAILED', 'FAILED', 'COMPLETED'))).toEqual([]);
  });
});

describe('an anchor is not in the bucket', () => {
  function without(missing: number, ...states: readonly Replication[]): World {
    const made = replicated(...states);
    made.store.versions.splice(missing, 1);
    return made;
  }

  test.each<[name: string, missing: number]>([
    ['in the middle: it is late, or its copy failed', 1],
    ['the first: replication began later', 0],
  ])('of a replica, %s: not evaluated, with the word replication', async (_name, missing) => {
    const made = without(missing, 'REPLICA', 'REPLICA', 'REPLICA');
    expect(await verify(made)).toMatchObject({
      verdict: 'not evaluated',
      findings: [
        {
          code: 'REPLICA_INCOMPLETE',
          severity: 'unproven',
          place: placeOf(made, missing),
          message: expect.stringContaining('replication') as string,
          count: 1,
        },
      ],
    });
  });

  test('of a replica, and an event that the others attest is gone: tampering all the same', async () => {
    const made = without(1, 'REPLICA', 'REPLICA', 'REPLICA');
    made.rows.splice(0, 1);
    expect(await verify(made)).toMatchObject({
      verdict: 'tampered',
      findings: [{ code: 'EVENT_MISSING' }, {}, {}],
    });
  });

  test.each<[name: string, missing: number, states: readonly Replication[]]>([
    ['that is no replica', 1, [null, null, null]],
    ['that is copied to a replica', 1, ['COMPLETED', 'COMPLETED', 'PENDING']],
    ['whose copies failed', 0, ['FAILED', 'FAILED', 'FAILED']],
    ['with one neighbour that S3 has copied there', 1, ['COMPLETED', null, 'REPLICA']],
    ['with one neighbour that S3 has copied from there', 1, ['REPLICA', null, 'COMPLETED']],
  ])('of a bucket %s: it was removed', async (_name, missing, states) => {
    const { verdict, findings } = await verify(without(missing, ...states));
    expect(verdict).toBe('tampered');
    expect(findings[0]?.code).toBe('ANCHOR_MISSING');
  });
});

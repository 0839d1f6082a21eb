import { v1Layout } from '../../../runtime/domain/chain/columns';
import { SettableClock } from '../../support/settable-clock';
import { CHAIN_ID, Embedded } from '../../support/embedded';
import { holdCommand } from '../../../runtime/commands/hold';
import { DEFAULTS } from '../../../runtime/contract';
import { UnavailableError } from '../../../runtime/errors';
import type { Outcome } from '../../../runtime/commands/outcome';
import { statusCommand } from '../../../runtime/commands/status';
import { createColors } from '../../../runtime/terminal/colors';

let servers: Embedded;
beforeAll(async () => {
  servers = await Embedded.start();
});
afterAll(() => servers.stop());
beforeEach(() => servers.reset());

const { clockToleranceSeconds } = DEFAULTS;
const KEY = 'production/2030/01/15/14/anchor-20300115T140000Z.json';

function textOf(outcome: Outcome): string {
  return outcome.text(createColors(false)).join('\n');
}

describe('hold', () => {
  async function holdOf(key: string, versionId: string): Promise<boolean> {
    return (await servers.store().head(key, versionId)).legalHold;
  }

  test('on and off, on the version that was written first, whatever lies over it', async () => {
    await servers.append(1);
    await servers.anchorer().anchor();
    const [first] = await servers.versions();
    const versionId = first?.versionId ?? '';
    const over = await servers.put(KEY, '{}', { ChecksumAlgorithm: 'SHA256' });
    await servers.client.send(new servers.sdk.DeleteObjectCommand({ Bucket: servers.bucket, Key: KEY }));
    const on = await holdCommand(servers.store(), CHAIN_ID, { on: true, key: KEY });
    expect(on).toMatchObject({ exitCode: 0, document: { key: KEY, versionId, legalHold: true } });
    expect(textOf(on)).toBe(`✔ legal hold is on for ${KEY} (version ${versionId})`);
    expect([await holdOf(KEY, versionId), await holdOf(KEY, over)]).toEqual([true, false]);
    const off = await holdCommand(servers.store(), CHAIN_ID, { on: false, key: KEY });
    expect(off).toMatchObject({ exitCode: 0, document: { legalHold: false } });
    expect(await holdOf(KEY, versionId)).toBe(false);
  });

  test('on a version by its id', async () => {
    await servers.append(1);
    await servers.anchorer().anchor();
    const over = await servers.put(KEY, '{}', { ChecksumAlgorithm: 'SHA256' });
    await holdCommand(servers.store(), CHAIN_ID, { on: true, key: KEY, versionId: over });
    expect(await holdOf(KEY, over)).toBe(true);
  });

  test.each(['', 'x', `${KEY}x`, KEY.replace('production', 'staging'), 'production/\u001b[31m'])(
    'a key that is no anchor of the chain: %j',
    async (key) => {
      await expect(holdCommand(servers.store(), CHAIN_ID, { on: true, key })).rejects.toMatchObject({
        code: 'USAGE',
        message: expect.stringContaining(
          `found ${JSON.stringify(key)}, allowed the key of an anchor`,
        ) as string,
      });
      expect(servers.s3.requests.count('PutObjectLegalHold')).toBe(0);
    },
  );

  test('by a role that may not read anchors: done, and said to be unconfirmed', async () => {
    await servers.append(1);
    await servers.anchorer().anchor();
    const store = servers.store();
    const denied = () => Promise.reject(new UnavailableError('S3_ACCESS_DENIED', 'HeadObject was refused'));
    jest.spyOn(store, 'head').mockImplementation(denied);
    const outcome = await holdCommand(store, CHAIN_ID, { on: true, key: KEY });
    expect(outcome).toMatchObject({ exitCode: 0, document: { legalHold: true, confirmed: false } });
    expect(textOf(outcome)).toContain('this role may not read it back');
    const [first] = await servers.versions();
    expect(await holdOf(KEY, first?.versionId ?? '')).toBe(true);
  });

  test('an anchor that does not exist', async () => {
    await expect(holdCommand(servers.store(), CHAIN_ID, { on: true, key: KEY })).rejects.toMatchObject({
      code: 'OBJECT_NOT_FOUND',
      message: `there is no anchor ${KEY} in bucket ${servers.bucket}`,
      hint: expect.stringContaining('audit-anchor status'),
    });
  });
});

describe('status', () => {
  function status(): Promise<Outcome> {
    return statusCommand(servers.store(), servers.auditLog(), servers.clock, {
      chainId: CHAIN_ID,
      layout: v1Layout(),
      clockToleranceSeconds,
    });
  }

  test('neither anchors nor events', async () => {
    const outcome = await status();
    expect(outcome).toMatchObject({
      exitCode: 0,
      document: {
        newestAnchor: null,
        head: null,
        unanchoredEvents: 0,
        oldestUnanchoredAgeSeconds: null,
        findings: [],
      },
    });
    expect(textOf(outcome)).toContain('newest anchor  none');
  });

  test('age, retention left, head and unanchored tail', async () => {
    await servers.append(5);
    await servers.anchorer().anchor();
    servers.clock.advanceMinutes(90);
    await servers.append([
      { occurred_at: '2030-01-15T15:20:00Z', actor: 'a', action: 'b', outcome: 'c' },
      { occurred_at: '2030-01-15T15:25:00Z', actor: 'a', action: 'b', outcome: 'c' },
    ]);
    expect(await status()).toMatchObject({
      exitCode: 0,
      document: {
        newestAnchor: {
          key: KEY,
          anchorSeq: 1,
          lastSeq: 5,
          ageSeconds: 5_400,
          retainUntil: '2031-02-19T14:00:00.000Z',
          retentionLeftSeconds: 400 * 86_400 - 5_400,
          legalHold: false,
        },
        head: { index: 7, keyId: 'k1' },
        unanchoredEvents: 2,
        oldestUnanchoredAgeSeconds: 600,
      },
    });
  });

  test('ages are by the time of S3, not by that of a machine whose clock is wrong', async () => {
    await servers.append(5);
    await servers.anchorer().anchor();
    servers.clock.advanceMinutes(90);
    const clock = new SettableClock('2030-03-01T00:00:00Z');
    const policy = { chainId: CHAIN_ID, layout: v1Layout(), clockToleranceSeconds };
    const { document } = await statusCommand(servers.store({ clock }), servers.auditLog(), clock, policy);
    const { ageSeconds } = (document as { newestAnchor: { ageSeconds: number } }).newestAnchor;
    // `Date` has whole seconds.
    expect(Math.abs(ageSeconds - 5_400)).toBeLessThanOrEqual(1);
  });

  test('a newest anchor that cannot be read is not called none, and the tail is unknown', async () => {
    await servers.append(5);
    await servers.put(KEY, 'hello', { ChecksumAlgorithm: 'SHA256' });
    const outcome = await status();
    expect(outcome).toMatchObject({
      exitCode: 1,
      document: { newestAnchor: null, unanchoredEvents: null, findings: [{ code: 'ANCHOR_MALFORMED' }] },
    });
    expect(textOf(outcome)).toContain(`newest anchor  cannot be read: ${KEY}`);
    expect(textOf(outcome)).toContain('unanchored     unknown');
  });

  describe('the database does not have what the newest anchor attests', () => {
    beforeEach(async () => {
      await servers.append(5);
      await servers.anchorer().anchor();
    });
    const sql = (statement: string): Promise<unknown> => servers.database.pool.query(statement);

    test.each([
      ['the end was cut off', 'DELETE FROM audit_events WHERE chain_index > 2', 'CHAIN_TRUNCATED', 3],
      ['the table was emptied', 'TRUNCATE audit_events', 'CHAIN_TRUNCATED', 5],
      [
        'the last event is another',
        "UPDATE audit_events SET event_hash = sha256('x') WHERE chain_index = 5",
        'ANCHORED_HASH',
        0,
      ],
      [
        'others came after it was removed',
        'UPDATE audit_events SET chain_index = 9 WHERE chain_index = 5',
        'EVENT_MISSING',
        0,
      ],
    ])('%s', async (_name, statement, code, missingEvents) => {
      await sql(`ALTER TABLE audit_events DISABLE TRIGGER USER; ${statement}`);
      const outcome = await status();
      expect(outcome).toMatchObject({
        exitCode: 1,
        document: { missingEvents, unanchoredEvents: null, findings: [{ code }] },
      });
      expect(textOf(outcome)).toContain(code);
      expect(textOf(outcome)).toContain('unanchored     unknown');
    });

    test('it has it: no event is missing', async () => {
      expect(await status()).toMatchObject({
        exitCode: 0,
        document: { missingEvents: 0, unanchoredEvents: 0 },
      });
    });
  });

  test('an archived anchor is shown from its head', async () => {
    await servers.append(5);
    await servers.anchorer().anchor();
    const [first] = await servers.versions();
    const body = await servers.bodyOf(KEY);
    const { metadata } = await servers.store().head(KEY, first?.versionId ?? '');
    await servers.newBucket();
    await servers.put(KEY, body, {
      ChecksumAlgorithm: 'SHA256',
      StorageClass: 'DEEP_ARCHIVE',
      Metadata: { ...metadata },
    });
    expect(await status()).toMatchObject({
      exitCode: 3,
      document: { newestAnchor: { anchorSeq: 1, lastSeq: 5 }, findings: [{ code: 'ANCHOR_ARCHIVED' }] },
    });
    servers.clock.advanceMinutes(60);
    expect(await servers.anchorer().anchor()).toMatchObject({
      kind: 'written',
      anchor: { anchor_seq: 2, first_seq: 6 },
    });
  });
});

import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  GetObjectLegalHoldCommand,
  GetObjectLockConfigurationCommand,
  GetObjectRetentionCommand,
  HeadObjectCommand,
  ListObjectVersionsCommand,
  PutObjectLegalHoldCommand,
  PutObjectLockConfigurationCommand,
  PutObjectRetentionCommand,
  type ObjectLockRetention,
} from '@aws-sdk/client-s3';
import { WormServer, refusal } from './support/worm-server';

const DENIED = { code: 'AccessDenied', status: 403 };
const INVALID_REQUEST = { code: 'InvalidRequest', status: 400 };
const INVALID_ARGUMENT = { code: 'InvalidArgument', status: 400 };
const Bucket = 'locked';
const Key = 'anchor';

let worm: WormServer;
beforeEach(async () => {
  worm = await WormServer.start();
  await worm.createBucket(Bucket);
});
afterEach(() => worm.stop());

function putLocked(mode: 'COMPLIANCE' | 'GOVERNANCE', days: number): Promise<string> {
  return worm.put(Bucket, Key, {
    ObjectLockMode: mode,
    ObjectLockRetainUntilDate: worm.clock.inDays(days),
  });
}

function erase(VersionId: string, bypass = false): Promise<unknown> {
  return worm.s3.send(
    new DeleteObjectCommand({ Bucket, Key, VersionId, BypassGovernanceRetention: bypass || undefined }),
  );
}

function retain(VersionId: string, Retention: ObjectLockRetention, bypass = false): Promise<unknown> {
  return worm.s3.send(
    new PutObjectRetentionCommand({
      Bucket,
      Key,
      VersionId,
      Retention,
      BypassGovernanceRetention: bypass || undefined,
    }),
  );
}

function hold(VersionId: string, Status: 'ON' | 'OFF'): Promise<unknown> {
  return worm.s3.send(new PutObjectLegalHoldCommand({ Bucket, Key, VersionId, LegalHold: { Status } }));
}

describe('COMPLIANCE', () => {
  let version: string;
  beforeEach(async () => {
    version = await putLocked('COMPLIANCE', 30);
  });

  test.each([false, true])('keeps the version from deletion, bypass %s', async (bypass) => {
    expect(await refusal(erase(version, bypass))).toEqual(DENIED);
    await worm.s3.send(new GetObjectCommand({ Bucket, Key, VersionId: version }));
  });

  test.each([
    ['shortened', { Mode: 'COMPLIANCE' as const, days: 29 }],
    ['weakened to GOVERNANCE', { Mode: 'GOVERNANCE' as const, days: 60 }],
    ['removed', null],
  ])('cannot be %s, not even with bypass', async (_, next) => {
    const retention = next === null ? {} : { Mode: next.Mode, RetainUntilDate: worm.clock.inDays(next.days) };
    expect(await refusal(retain(version, retention))).toEqual(DENIED);
    expect(await refusal(retain(version, retention, true))).toEqual(DENIED);
    const head = await worm.s3.send(new HeadObjectCommand({ Bucket, Key }));
    expect(head.ObjectLockMode).toBe('COMPLIANCE');
    expect(head.ObjectLockRetainUntilDate).toEqual(worm.clock.inDays(30));
  });

  test('can be extended, and then holds longer', async () => {
    await retain(version, { Mode: 'COMPLIANCE', RetainUntilDate: worm.clock.inDays(40) });
    worm.clock.advanceDays(35);
    expect(await refusal(erase(version))).toEqual(DENIED);
    worm.clock.advanceDays(5);
    await erase(version);
    expect((await worm.s3.send(new ListObjectVersionsCommand({ Bucket }))).Versions).toBeUndefined();
  });

  test('ends when it is over, and not a moment before', async () => {
    const end = worm.clock.inDays(30).getTime();
    worm.clock.time = end - 1;
    expect(await refusal(erase(version))).toEqual(DENIED);
    worm.clock.time = end;
    await erase(version);
    expect(
      await refusal(worm.s3.send(new HeadObjectCommand({ Bucket, Key, VersionId: version }))),
    ).toMatchObject({
      status: 404,
    });
  });

  test('does not stop a delete marker or a newer version, and outlives both', async () => {
    const deleted = await worm.s3.send(new DeleteObjectCommand({ Bucket, Key }));
    expect(deleted.DeleteMarker).toBe(true);
    const newer = await worm.put(Bucket, Key, { Body: 'newer' });
    expect(newer).not.toBe(version);
    const kept = await worm.s3.send(new GetObjectCommand({ Bucket, Key, VersionId: version }));
    expect(await kept.Body?.transformToString()).toBe(Key);
  });

  test('is told key by key in a bulk delete', async () => {
    const other = await worm.put(Bucket, 'other');
    const { Deleted, Errors } = await worm.s3.send(
      new DeleteObjectsCommand({
        Bucket,
        BypassGovernanceRetention: true,
        Delete: {
          Objects: [
            { Key, VersionId: version },
            { Key: 'other', VersionId: other },
          ],
        },
      }),
    );
    expect(Errors).toMatchObject([{ Key, VersionId: version, Code: 'AccessDenied' }]);
    expect(Deleted).toMatchObject([{ Key: 'other', VersionId: other }]);
  });
});

describe('GOVERNANCE', () => {
  let version: string;
  beforeEach(async () => {
    version = await putLocked('GOVERNANCE', 30);
  });

  test('keeps the version from deletion unless it is bypassed', async () => {
    expect(await refusal(erase(version))).toEqual(DENIED);
    await erase(version, true);
    expect((await worm.s3.send(new ListObjectVersionsCommand({ Bucket }))).Versions).toBeUndefined();
  });

  test('can be extended by anyone', async () => {
    await retain(version, { Mode: 'GOVERNANCE', RetainUntilDate: worm.clock.inDays(31) });
    const { Retention } = await worm.s3.send(new GetObjectRetentionCommand({ Bucket, Key }));
    expect(Retention).toEqual({ Mode: 'GOVERNANCE', RetainUntilDate: worm.clock.inDays(31) });
  });

  test.each([
    ['shortened', { Mode: 'GOVERNANCE' as const, days: 1 }],
    ['turned into COMPLIANCE', { Mode: 'COMPLIANCE' as const, days: 60 }],
    ['removed', null],
  ])('can be %s with bypass only', async (_, next) => {
    const retention = next === null ? {} : { Mode: next.Mode, RetainUntilDate: worm.clock.inDays(next.days) };
    expect(await refusal(retain(version, retention))).toEqual(DENIED);
    await retain(version, retention, true);
    const head = await worm.s3.send(new HeadObjectCommand({ Bucket, Key }));
    expect(head.ObjectLockMode).toBe(next?.Mode);
  });
});

describe('legal hold', () => {
  test('stops deletion without retention, also with bypass, until it is off', async () => {
    const version = await worm.put(Bucket, Key, { ObjectLockLegalHoldStatus: 'ON' });
    expect(await refusal(erase(version, true))).toEqual(DENIED);
    await hold(version, 'OFF');
    expect((await worm.s3.send(new GetObjectLegalHoldCommand({ Bucket, Key }))).LegalHold?.Status).toBe(
      'OFF',
    );
    await erase(version);
    expect(await refusal(worm.s3.send(new HeadObjectCommand({ Bucket, Key })))).toMatchObject({
      status: 404,
    });
  });

  test('outlives retention and leaves it as it is', async () => {
    const version = await putLocked('COMPLIANCE', 1);
    await hold(version, 'ON');
    worm.clock.advanceDays(2);
    expect(await refusal(erase(version))).toEqual(DENIED);
    const head = await worm.s3.send(new HeadObjectCommand({ Bucket, Key }));
    expect(head.ObjectLockMode).toBe('COMPLIANCE');
    expect(head.ObjectLockLegalHoldStatus).toBe('ON');
  });

  test('is unknown on an object that never had one', async () => {
    await worm.put(Bucket, Key);
    const error = await refusal(worm.s3.send(new GetObjectLegalHoldCommand({ Bucket, Key })));
    expect(error).toEqual({ code: 'NoSuchObjectLockConfiguration', status: 404 });
  });
});

describe('default retention', () => {
  async function setDefault(rule: object | undefined, bucket = Bucket): Promise<void> {
    await worm.s3.send(
      new PutObjectLockConfigurationCommand({
        Bucket: bucket,
        ObjectLockConfiguration: {
          ObjectLockEnabled: 'Enabled',
          Rule: rule && { DefaultRetention: rule },
        },
      }),
    );
  }

  test('locks what is put without headers, from the time of the write', async () => {
    await setDefault({ Mode: 'COMPLIANCE', Days: 400 });
    const version = await worm.put(Bucket, Key);
    const { Retention } = await worm.s3.send(new GetObjectRetentionCommand({ Bucket, Key }));
    expect(Retention?.RetainUntilDate?.getTime()).toBe(worm.clock.time + 400 * 86_400_000);
    expect(await refusal(erase(version))).toEqual(DENIED);
  });

  test('counts years in calendar years', async () => {
    await setDefault({ Mode: 'GOVERNANCE', Years: 2 });
    await worm.put(Bucket, Key);
    const { Retention } = await worm.s3.send(new GetObjectRetentionCommand({ Bucket, Key }));
    expect(Retention?.RetainUntilDate?.toISOString()).toBe('2032-06-15T12:00:00.250Z');
    expect(Retention?.Mode).toBe('GOVERNANCE');
  });

  test('gives way to the headers of an upload', async () => {
    await setDefault({ Mode: 'COMPLIANCE', Days: 400 });
    await putLocked('GOVERNANCE', 3);
    const head = await worm.s3.send(new HeadObjectCommand({ Bucket, Key }));
    expect(head.ObjectLockMode).toBe('GOVERNANCE');
    expect(head.ObjectLockRetainUntilDate).toEqual(worm.clock.inDays(3));
  });

  test('leaves versions that exist alone when it changes', async () => {
    await setDefault({ Mode: 'COMPLIANCE', Days: 400 });
    const version = await worm.put(Bucket, Key);
    await setDefault(undefined);
    const configuration = await worm.s3.send(new GetObjectLockConfigurationCommand({ Bucket }));
    expect(configuration.ObjectLockConfiguration).toEqual({ ObjectLockEnabled: 'Enabled' });
    worm.clock.advanceDays(399);
    expect(await refusal(erase(version))).toEqual(DENIED);
  });

  test('is shown as it was put', async () => {
    await setDefault({ Mode: 'COMPLIANCE', Years: 7 });
    const { ObjectLockConfiguration } = await worm.s3.send(new GetObjectLockConfigurationCommand({ Bucket }));
    expect(ObjectLockConfiguration?.Rule?.DefaultRetention).toEqual({ Mode: 'COMPLIANCE', Years: 7 });
  });

  test.each([
    ['no days', { Mode: 'COMPLIANCE' }, 'MalformedXML'],
    ['days and years', { Mode: 'COMPLIANCE', Days: 1, Years: 1 }, 'MalformedXML'],
    ['an unknown mode', { Mode: 'FOREVER', Days: 1 }, 'MalformedXML'],
    ['zero days', { Mode: 'COMPLIANCE', Days: 0 }, 'InvalidArgument'],
    ['negative days', { Mode: 'COMPLIANCE', Days: -1 }, 'InvalidArgument'],
    ['more than 100 years', { Mode: 'COMPLIANCE', Years: 101 }, 'InvalidArgument'],
    ['more than 36,500 days', { Mode: 'COMPLIANCE', Days: 36_501 }, 'InvalidArgument'],
  ])('is refused with %s', async (_, rule, code) => {
    expect(await refusal(setDefault(rule))).toEqual({ code, status: 400 });
  });
});

describe('headers of an upload', () => {
  test.each([
    ['a mode alone', { ObjectLockMode: 'COMPLIANCE' as const }],
    ['a date alone', { ObjectLockRetainUntilDate: new Date('2031-01-01') }],
    [
      'an unknown mode',
      { ObjectLockMode: 'FOREVER' as never, ObjectLockRetainUntilDate: new Date('2031-01-01') },
    ],
    [
      'a past date',
      { ObjectLockMode: 'COMPLIANCE' as const, ObjectLockRetainUntilDate: new Date('2029-01-01') },
    ],
    [
      '101 years',
      { ObjectLockMode: 'COMPLIANCE' as const, ObjectLockRetainUntilDate: new Date('2131-07-01') },
    ],
    ['an unknown hold', { ObjectLockLegalHoldStatus: 'MAYBE' as never }],
  ])('are refused with %s', async (_, headers) => {
    expect(await refusal(worm.put(Bucket, Key, headers))).toEqual(INVALID_ARGUMENT);
    expect((await worm.s3.send(new ListObjectVersionsCommand({ Bucket }))).Versions).toBeUndefined();
  });

  test('are refused on a bucket without Object Lock', async () => {
    await worm.createBucket('plain', null);
    const locked = { ObjectLockMode: 'COMPLIANCE', ObjectLockRetainUntilDate: worm.clock.inDays(1) } as const;
    expect(await refusal(worm.put('plain', Key, locked))).toEqual(INVALID_REQUEST);
    expect(await refusal(worm.put('plain', Key, { ObjectLockLegalHoldStatus: 'ON' }))).toEqual(
      INVALID_REQUEST,
    );
  });

  test('keep the milliseconds of the date', async () => {
    const until = new Date(worm.clock.inDays(1).getTime() + 123);
    await worm.put(Bucket, Key, { ObjectLockMode: 'COMPLIANCE', ObjectLockRetainUntilDate: until });
    const { Retention } = await worm.s3.send(new GetObjectRetentionCommand({ Bucket, Key }));
    expect(Retention?.RetainUntilDate).toEqual(until);
  });

  test.each(['header', 'default'])('need a checksum when retention comes from a %s', async (from) => {
    const bucket = await worm.createBucket('by-default', { days: 1 });
    const s3 = worm.client({ requestChecksumCalculation: 'WHEN_REQUIRED' });
    // The SDK adds a checksum of its own to what needs one; this takes it away again.
    s3.middlewareStack.add(
      (next) => (args) => {
        const { headers } = args.request as { headers: Record<string, string> };
        for (const name of Object.keys(headers)) {
          if (/^x-amz-(sdk-)?checksum/.test(name)) delete headers[name];
        }
        return next(args);
      },
      { step: 'finalizeRequest', priority: 'high' },
    );
    const put = s3.send(
      new (await import('@aws-sdk/client-s3')).PutObjectCommand({
        Bucket: from === 'header' ? Bucket : bucket,
        Key,
        Body: 'x',
        ...(from === 'header'
          ? { ObjectLockMode: 'COMPLIANCE' as const, ObjectLockRetainUntilDate: worm.clock.inDays(1) }
          : {}),
      }),
    );
    await expect(put).rejects.toMatchObject({
      name: 'InvalidRequest',
      message:
        'Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock parameters',
    });
  });
});

describe('PutObjectRetention', () => {
  test('takes a date in the future only', async () => {
    const version = await worm.put(Bucket, Key);
    const past = { Mode: 'COMPLIANCE', RetainUntilDate: worm.clock.inDays(-1) } as const;
    expect(await refusal(retain(version, past))).toEqual(INVALID_ARGUMENT);
  });

  test('takes the two modes and a whole date only', async () => {
    const version = await worm.put(Bucket, Key);
    const malformed = { code: 'MalformedXML', status: 400 };
    const until = worm.clock.inDays(1);
    expect(await refusal(retain(version, { Mode: 'FOREVER' as never, RetainUntilDate: until }))).toEqual(
      malformed,
    );
    expect(await refusal(retain(version, { Mode: 'COMPLIANCE' }))).toEqual(malformed);
    expect(await refusal(retain(version, { RetainUntilDate: until }))).toEqual(malformed);
    expect(await refusal(hold(version, 'MAYBE' as never))).toEqual(malformed);
  });

  test('may weaken and remove retention that is over', async () => {
    const version = await putLocked('COMPLIANCE', 1);
    worm.clock.advanceDays(2);
    await retain(version, { Mode: 'GOVERNANCE', RetainUntilDate: worm.clock.inDays(1) });
    worm.clock.advanceDays(2);
    await retain(version, {});
    expect(await refusal(worm.s3.send(new GetObjectRetentionCommand({ Bucket, Key })))).toEqual({
      code: 'NoSuchObjectLockConfiguration',
      status: 404,
    });
  });

  test('is refused on a bucket without Object Lock, on a delete marker and on nothing', async () => {
    await worm.createBucket('plain', null);
    await worm.put('plain', Key);
    const retention = { Mode: 'COMPLIANCE', RetainUntilDate: worm.clock.inDays(1) } as const;
    const put = (bucket: string, key: string, VersionId?: string) =>
      worm.s3.send(
        new PutObjectRetentionCommand({ Bucket: bucket, Key: key, VersionId, Retention: retention }),
      );
    expect(await refusal(put('plain', Key))).toEqual(INVALID_REQUEST);
    const marker = await worm.s3.send(new DeleteObjectCommand({ Bucket, Key }));
    expect(await refusal(put(Bucket, Key, marker.VersionId))).toEqual({
      code: 'MethodNotAllowed',
      status: 405,
    });
    expect(await refusal(put(Bucket, 'nothing'))).toEqual({ code: 'NoSuchKey', status: 404 });
  });
});

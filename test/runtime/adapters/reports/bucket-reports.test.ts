import { BucketReports } from '../../../../runtime/adapters/reports/bucket-reports';
import { Embedded } from '../../../support/embedded';
import { SettableClock } from '../../../support/settable-clock';

let embedded: Embedded;
beforeAll(async () => {
  embedded = await Embedded.start();
});
beforeEach(() => embedded.reset());
afterAll(() => embedded?.stop());

const reports = (maxBytes?: number) =>
  new BucketReports({
    store: embedded.store(),
    prefix: 'full/run-1/',
    retentionDays: 30,
    clock: embedded.clock,
    ...(maxBytes === undefined ? {} : { maxBytes }),
  });
const put = (name: string, text: string) => embedded.put(`full/run-1/${name}`, Buffer.from(text));

test('what is written once is read back, and stays', async () => {
  const place = reports();
  expect(place.place).toBe(`s3://${embedded.bucket}/full/run-1/`);
  expect(await place.read('plan.json')).toBeNull();
  expect(await place.create('plan.json', 'größe')).toBe(true);
  expect(await place.create('plan.json', 'another')).toBe(false);
  expect(await place.read('plan.json')).toBe('größe');
});

test('the age of what is read is judged by the time of S3', async () => {
  const clock = new SettableClock('2031-01-01T00:00:00Z');
  const store = embedded.store({ clock });
  const place = new BucketReports({ store, prefix: 'full/run-1/', retentionDays: 30, clock });
  await place.read('plan.json');
  expect(Math.abs(place.clock.now() - embedded.clock.now())).toBeLessThanOrEqual(1_000);
});

test('of several versions the first one counts, also under a delete marker', async () => {
  const place = reports();
  await place.create('plan.json', 'first');
  await put('plan.json', 'second');
  expect(await place.read('plan.json')).toBe('first');
  const { client, sdk, bucket } = embedded;
  await client.send(new sdk.DeleteObjectCommand({ Bucket: bucket, Key: 'full/run-1/plan.json' }));
  expect(await place.read('plan.json')).toBe('first');
  expect(await place.list()).toEqual(['plan.json']);
});

test('the list has each name once, and nothing of other places or deeper ones', async () => {
  for (const name of ['b.json', 'a.json', 'b.json', 'deeper/c.json']) await put(name, '{}');
  await embedded.put('full/run-10/d.json', Buffer.from('{}'));
  await embedded.put('full/run-1', Buffer.from('{}'));
  expect(await reports().list()).toEqual(['a.json', 'b.json']);
});

test('a name that another one begins with is not taken for it', async () => {
  await put('plan.json.bak', 'no plan');
  expect(await reports().read('plan.json')).toBeNull();
});

test('what is larger than allowed is not read', async () => {
  await put('plan.json', 'x'.repeat(11));
  await expect(reports(10).read('plan.json')).rejects.toMatchObject({
    code: 'FILE_UNUSABLE',
    message: expect.stringContaining('it has 11 bytes, allowed are at most 10') as string,
  });
  expect(await reports(11).read('plan.json')).toHaveLength(11);
});

test('a bucket that is not there is no empty place', async () => {
  embedded.bucket = 'no-such-bucket';
  await expect(reports().read('plan.json')).rejects.toMatchObject({ code: 'BUCKET_NOT_FOUND' });
  await expect(reports().list()).rejects.toMatchObject({ code: 'BUCKET_NOT_FOUND' });
});

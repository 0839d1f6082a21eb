import type { AnchorStore } from '../../runtime/application/ports';
import { anchor, codeOf, inADay, pages } from './cases';
import type { Suite } from './suite';

/** Missing buckets, wrong regions, denied actions. */
export function refusalCases(suite: Suite): void {
  describe('what is not there or not allowed is an error, never an empty answer', () => {
    const calls = (to: AnchorStore): Readonly<Record<string, () => Promise<unknown>>> => ({
      listPage: () => to.listPage({ prefix: 'denied/' }),
      listAll: () => pages(to.listAll('denied/')),
      head: () => to.head('denied/a', 'null'),
      read: () => to.read('denied/a', 'null', 100),
      create: () => to.create(anchor('denied/a')),
      bucketLock: () => to.bucketLock(),
      setLegalHold: () => to.setLegalHold('denied/a', 'null', true),
    });

    suite.conforms('a missing bucket', async () => {
      for (const [call, run] of Object.entries(
        calls(suite.harness.store({ bucket: 'no-such-bucket-here' })),
      )) {
        expect([call, await codeOf(run())]).toEqual([call, 'BUCKET_NOT_FOUND']);
      }
    });

    suite.conforms('a wrong region', async () => {
      const region = suite.harness.region === 'us-west-2' ? 'eu-west-1' : 'us-west-2';
      for (const [call, run] of Object.entries(calls(suite.harness.store({ region })))) {
        expect([call, await codeOf(run())]).toEqual([call, 'BUCKET_WRONG_REGION']);
      }
      await expect(suite.harness.store({ region }).listPage({ prefix: '' })).rejects.toThrow(
        `is in ${suite.harness.region}, but the configured region is ${region}`,
      );
    });

    type Denied = (key: string, versionId: string) => Promise<unknown>;
    const denials: readonly (readonly [call: string, action: string, run: Denied])[] = [
      ['listPage', 's3:ListBucketVersions', () => suite.store.listPage({ prefix: '' })],
      ['read', 's3:GetObjectVersion', (key, id) => suite.store.read(key, id, 100)],
      ['head', 's3:GetObjectVersion', (key, id) => suite.store.head(key, id)],
      ['head', 's3:GetObjectRetention', (key, id) => suite.store.head(key, id)],
      ['read', 's3:GetObjectRetention', (key, id) => suite.store.read(key, id, 100)],
      ['create', 's3:PutObject', () => suite.store.create(anchor('denied/put'))],
      ['create', 's3:PutObjectRetention', () => suite.store.create(anchor('denied/retention'))],
      ['setLegalHold', 's3:PutObjectLegalHold', (key, id) => suite.store.setLegalHold(key, id, true)],
      ['bucketLock', 's3:GetBucketVersioning', () => suite.store.bucketLock()],
      ['bucketLock', 's3:GetBucketObjectLockConfiguration', () => suite.store.bucketLock()],
    ];
    for (const [call, action, run] of denials) {
      suite.conforms(`${call} under a Deny of ${action} in the bucket policy`, async () => {
        const key = `denied/${call}/${action.slice('s3:'.length)}`;
        const versionId = await suite.harness.put(key, 'x', { governanceUntil: new Date(inADay()) });
        await suite.harness.denying(action, async () => {
          const denied = run(key, versionId);
          await expect(denied).rejects.toMatchObject({ code: 'S3_ACCESS_DENIED' });
          await expect(denied).rejects.toThrow(action);
        });
      });
    }
  });
}

import { inADay } from './cases';
import type { Suite } from './suite';

/** Heads, bodies and the lock of the bucket. */
export function readingCases(suite: Suite): void {
  const locked = (key: string, body: string): Promise<string> =>
    suite.harness.put(key, body, { governanceUntil: new Date(inADay()) });

  describe('read and head', () => {
    suite.conforms('each version has its own bytes', async () => {
      const ids = [await locked('read/versions', 'one'), await locked('read/versions', 'two')];
      const bodies = await Promise.all(ids.map((id) => suite.store.read('read/versions', id, 100)));
      expect(bodies.map(({ body }) => body.kind === 'bytes' && Buffer.from(body.bytes).toString())).toEqual([
        'one',
        'two',
      ]);
    });

    suite.conforms('a body above the limit is left alone', async () => {
      const versionId = await locked('read/large', 'x'.repeat(300_000));
      const { head, body } = await suite.store.read('read/large', versionId, 299_999);
      expect(body).toEqual({ kind: 'oversized', size: 300_000 });
      expect(head.size).toBe(300_000);
      expect((await suite.store.read('read/large', versionId, 300_000)).body).toMatchObject({
        kind: 'bytes',
      });
    });

    suite.conforms('a version without lock and without SHA-256 checksum', async () => {
      const head = await suite.store.head('read/foreign', await suite.harness.put('read/foreign', 'foreign'));
      expect(head).toMatchObject({ lock: null, legalHold: false, checksumSha256: null, metadata: {} });
    });

    suite.conforms('a GOVERNANCE lock is not taken for COMPLIANCE', async () => {
      const retainUntil = inADay();
      const until = { governanceUntil: new Date(retainUntil) };
      const versionId = await suite.harness.put('read/governance', 'x', until);
      expect((await suite.store.head('read/governance', versionId)).lock).toEqual({
        mode: 'GOVERNANCE',
        retainUntil,
      });
    });

    suite.conforms('an archived version has a head and no body', async () => {
      const versionId = await suite.harness.put('read/archived', 'cold', {
        storageClass: 'DEEP_ARCHIVE',
        governanceUntil: new Date(inADay()),
      });
      const stored = await suite.store.read('read/archived', versionId, 100);
      expect(stored.body).toEqual({ kind: 'archived' });
      expect(stored.head).toMatchObject({ storageClass: 'DEEP_ARCHIVE', size: 4 });
      expect(await suite.store.head('read/archived', versionId)).toEqual(stored.head);
    });

    suite.conforms('a key, a version and a delete marker that hold nothing are not found', async () => {
      const versionId = await locked('read/gone', 'x');
      const marker = await suite.harness.hide('read/gone');
      const absent = { code: 'OBJECT_NOT_FOUND' };
      for (const [key, id] of [
        ['read/never', versionId],
        ['read/gone', `${versionId.slice(0, -1)}${versionId.endsWith('a') ? 'b' : 'a'}`],
        ['read/gone', marker],
      ] as const) {
        await expect(suite.store.read(key, id, 100)).rejects.toMatchObject(absent);
        await expect(suite.store.head(key, id)).rejects.toMatchObject(absent);
      }
      expect((await suite.store.read('read/gone', versionId, 100)).body.kind).toBe('bytes');
    });
  });

  describe('the lock of the bucket', () => {
    suite.conforms('versioned and locked, without a default retention', async () => {
      expect(await suite.store.bucketLock()).toEqual({
        versioning: 'Enabled',
        objectLock: true,
        defaultRetention: null,
      });
    });

    suite.conforms('with a default retention', async () => {
      const bucket = await suite.harness.createBucket({ objectLock: true, defaultRetentionDays: 30 });
      expect(await suite.harness.store({ bucket }).bucketLock()).toEqual({
        versioning: 'Enabled',
        objectLock: true,
        defaultRetention: { mode: 'COMPLIANCE', days: 30 },
      });
    });

    suite.conforms('neither versioned nor locked', async () => {
      const bucket = await suite.harness.createBucket({ objectLock: false });
      expect(await suite.harness.store({ bucket }).bucketLock()).toEqual({
        versioning: 'Off',
        objectLock: false,
        defaultRetention: null,
      });
    });
  });
}

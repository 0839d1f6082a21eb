import { anchor, created, versionsOf } from './cases';
import type { Suite } from './suite';

const KMS_KEY = 'arn:aws:kms:us-east-1:111122223333:key/0a1b2c3d-0000-4000-8000-000000000000';

/** Creating once, under lock, and legal holds. */
export function writingCases(suite: Suite): void {
  describe('create', () => {
    suite.conforms('stores what it was given, locked, and says so in head and read', async () => {
      const object = anchor('create/all');
      const versionId = await created(suite.harness.store({ kmsKeyArn: KMS_KEY }), object);
      const head = await suite.store.head(object.key, versionId);
      expect(head).toEqual({
        key: object.key,
        versionId,
        lastModified: expect.any(Number),
        size: object.body.byteLength,
        checksumSha256: object.sha256,
        lock: { mode: 'COMPLIANCE', retainUntil: object.retainUntil },
        legalHold: false,
        metadata: object.metadata,
        encryption: { algorithm: 'aws:kms', keyId: KMS_KEY },
        storageClass: 'STANDARD',
        replication: null,
      });
      expect(Math.abs(head.lastModified - Date.now())).toBeLessThan(60_000);
      const stored = await suite.store.read(object.key, versionId, 10_000);
      expect(stored).toEqual({ head, body: { kind: 'bytes', bytes: Buffer.from(object.body) } });
    });

    suite.conforms('encrypts with the key of S3 when none is named', async () => {
      const object = anchor('create/sse-s3');
      const { encryption } = await suite.store.head(object.key, await created(suite.store, object));
      expect(encryption).toEqual({ algorithm: 'AES256', keyId: null });
    });

    suite.conforms('what it wrote cannot be deleted', async () => {
      const object = anchor('create/locked');
      const versionId = await created(suite.store, object);
      expect(await suite.harness.destroy(object.key, versionId)).toBe(false);
      expect((await suite.store.head(object.key, versionId)).checksumSha256).toBe(object.sha256);
    });

    suite.conforms('a second create of a key stores nothing', async () => {
      const object = anchor('create/twice');
      const versionId = await created(suite.store, object);
      expect(await suite.store.create(object)).toEqual({ kind: 'exists' });
      expect(await suite.store.create(anchor(object.key, 'other'))).toEqual({ kind: 'exists' });
      expect((await versionsOf(suite.store, object.key)).map((entry) => entry.versionId)).toEqual([
        versionId,
      ]);
    });

    suite.conforms('of eight creates at once exactly one wins', async () => {
      const rivals = Array.from({ length: 8 }, (_, n) => anchor('create/race', `rival ${n}`));
      const results = await Promise.all(rivals.map((rival) => suite.harness.store().create(rival)));
      const winner = results.findIndex((result) => result.kind === 'created');
      expect(results.filter((result) => result.kind === 'exists')).toHaveLength(7);
      const [only, ...others] = await versionsOf(suite.store, 'create/race');
      expect(others).toEqual([]);
      const { head } = await suite.store.read('create/race', only?.versionId ?? '', 10_000);
      expect(head.checksumSha256).toBe(rivals[winner]?.sha256);
    });

    suite.conforms('over a delete marker it succeeds, and the listing shows all three', async () => {
      const object = anchor('create/hidden');
      const first = await created(suite.store, object);
      const marker = await suite.harness.hide(object.key);
      const second = await created(suite.store, anchor(object.key, 'other'));
      const entries = await versionsOf(suite.store, object.key);
      expect(entries.map((entry) => [entry.kind, entry.versionId])).toEqual([
        ['version', second],
        ['delete-marker', marker],
        ['version', first],
      ]);
    });

    suite.conforms('a body that is not the one of the checksum is refused and not stored', async () => {
      const object = { ...anchor('create/damaged'), sha256: '00'.repeat(32) };
      await expect(suite.store.create(object)).rejects.toMatchObject({ code: 'S3_ERROR' });
      expect(await versionsOf(suite.store, object.key)).toEqual([]);
    });

    suite.conforms('in a bucket without Object Lock it is refused', async () => {
      const bucket = await suite.harness.createBucket({ objectLock: false });
      const create = suite.harness.store({ bucket }).create(anchor('create/unlocked'));
      await expect(create).rejects.toMatchObject({ code: 'BUCKET_NOT_LOCKED' });
    });
  });

  describe('legal hold', () => {
    suite.conforms('is switched on and off', async () => {
      const object = anchor('hold/a');
      const versionId = await created(suite.store, object);
      await suite.store.setLegalHold(object.key, versionId, true);
      expect((await suite.store.head(object.key, versionId)).legalHold).toBe(true);
      await suite.store.setLegalHold(object.key, versionId, false);
      expect(await suite.store.head(object.key, versionId)).toMatchObject({
        legalHold: false,
        lock: { mode: 'COMPLIANCE', retainUntil: object.retainUntil },
      });
    });

    suite.conforms('on a key that does not exist is not found', async () => {
      const versionId = await suite.harness.put('hold/other', 'x');
      const hold = suite.store.setLegalHold('hold/never', versionId, true);
      await expect(hold).rejects.toMatchObject({ code: 'OBJECT_NOT_FOUND' });
    });
  });
}

import '../../../support/native-errors';
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AnchorStore, CreateObject, ObjectVersion } from '../../../../runtime/application/ports';
import { S3AnchorStore } from '../../../../runtime/adapters/s3/s3-anchor-store';
import { startWormS3, type WormS3 } from '../../../../runtime/embedded/s3/server';
import { CREDENTIALS, ManualClock } from './scripted-s3';

const bucket = 'audit-anchors-test';
let directory: string;
let server: WormS3;
let store: AnchorStore;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 's3-faults-'));
  server = await startWormS3({ directory });
  store = open();
  const { CreateBucketCommand, S3Client } = await import('@aws-sdk/client-s3');
  const client = new S3Client({
    region: 'us-east-1',
    endpoint: server.endpoint,
    forcePathStyle: true,
    credentials: { ...CREDENTIALS },
  });
  await client.send(new CreateBucketCommand({ Bucket: bucket, ObjectLockEnabledForBucket: true }));
  client.destroy();
});
beforeEach(() => server.faults.clear());
afterAll(async () => {
  store.close();
  await server.close();
  await rm(directory, { recursive: true });
});

function open(): S3AnchorStore {
  return new S3AnchorStore({
    bucket,
    region: 'us-east-1',
    endpoint: server.endpoint,
    credentials: { ...CREDENTIALS },
    requestTimeoutMs: 500,
    clock: new ManualClock(),
  });
}

function anchor(key: string, text = 'anchor'): CreateObject {
  const body = Buffer.from(text);
  return {
    key,
    body,
    sha256: createHash('sha256').update(body).digest('hex'),
    metadata: {},
    retainUntil: Math.ceil(Date.now() / 1_000) * 1_000 + 3_600_000,
  };
}

async function versions(key: string): Promise<readonly ObjectVersion[]> {
  const all: ObjectVersion[] = [];
  for await (const page of store.listAll(key)) all.push(...page.versions);
  return all;
}

async function bodyOf(key: string): Promise<string> {
  const [only] = await versions(key);
  const { body } = await store.read(key, only?.versionId ?? '', 1_000);
  return body.kind === 'bytes' ? Buffer.from(body.bytes).toString() : body.kind;
}

test('a reply lost after the write: exists, and exactly one version with our bytes', async () => {
  server.faults.inject({ operation: 'PutObject', dropReply: 'after' });
  expect(await store.create(anchor('lost/after'))).toEqual({ kind: 'exists' });
  expect(await versions('lost/after')).toHaveLength(1);
  expect(await bodyOf('lost/after')).toBe('anchor');
});

test('a connection lost before the write: created, and exactly one version', async () => {
  server.faults.inject({ operation: 'PutObject', dropReply: 'before', times: 2 });
  expect(await store.create(anchor('lost/before'))).toMatchObject({ kind: 'created' });
  expect(await versions('lost/before')).toHaveLength(1);
});

test('a reply later than the timeout: exists, and exactly one version', async () => {
  server.faults.inject({ operation: 'PutObject', delayMs: 700 });
  expect(await store.create(anchor('lost/late'))).toMatchObject({
    kind: expect.stringMatching(/^(exists|created)$/),
  });
  // The delayed request is still under way: what it does when it arrives must change nothing.
  await new Promise((resolve) => setTimeout(resolve, 800));
  expect(await versions('lost/late')).toHaveLength(1);
});

test.each([
  [503, 'SlowDown'],
  [500, 'InternalError'],
  [409, 'ConditionalRequestConflict'],
])('%i %s twice, then created', async (status, code) => {
  server.faults.inject({ operation: 'PutObject', status, code, times: 2 });
  server.requests.clear();
  expect(await store.create(anchor(`busy/${code}`))).toMatchObject({ kind: 'created' });
  expect(server.requests.count('PutObject')).toBe(3);
  expect(await versions(`busy/${code}`)).toHaveLength(1);
});

test('eight writers whose replies are all lost leave one version, and all learn that it exists', async () => {
  server.faults.inject({ operation: 'PutObject', dropReply: 'after', times: 8 });
  const stores = Array.from({ length: 8 }, () => open());
  const results = await Promise.all(
    stores.map((writer, n) => writer.create(anchor('lost/race', `rival ${n}`))),
  );
  stores.forEach((writer) => writer.close());
  expect(results).toEqual(Array.from({ length: 8 }, () => ({ kind: 'exists' })));
  expect(await versions('lost/race')).toHaveLength(1);
  expect(await bodyOf('lost/race')).toMatch(/^rival [0-7]$/);
});

test.each([
  ['ListObjectVersions', 3],
  ['GetObject', 2],
  ['HeadObject', 2],
])('one lost reply of %s is asked for again', async (operation, requests) => {
  const key = `again/${operation}`;
  const result = await store.create(anchor(key));
  const versionId = result.kind === 'created' ? (result.versionId ?? '') : '';
  server.faults.inject({ operation, dropReply: 'before' });
  server.requests.clear();
  expect(await versions(key)).toHaveLength(1);
  expect(await bodyOf(key)).toBe('anchor');
  expect((await store.head(key, versionId)).size).toBe(6);
  expect(server.requests.count(operation)).toBe(requests);
});

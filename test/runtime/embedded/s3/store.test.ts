process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  GetObjectLegalHoldCommand,
  ListBucketsCommand,
  ListObjectVersionsCommand,
  PutObjectCommand,
  PutObjectLegalHoldCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { startWormS3 } from '../../../../runtime/embedded/s3/server';
import { WormServer, refusal } from './support/worm-server';

const Bucket = 'stored';

describe('a restart', () => {
  let worm: WormServer;
  beforeEach(async () => {
    worm = await WormServer.start();
  });
  afterEach(() => worm.stop());

  test('keeps versions, their order, locks, markers and bodies', async () => {
    await worm.createBucket(Bucket, { days: 30 });
    for (const body of ['1', '2', '3']) await worm.put(Bucket, 'a/ü', { Body: body, Metadata: { body } });
    const held = await worm.put(Bucket, 'held');
    await worm.s3.send(new PutObjectLegalHoldCommand({ Bucket, Key: 'held', LegalHold: { Status: 'ON' } }));
    await worm.s3.send(new DeleteObjectCommand({ Bucket, Key: 'a/ü' }));
    const list = () => worm.s3.send(new ListObjectVersionsCommand({ Bucket }));
    const before = await list();
    await worm.restart();
    const after = await list();
    expect(after.Versions).toEqual(before.Versions);
    expect(after.DeleteMarkers).toEqual(before.DeleteMarkers);
    expect(after.Versions).toHaveLength(4);

    for (const { Key, VersionId } of after.Versions ?? []) {
      const erase = new DeleteObjectCommand({ Bucket, Key, VersionId });
      expect(await refusal(worm.s3.send(erase))).toEqual({ code: 'AccessDenied', status: 403 });
    }
    const got = await worm.s3.send(
      new GetObjectCommand({ Bucket, Key: 'a/ü', VersionId: after.Versions?.[0]?.VersionId }),
    );
    expect([await got.Body?.transformToString(), got.Metadata]).toEqual(['3', { body: '3' }]);
    const hold = await worm.s3.send(new GetObjectLegalHoldCommand({ Bucket, Key: 'held', VersionId: held }));
    expect(hold.LegalHold?.Status).toBe('ON');

    await worm.put(Bucket, 'a/ü', { Body: '4' });
    const newest = (await list()).Versions?.[0];
    expect([newest?.IsLatest, newest?.Size]).toEqual([true, 1]);
  });

  test('keeps If-None-Match true', async () => {
    await worm.createBucket(Bucket);
    await worm.put(Bucket, 'once', { IfNoneMatch: '*' });
    await worm.restart();
    expect((await refusal(worm.put(Bucket, 'once', { IfNoneMatch: '*' }))).status).toBe(412);
  });

  test('removes what interrupted writes left', async () => {
    await worm.createBucket(Bucket, null);
    await worm.put(Bucket, 'key', { Body: 'older' });
    const versions = join(worm.directory, 'buckets', Bucket, 'versions');
    const [json = ''] = (await readdir(versions)).filter((name) => name.endsWith('.json'));
    const older = await readFile(join(versions, json), 'utf8');
    await worm.put(Bucket, 'key', { Body: 'newer' });
    await worm.server.close();
    // A crash between the two steps of replacing a null version, and one before a version was committed.
    await writeFile(join(versions, json), older);
    await writeFile(join(versions, json.replace('json', 'body')), 'older');
    await writeFile(join(versions, '000000000099.body'), 'never committed');
    await worm.restart();
    const got = await worm.s3.send(new GetObjectCommand({ Bucket, Key: 'key' }));
    expect(await got.Body?.transformToString()).toBe('newer');
    expect(await readdir(versions)).toHaveLength(2);
  });

  test('forgets a bucket that was only half created', async () => {
    await worm.createBucket(Bucket);
    await worm.createBucket('half');
    await worm.server.close();
    await rm(join(worm.directory, 'buckets', 'half', 'bucket.json'));
    await worm.restart();
    const { Buckets } = await worm.s3.send(new ListBucketsCommand({}));
    expect(Buckets?.map(({ Name }) => Name)).toEqual([Bucket]);
    expect(await readdir(join(worm.directory, 'buckets'))).toEqual([Bucket]);
  });

  test.each([
    ['bucket.json', 'it is missing, but the bucket has versions'],
    ['versions', 'it is missing'],
    [join('versions', '000000000001.body'), 'it is missing'],
  ])('does not start without %s', async (file, complaint) => {
    await worm.createBucket(Bucket);
    await worm.put(Bucket, 'key');
    await worm.server.close();
    const path = join(worm.directory, 'buckets', Bucket, file);
    await rm(path, { recursive: true });
    await expect(startWormS3({ directory: worm.directory })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: `The embedded S3 store is damaged: "${path}": ${complaint}`,
    });
  });

  test('names a damaged file and does not start', async () => {
    await worm.createBucket(Bucket);
    await worm.put(Bucket, 'key');
    const versions = join(worm.directory, 'buckets', Bucket, 'versions');
    const json = (await readdir(versions)).find((name) => name.endsWith('.json')) ?? '';
    await worm.server.close();
    await writeFile(join(versions, json), '{"sequence":');
    const start = startWormS3({ directory: worm.directory });
    await expect(start).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining(join(versions, json)) as string,
    });
  });

  test('a body changed on disk is given with the checksum it was stored with', async () => {
    await worm.createBucket(Bucket);
    await worm.put(Bucket, 'key', { Body: 'true', ChecksumAlgorithm: 'SHA256' });
    const versions = join(worm.directory, 'buckets', Bucket, 'versions');
    const body = (await readdir(versions)).find((name) => name.endsWith('.body')) ?? '';
    await writeFile(join(versions, body), 'fake');
    const get = worm.s3.send(new GetObjectCommand({ Bucket, Key: 'key' }));
    await expect(get.then(({ Body }) => Body?.transformToString())).rejects.toThrow(/checksum mismatch/i);
    await writeFile(join(versions, body), 'longer');
    expect(await refusal(worm.s3.send(new GetObjectCommand({ Bucket, Key: 'key' })))).toEqual({
      code: 'InternalError',
      status: 500,
    });
  });
});

test('a folder that cannot be written is InternalError, and the server goes on', async () => {
  const worm = await WormServer.start();
  try {
    await worm.createBucket(Bucket);
    const temporary = join(worm.directory, 'tmp');
    await rm(temporary, { recursive: true });
    expect(await refusal(worm.put(Bucket, 'key'))).toEqual({ code: 'InternalError', status: 500 });
    await mkdir(temporary);
    const versions = join(worm.directory, 'buckets', Bucket, 'versions');
    await rm(versions, { recursive: true });
    expect(await refusal(worm.put(Bucket, 'key'))).toEqual({ code: 'InternalError', status: 500 });
    expect(await readdir(temporary)).toEqual([]);
    await mkdir(versions);
    await worm.put(Bucket, 'key');
  } finally {
    await worm.stop();
  }
});

describe('the folder', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'worm-s3-'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  test('is opened by one server at a time, and free after it', async () => {
    const first = await startWormS3({ directory });
    await expect(startWormS3({ directory })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining(`already open in process ${process.pid}`) as string,
    });
    await first.close();
    await first.close();
    await (await startWormS3({ directory })).close();
    expect(await readdir(directory)).toEqual(['buckets']);
  });

  test('is taken over from a process that is gone, or that had this process id', async () => {
    const gone = spawn(process.execPath, ['-e', '']);
    await once(gone, 'exit');
    for (const lock of [`${gone.pid} token\n`, `${process.pid} token\n`, '']) {
      await writeFile(join(directory, 'server.lock'), lock);
      await (await startWormS3({ directory })).close();
    }
  });

  test('is freed when the port is taken', async () => {
    const other = await mkdtemp(join(tmpdir(), 'worm-s3-'));
    const first = await startWormS3({ directory: other });
    try {
      await expect(startWormS3({ directory, port: first.port })).rejects.toMatchObject({
        code: 'CONFIG_INVALID',
        message: `The embedded S3 server cannot listen on 127.0.0.1:${first.port} (EADDRINUSE)`,
      });
      await (await startWormS3({ directory })).close();
    } finally {
      await first.close();
      await rm(other, { recursive: true });
    }
  });
});

describe('kill -9', () => {
  let directory: string;
  let child: ChildProcess | undefined;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'worm-s3-'));
  });
  afterEach(async () => {
    child?.kill('SIGKILL');
    await rm(directory, { recursive: true, force: true });
  });

  async function serve(): Promise<S3Client> {
    child = spawn(process.execPath, [join(__dirname, 'support', 'serve.cjs'), directory], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
    return new S3Client({
      endpoint: line.toString().trim(),
      region: 'us-east-1',
      forcePathStyle: true,
      maxAttempts: 1,
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    });
  }

  async function kill(): Promise<void> {
    const exited = once(child as ChildProcess, 'exit');
    child?.kill('SIGKILL');
    await exited;
  }

  test('in the middle of writes loses nothing that was acknowledged and shows nothing half written', async () => {
    const acknowledged = new Map<string, string>();
    const bodies = new Map<string, string>();
    for (let round = 0; round < 6; round++) {
      const s3 = await serve();
      if (round === 0) {
        await s3.send(new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: true }));
      }
      let stopped = false;
      const writers = [0, 1, 2, 3].map(async (writer) => {
        for (let i = 0; !stopped; i++) {
          const Key = `r${round}/w${writer}/${i % 3}`;
          const body = `${Key} ${i} `.repeat(1 + ((i * 7919) % 20_000));
          bodies.set(createHash('sha256').update(body).digest('base64'), Key);
          try {
            const put = new PutObjectCommand({ Bucket, Key, Body: body, ChecksumAlgorithm: 'SHA256' });
            const { VersionId = '' } = await s3.send(put);
            acknowledged.set(VersionId, Key);
          } catch {
            return;
          }
        }
      });
      // Four writers never pause, so some writes are under way whenever the process is killed.
      const enough = acknowledged.size + 10 + round * 3;
      while (acknowledged.size < enough) await new Promise((resolve) => setImmediate(resolve));
      await kill();
      stopped = true;
      await Promise.all(writers);
      s3.destroy();
    }

    const s3 = await serve();
    try {
      const found = new Map<string, string>();
      let KeyMarker: string | undefined;
      let VersionIdMarker: string | undefined;
      do {
        const page = await s3.send(new ListObjectVersionsCommand({ Bucket, KeyMarker, VersionIdMarker }));
        for (const { Key = '', VersionId = '' } of page.Versions ?? []) found.set(VersionId, Key);
        ({ NextKeyMarker: KeyMarker, NextVersionIdMarker: VersionIdMarker } = page);
      } while (KeyMarker !== undefined);
      expect(acknowledged.size).toBeGreaterThanOrEqual(60);
      for (const [versionId, key] of acknowledged) expect(found.get(versionId)).toBe(key);
      for (const [VersionId, Key] of found) {
        const got = await s3.send(new GetObjectCommand({ Bucket, Key, VersionId, ChecksumMode: 'ENABLED' }));
        await got.Body?.transformToByteArray();
        expect(bodies.get(got.ChecksumSHA256 ?? '')).toBe(Key);
      }
    } finally {
      s3.destroy();
      await kill();
    }
  }, 60_000);
});

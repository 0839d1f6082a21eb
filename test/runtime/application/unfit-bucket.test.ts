import { ConfigError } from '../../../runtime/errors';
import { Embedded } from '../../support/embedded';
import { RecordingProxy } from '../../support/recording-proxy';

let servers: Embedded;
let proxy: RecordingProxy;
beforeAll(async () => {
  servers = await Embedded.start();
  proxy = await RecordingProxy.start(servers.s3.endpoint);
});
afterAll(async () => {
  await proxy?.stop();
  await servers?.stop();
});
beforeEach(async () => {
  proxy.reset();
  await servers.reset();
  await servers.append(5);
});

/** An anchorer whose endpoint leaves something out. */
function anchorer() {
  return servers.anchorer({ store: servers.store({ endpoint: proxy.endpoint }) });
}

async function verify(): Promise<unknown[]> {
  const verifier = servers.verifier({ store: servers.store({ endpoint: proxy.endpoint }) });
  const { verdict, findings } = await verifier.verify({ kind: 'full' });
  return [verdict, ...findings.map(({ code }) => code)];
}

const CHECKSUM = { 'x-amz-checksum-sha256': undefined, 'x-amz-sdk-checksum-algorithm': undefined };
const ENCRYPTION = {
  'x-amz-server-side-encryption': undefined,
  'x-amz-server-side-encryption-aws-kms-key-id': undefined,
};
const LOCK = { 'x-amz-object-lock-mode': undefined, 'x-amz-object-lock-retain-until-date': undefined };

describe('what the bucket does not keep is found at the first anchor, and nothing further is written', () => {
  test.each([
    ['SHA-256 checksum', 'answers', CHECKSUM],
    ['version id', 'answers', { 'x-amz-version-id': undefined }],
    ['encryption', 'answers', ENCRYPTION],
    ['COMPLIANCE lock', 'HEAD', LOCK],
    ['metadata', 'HEAD', { 'x-amz-meta-anchor-seq': undefined }],
    ['SHA-256 checksum', 'HEAD', CHECKSUM],
  ])('%s, missing from %s', async (missing, where, change) => {
    proxy.changeReply = ({ method }) => (where === 'HEAD' && method !== 'HEAD' ? {} : change);
    // What is left out of the reply to HEAD is asked for again, of an endpoint that keeps no lock.
    if (missing === 'COMPLIANCE lock') {
      servers.s3.faults.inject({
        operation: 'GetObjectRetention',
        status: 404,
        code: 'NoSuchObjectLockConfiguration',
      });
    }
    const unfit = anchorer();
    const failure = {
      code: 'BUCKET_UNFIT',
      message: expect.stringContaining(`written without: ${missing}`) as string,
    };
    const first = unfit.anchor();
    await expect(first).rejects.toBeInstanceOf(ConfigError);
    await expect(first).rejects.toMatchObject(failure);
    await servers.append(3);
    servers.clock.advanceMinutes(60);
    await expect(unfit.anchor({ force: 'manual' })).rejects.toMatchObject(failure);
    expect(await servers.versions()).toHaveLength(1);
  });

  test('an endpoint that does not know a header of the PUT: nothing is written, nothing is repeated', async () => {
    servers.s3.faults.inject({
      operation: 'PutObject',
      status: 501,
      code: 'NotImplemented',
      times: Infinity,
    });
    const unfit = anchorer();
    await expect(unfit.anchor()).rejects.toMatchObject({ code: 'BUCKET_UNFIT' });
    await expect(unfit.anchor()).rejects.toMatchObject({ code: 'BUCKET_UNFIT' });
    expect(servers.s3.requests.count('PutObject')).toBe(1);
    expect(await servers.versions()).toEqual([]);
  });
});

test('a bucket that keeps everything is asked once for the lock', async () => {
  const fit = anchorer();
  await fit.anchor();
  servers.clock.advanceMinutes(60);
  await fit.anchor();
  expect(servers.s3.requests.count('HeadObject')).toBe(1);
});

test.each([403, 500])('an anchor that cannot be looked at (%i) is written all the same', async (status) => {
  servers.s3.faults.inject({ operation: 'HeadObject', status, times: Infinity });
  expect(await anchorer().anchor()).toMatchObject({ kind: 'written' });
});

test('what was written without a checksum stays evidence: not evaluated, and contradictions still count', async () => {
  proxy.changeReply = () => CHECKSUM;
  await expect(anchorer().anchor()).rejects.toMatchObject({ code: 'BUCKET_UNFIT' });
  expect(await verify()).toEqual(['not evaluated', 'ANCHOR_INCOMPLETE']);
  await servers.sql('UPDATE audit_events SET actor = $$mallory$$ WHERE chain_index = 3');
  expect(await verify()).toEqual(expect.arrayContaining(['tampered', 'EVENT_HASH', 'ANCHOR_INCOMPLETE']));
});

test('an endpoint that ignores If-None-Match: found when a PUT is repeated, and no overlay by an attacker', async () => {
  proxy.change = ({ method }) => (method === 'PUT' ? { 'if-none-match': undefined } : {});
  servers.s3.faults.inject({ operation: 'PutObject', dropReply: 'after' });
  const unfit = anchorer();
  const failure = { code: 'BUCKET_UNFIT', message: expect.stringContaining('If-None-Match') as string };
  await expect(unfit.anchor()).rejects.toMatchObject(failure);
  await expect(unfit.anchor({ force: 'manual' })).rejects.toMatchObject(failure);
  const versions = await servers.versions();
  expect(versions).toHaveLength(2);
  expect(new Set(versions.map(({ key }) => key)).size).toBe(1);
  expect(await verify()).toEqual(['verified', 'ANCHOR_REPEATED']);
});

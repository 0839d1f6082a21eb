import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startWormS3 } from '../../runtime/embedded/s3/server';
import { describeAnchorStore } from './anchor-store';
import { MOTO_DEFECTS } from './moto-defects';
import { openS3Harness, type S3Endpoint } from './s3-harness';

describeAnchorStore('S3AnchorStore on the embedded WORM S3', () => openS3Harness(startEmbedded));

const endpoint = process.env['CONFORMANCE_S3_ENDPOINT'] ?? '';
if (endpoint === '') {
  test.skip('S3AnchorStore on another endpoint: set CONFORMANCE_S3_ENDPOINT to run the suite there', () =>
    undefined);
} else {
  const defects = process.env['CONFORMANCE_S3_KNOWN_DEFECTS'] === 'moto' ? MOTO_DEFECTS : {};
  describeAnchorStore(`S3AnchorStore on ${endpoint}`, () => openS3Harness(() => given(endpoint)), defects);
}

async function startEmbedded(): Promise<S3Endpoint> {
  const directory = await mkdtemp(join(tmpdir(), 'anchor-conformance-'));
  const server = await startWormS3({ directory });
  return {
    endpoint: server.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'conformance', secretAccessKey: 'conformance' },
    async stop() {
      await server.close();
      await rm(directory, { recursive: true });
    },
  };
}

function given(url: string): Promise<S3Endpoint> {
  return Promise.resolve({
    endpoint: url,
    region: process.env['AWS_REGION'] ?? 'us-east-1',
    credentials: {
      accessKeyId: process.env['AWS_ACCESS_KEY_ID'] ?? 'conformance',
      secretAccessKey: process.env['AWS_SECRET_ACCESS_KEY'] ?? 'conformance',
    },
    stop: () => Promise.resolve(),
  });
}

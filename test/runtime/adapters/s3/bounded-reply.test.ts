import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { boundedBody } from '../../../../runtime/adapters/s3/bounded-reply';
import { S3AnchorStore } from '../../../../runtime/adapters/s3/s3-anchor-store';

jest.setTimeout(60_000);

function* endless(): Generator<Buffer> {
  for (;;) yield Buffer.alloc(65_536, ' ');
}

test('a body within the bounds passes as it is', async () => {
  const body = boundedBody(Readable.from([Buffer.from('some'), Buffer.from('more')]), 8, 60_000);
  expect((await buffer(body)).toString()).toBe('somemore');
});

test('one that is longer fails, and its source is closed', async () => {
  const source = Readable.from(endless());
  await expect(buffer(boundedBody(source, 100_000, 60_000))).rejects.toMatchObject({ name: 'ReplyTooLong' });
  expect(source.destroyed).toBe(true);
});

test('one that never ends fails in time', async () => {
  const source = new Readable({ read: () => undefined });
  await expect(buffer(boundedBody(source, 8, 20))).rejects.toMatchObject({ name: 'TimeoutError' });
  expect(source.destroyed).toBe(true);
});

describe('an endpoint', () => {
  const cases = [
    ['whose listing never ends', 200, '<ListVersionsResult>', true],
    ['whose error never ends', 403, '<Error>', true],
    ['that answers with another document', 200, '<html><body>hello</body></html>', false],
    ['that answers with none', 200, '{"a": [', false],
  ] as const;

  test.each(cases)(
    '%s: an error of this program, without words of the SDK',
    async (_, status, start, goesOn) => {
      const server = createServer((_request, response) => {
        response.writeHead(status, { 'content-type': 'application/xml' });
        if (!goesOn) return void response.end(start);
        response.write(start);
        const more = (): void => {
          while (!response.destroyed && response.write(Buffer.alloc(65_536, ' ')));
        };
        response.on('drain', more);
        more();
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const store = new S3AnchorStore({
        bucket: 'anchors',
        region: 'us-east-1',
        endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
        credentials: { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'example' },
      });
      try {
        const failure: unknown = await store.listPage({ prefix: 'p/' }).catch((error: unknown) => error);
        expect(failure).toMatchObject({ code: 'S3_ERROR' });
        expect((failure as Error).message).not.toMatch(
          /Deserialization|undefined|char |\$response|Unexpected/,
        );
      } finally {
        store.close();
        server.closeAllConnections();
        server.close();
      }
    },
  );
});

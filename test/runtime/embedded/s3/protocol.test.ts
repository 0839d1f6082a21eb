import { connect } from 'node:net';
import { CreateMultipartUploadCommand, GetObjectTaggingCommand, HeadBucketCommand } from '@aws-sdk/client-s3';
import { AUTHORIZATION, codeOf, raw } from './support/raw-http';
import { WormServer, refusal } from './support/worm-server';

const Bucket = 'protocol';

let worm: WormServer;
let endpoint: string;
beforeAll(async () => {
  worm = await WormServer.start();
  endpoint = worm.server.endpoint;
  await worm.createBucket(Bucket);
  await worm.put(Bucket, 'key');
});
afterAll(() => worm.stop());

describe('who may ask', () => {
  test('nobody without a signature', async () => {
    const answer = await raw(endpoint, 'GET', `/${Bucket}/key`, { authorization: null });
    expect([answer.status, codeOf(answer)]).toEqual([403, 'AccessDenied']);
  });

  test('nobody who signs for another region', async () => {
    const answer = await raw(endpoint, 'GET', `/${Bucket}/key`, {
      authorization: AUTHORIZATION.replace('us-east-1', 'eu-west-1'),
    });
    expect([answer.status, codeOf(answer)]).toEqual([400, 'AuthorizationHeaderMalformed']);
    expect(answer.body).toContain('<Region>us-east-1</Region>');
    expect(answer.body).toContain(
      'the region &apos;eu-west-1&apos; is wrong; expecting &apos;us-east-1&apos;',
    );
    const head = worm.client({ region: 'eu-west-1' }).send(new HeadBucketCommand({ Bucket }));
    expect((await refusal(head)).status).toBe(400);
  });

  test.each(['Basic dGVzdA==', 'AWS4-HMAC-SHA256 Credential=test', 'AWS test:signature'])(
    'nobody who sends %s',
    async (authorization) => {
      const answer = await raw(endpoint, 'GET', `/${Bucket}/key`, { authorization });
      expect(codeOf(answer)).toBe('AuthorizationHeaderMalformed');
    },
  );

  test.each(['example.com', 'protocol.localhost', '10.0.0.1:80', '127.0.0.1.evil.example'])(
    'nobody who calls the server %s',
    async (host) => {
      const answer = await raw(endpoint, 'GET', `/${Bucket}/key`, { host });
      expect([answer.status, codeOf(answer)]).toEqual([400, 'InvalidArgument']);
    },
  );

  test('localhost', async () => {
    expect((await raw(endpoint, 'GET', `/${Bucket}/key`, { host: 'LocalHost:80' })).status).toBe(200);
  });
});

describe('the time of the server', () => {
  test.each([
    ['a success', 'HEAD', `/${Bucket}/key`, 200],
    ['a refusal', 'GET', `/${Bucket}/missing`, 404],
    ['a request that is not understood', 'PATCH', '/', 405],
  ])('dates %s', async (_, method, path, status) => {
    const answer = await raw(endpoint, method, path);
    expect([answer.status, answer.headers.date]).toEqual([status, new Date(worm.clock.now()).toUTCString()]);
  });
});

describe('what there is not', () => {
  test('multipart uploads, with a hint', async () => {
    const start = worm.s3.send(new CreateMultipartUploadCommand({ Bucket, Key: 'big' }));
    await expect(start).rejects.toMatchObject({
      name: 'NotImplemented',
      message:
        'The embedded S3 server does not implement multipart uploads; send the object in one PutObject of at most 5 GiB',
    });
  });

  test('other operations of S3', async () => {
    const tags = await refusal(worm.s3.send(new GetObjectTaggingCommand({ Bucket, Key: 'key' })));
    expect(tags).toEqual({ code: 'NotImplemented', status: 501 });
  });

  test.each([
    ['POST', '/', 405, 'MethodNotAllowed'],
    ['POST', `/${Bucket}/key`, 405, 'MethodNotAllowed'],
    ['PATCH', `/${Bucket}/key`, 405, 'MethodNotAllowed'],
    ['DELETE', `/${Bucket}?versioning`, 405, 'MethodNotAllowed'],
    ['POST', `/${Bucket}`, 501, 'NotImplemented'],
    ['DELETE', `/${Bucket}`, 501, 'NotImplemented'],
    ['PUT', `/${Bucket}?lifecycle`, 501, 'NotImplemented'],
    ['PUT', `/${Bucket}/key?encryption`, 501, 'NotImplemented'],
    ['PUT', `/${Bucket}/key?tagging`, 501, 'NotImplemented'],
    ['GET', `/${Bucket}/%ff`, 400, 'InvalidURI'],
    ['GET', `/${Bucket}/key?versionId=`, 400, 'InvalidArgument'],
    ['GET', `/${Bucket}/key?attributes`, 501, 'NotImplemented'],
    ['POST', `/${Bucket}/key?restore`, 501, 'NotImplemented'],
    ['DELETE', `/${Bucket}?lifecycle`, 501, 'NotImplemented'],
    ['GET', `/${Bucket}?versioning&policy`, 501, 'NotImplemented'],
    ['GET', `/${Bucket}?list-type=3`, 400, 'InvalidArgument'],
    ['GET', `/${Bucket}?versions&key-marker=a&version-id-marker=`, 400, 'InvalidArgument'],
    ['DELETE', '/no-such-bucket/key', 404, 'NoSuchBucket'],
  ])('%s %s is %i %s', async (method, path, status, code) => {
    const answer = await raw(endpoint, method, path);
    expect([answer.status, codeOf(answer)]).toEqual([status, code]);
  });
});

describe('answers', () => {
  test('an error is a document with the request id of its header', async () => {
    const answer = await raw(endpoint, 'GET', `/${Bucket}/${encodeURIComponent('<missing> & "gone"')}`);
    expect(answer.headers['content-type']).toBe('application/xml');
    expect(answer.body).toContain('<Key>&lt;missing&gt; &amp; &quot;gone&quot;</Key>');
    expect(answer.body).toContain(`<RequestId>${String(answer.headers['x-amz-request-id'])}</RequestId>`);
  });

  test('query names of the client are ignored, and response headers can be overridden', async () => {
    const answer = await raw(
      endpoint,
      'GET',
      `/${Bucket}/key?x-id=GetObject&response-content-type=text/plain`,
    );
    expect([answer.body, answer.headers['content-type']]).toEqual(['key', 'text/plain']);
  });
});

describe('documents', () => {
  const hold = (body: string) => raw(endpoint, 'PUT', `/${Bucket}/key?legal-hold`, {}, body);

  test.each([
    [''],
    ['<LegalHold>'],
    ['<Other><Status>ON</Status></Other>'],
    ['<LegalHold/>'],
    ['<LegalHold><Status>ON</Status><Status>OFF</Status></LegalHold>'],
    ['<LegalHold><Status><Deep>ON</Deep></Status></LegalHold>'],
    ['<!DOCTYPE a [<!ENTITY b "ON">]><LegalHold><Status>&b;</Status></LegalHold>'],
    [`<LegalHold><Status>${'x'.repeat(9 * 1024 * 1024)}</Status></LegalHold>`],
  ])('%.60s is MalformedXML', async (body) => {
    expect(codeOf(await hold(body))).toBe('MalformedXML');
  });

  test('with a namespace, a declaration and white space are read', async () => {
    const answer = await hold(
      '<?xml version="1.0"?>\n<s3:LegalHold xmlns:s3="http://s3.amazonaws.com/doc/2006-03-01/">\n  <s3:Status>&#79;FF</s3:Status>\n</s3:LegalHold>\n',
    );
    expect(answer.status).toBe(200);
  });
});

describe('connections', () => {
  test('a refused upload leaves the connection usable', async () => {
    const socket = connect(worm.server.port, '127.0.0.1');
    const request = (path: string) =>
      `PUT ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: ${AUTHORIZATION}\r\nContent-Length: 200000\r\n\r\n${'x'.repeat(200_000)}`;
    socket.write(request('/no-such-bucket/key') + request(`/${Bucket}/second`));
    let text = '';
    for await (const chunk of socket) {
      text += String(chunk);
      if (/HTTP\/1\.1 404[^]*HTTP\/1\.1 200/.test(text)) break;
    }
    expect(text).toMatch(/HTTP\/1\.1 404 Not Found[^]*<Code>NoSuchBucket<\/Code>[^]*HTTP\/1\.1 200 OK/);
  });

  test('an upload that breaks off leaves nothing', async () => {
    const socket = connect(worm.server.port, '127.0.0.1');
    socket.write(
      `PUT /${Bucket}/broken HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: ${AUTHORIZATION}\r\nContent-Length: 100\r\n\r\nhalf`,
    );
    await new Promise((resolve) => setTimeout(resolve, 100));
    socket.destroy();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect((await raw(endpoint, 'HEAD', `/${Bucket}/broken`)).status).toBe(404);
  });
});

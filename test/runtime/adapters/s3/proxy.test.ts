import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { systemClock } from '../../../../runtime/adapters/clock/system-clock';
import { S3Gateway } from '../../../../runtime/adapters/s3/s3-gateway';
import { RequestPace } from '../../../../runtime/adapters/s3/request-pace';
import { ServerTimes } from '../../../../runtime/adapters/s3/server-times';

const NAMES = ['HTTPS_PROXY', 'HTTP_PROXY', 'ALL_PROXY', 'NO_PROXY'].flatMap((name) => [
  name,
  name.toLowerCase(),
]);
const before = NAMES.map((name) => [name, process.env[name]] as const);
const servers: Server[] = [];

beforeEach(() => {
  for (const name of NAMES) delete process.env[name];
});
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});
afterAll(() => {
  for (const [name, value] of before) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
});

async function listen(server: Server): Promise<number> {
  servers.push(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return (server.address() as AddressInfo).port;
}

/** A server that says the bucket has versioning. */
function bucketServer(): Promise<number> {
  return listen(
    createServer((_, response) =>
      response.end('<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>'),
    ),
  );
}

/** A proxy, and what it was asked to connect to. */
async function proxy(status = 200): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer().on('connect', ({ url = '' }, socket) => {
    asked.push(url);
    if (status !== 200) {
      socket.end(`HTTP/1.1 ${status} No\r\n\r\n`);
      return;
    }
    const [host, port] = url.split(':');
    const there = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      there.pipe(socket).pipe(there);
    });
    for (const each of [there, socket]) each.on('error', () => undefined);
  });
  return { url: `http://user:hunter2@127.0.0.1:${await listen(server)}`, asked };
}

async function ask(endpoint?: string, region = 'eu-west-1'): Promise<unknown> {
  const credentials = { accessKeyId: 'AKIDTEST', secretAccessKey: 'TestSecret' };
  const connection = { region, credentials, ...(endpoint === undefined ? {} : { endpoint }) };
  const pace = new RequestPace(systemClock, () => 0.5);
  const gateway = new S3Gateway('anchors', connection, pace, new ServerTimes(systemClock));
  const call = { operation: 'GetBucketVersioning' } as const;
  try {
    return await gateway
      .attempt(
        'single',
        (client, sdk, options) =>
          client.send(new sdk.GetBucketVersioningCommand({ Bucket: 'anchors' }), options),
        undefined,
      )
      .then(({ Status }) => Status)
      .catch((error: unknown) => gateway.explain(error, call));
  } finally {
    gateway.close();
  }
}

test.each(['HTTP_PROXY', 'http_proxy', 'ALL_PROXY'])('%s is used', async (name) => {
  const port = await bucketServer();
  const { url, asked } = await proxy();
  process.env[name] = url;
  expect(await ask(`http://127.0.0.1:${port}`)).toBe('Enabled');
  expect(asked).toEqual([`127.0.0.1:${port}`]);
});

test.each([
  ['NO_PROXY', '127.0.0.1'],
  ['no_proxy', 'example.com,127.0.0.1'],
  ['NO_PROXY', '*'],
])('%s=%s is asked directly', async (name, value) => {
  const port = await bucketServer();
  const { url, asked } = await proxy();
  process.env['HTTP_PROXY'] = url;
  process.env[name] = value;
  expect(await ask(`http://127.0.0.1:${port}`)).toBe('Enabled');
  expect(asked).toEqual([]);
});

test.each([
  ['eu-west-1', 'anchors.s3.eu-west-1.amazonaws.com'],
  ['cn-north-1', 'anchors.s3.cn-north-1.amazonaws.com.cn'],
])(
  'a proxy that refuses is named, without its password, and so is the host asked: %s',
  async (region, host) => {
    const { url, asked } = await proxy(407);
    process.env['HTTPS_PROXY'] = url;
    const error = await ask(undefined, region);
    expect(asked).toEqual([`${host}:443`]);
    expect(error).toMatchObject({
      code: 'S3_UNREACHABLE',
      message: expect.stringMatching(/the proxy 127\.0\.0\.1:\d+ answered with 407/) as string,
      hint: expect.stringContaining('HTTPS_PROXY') as string,
    });
    expect((error as Error).message).toContain(host);
    expect((error as Error).message).not.toContain('hunter2');
  },
);

test('a proxy that is not there', async () => {
  process.env['HTTPS_PROXY'] = 'http://127.0.0.1:9';
  const error = await ask();
  expect(error).toMatchObject({
    code: 'S3_UNREACHABLE',
    message: expect.stringContaining('the proxy 127.0.0.1:9 cannot be used (ECONNREFUSED)') as string,
  });
});

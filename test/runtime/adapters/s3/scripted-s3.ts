import '../../../support/native-errors';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { Clock } from '../../../../runtime/application/ports';
import { S3AnchorStore, type S3AnchorStoreOptions } from '../../../../runtime/adapters/s3/s3-anchor-store';

process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export type Reply = (request: IncomingMessage, response: ServerResponse) => void;

/** An HTTP server that answers what the test says, in turn, and keeps what it was sent. */
export class ScriptedS3 {
  readonly seen: SeenRequest[] = [];
  readonly #script: Reply[] = [];
  readonly #server = createServer((request, response) => void this.#answer(request, response));

  static async start(): Promise<ScriptedS3> {
    const scripted = new ScriptedS3();
    await new Promise<void>((resolve) => scripted.#server.listen(0, '127.0.0.1', resolve));
    return scripted;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The next answers; the last one also holds for every request after it. */
  script(...replies: Reply[]): void {
    this.seen.length = 0;
    this.#script.splice(0, this.#script.length, ...replies);
  }

  store(options: Partial<S3AnchorStoreOptions> = {}): S3AnchorStore {
    return new S3AnchorStore({
      bucket: 'anchors',
      region: 'eu-central-1',
      endpoint: this.endpoint,
      // A copy: the SDK writes a note about the source into the object it is given.
      credentials: { ...CREDENTIALS },
      requestTimeoutMs: 400,
      clock: new ManualClock(),
      jitter: () => 0.5,
      ...options,
    });
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = (await buffer(request)).toString();
    const url = new URL(request.url ?? '/', 'http://localhost');
    this.seen.push({
      method: request.method ?? '',
      path: url.pathname,
      query: url.searchParams,
      headers: request.headers,
      body,
    });
    const reply = this.#script.length > 1 ? this.#script.shift() : this.#script[0];
    reply?.(request, response);
  }
}

export const CREDENTIALS = {
  accessKeyId: 'AKIASCRIPTEDEXAMPLE',
  secretAccessKey: 'scripted-secret-access-key',
  sessionToken: 'scripted-session-token',
};

/** Time that passes only while someone sleeps. */
export class ManualClock implements Clock {
  readonly waits: number[] = [];
  #now = Date.UTC(2026, 0, 1);

  now(): number {
    return this.#now;
  }

  sleep(ms: number): Promise<void> {
    this.waits.push(ms);
    this.#now += ms;
    return Promise.resolve();
  }
}

export function ok(headers: Record<string, string> = {}, body: string | Buffer = ''): Reply {
  return (_request, response) => {
    response.writeHead(200, headers);
    response.end(body);
  };
}

/** An error as S3 words it; HEAD gets the status alone. */
export function fail(status: number, code: string, message = 'because', extra: Partial<Extra> = {}): Reply {
  return (request, response) => {
    response.writeHead(status, {
      'content-type': 'application/xml',
      'x-amz-request-id': 'REQ123',
      ...extra.headers,
    });
    response.end(
      request.method === 'HEAD'
        ? ''
        : `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${message}</Message>` +
            `${extra.xml ?? ''}<RequestId>REQ123</RequestId></Error>`,
    );
  };
}

interface Extra {
  readonly headers: Record<string, string>;
  readonly xml: string;
}

/** Never answers. */
export const hang: Reply = () => undefined;

/** Closes the connection without an answer. */
export const reset: Reply = (request) => {
  request.socket.destroy();
};

/** A listing as S3 words it. */
export function listing(entries: string, more = ''): Reply {
  return ok(
    { 'content-type': 'application/xml' },
    '<?xml version="1.0" encoding="UTF-8"?>' +
      '<ListVersionsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>anchors</Name>' +
      `<EncodingType>url</EncodingType>${more === '' ? '<IsTruncated>false</IsTruncated>' : more}${entries}` +
      '</ListVersionsResult>',
  );
}

export function version(
  key: string,
  versionId: string,
  options: { latest?: boolean; at?: string } = {},
): string {
  return (
    `<Version><Key>${key}</Key><VersionId>${versionId}</VersionId><IsLatest>${options.latest ?? true}</IsLatest>` +
    `<LastModified>${options.at ?? '2026-01-01T00:00:00.000Z'}</LastModified><Size>7</Size></Version>`
  );
}

export function marker(
  key: string,
  versionId: string,
  options: { latest?: boolean; at?: string } = {},
): string {
  return version(key, versionId, options)
    .replaceAll('Version>', 'DeleteMarker>')
    .replace('<Size>7</Size>', '');
}

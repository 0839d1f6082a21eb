import { request, type IncomingHttpHeaders } from 'node:http';

export interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export const AUTHORIZATION =
  'AWS4-HMAC-SHA256 Credential=test/20300615/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0';

/** A request exactly as written, for what the SDK would never send. A null header is left out. */
export function raw(
  endpoint: string,
  method: string,
  path: string,
  headers: Record<string, string | null> = {},
  body: string | Buffer = '',
): Promise<RawAnswer> {
  const sent = Object.entries({ authorization: AUTHORIZATION, ...headers }).filter(
    (entry): entry is [string, string] => entry[1] !== null,
  );
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(endpoint);
    const message = request({ hostname, port, method, path, headers: Object.fromEntries(sent) }, (reply) => {
      const chunks: Buffer[] = [];
      reply.on('data', (chunk: Buffer) => chunks.push(chunk));
      reply.on('end', () =>
        resolve({
          status: reply.statusCode ?? 0,
          headers: reply.headers,
          body: Buffer.concat(chunks).toString(),
        }),
      );
      reply.on('error', reject);
    });
    message.on('error', reject);
    message.end(body);
  });
}

/** The Code element of an error document. */
export function codeOf(answer: RawAnswer): string {
  return /<Code>([^<]*)<\/Code>/.exec(answer.body)?.[1] ?? '';
}

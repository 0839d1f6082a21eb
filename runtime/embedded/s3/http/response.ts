import type { FileHandle } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { xmlDocument, type XmlNode } from './xml-writer';

/** A part of an open file; sending it closes the file. */
export interface FileBody {
  readonly file: FileHandle;
  readonly start: number;
  readonly length: number;
}

export interface S3Response {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text is XML unless the headers say otherwise. */
  readonly body?: string | FileBody;
}

export function xmlResponse(
  root: string,
  children: readonly XmlNode[],
  headers: Readonly<Record<string, string>> = {},
): S3Response {
  return { status: 200, headers, body: xmlDocument(root, children) };
}

export interface ErrorAnswer {
  readonly code: string;
  readonly message: string;
  readonly status: number;
  readonly extra: {
    readonly details?: Readonly<Record<string, string>>;
    readonly headers?: Readonly<Record<string, string>>;
  };
}

/** S3's error document. 304 has no body. */
export function errorResponse(error: ErrorAnswer, requestId: string): S3Response {
  const { code, message, status, extra } = error;
  const nodes: XmlNode[] = [
    ['Code', code],
    ['Message', message],
    ...Object.entries(extra.details ?? {}),
    ['RequestId', requestId],
    ['HostId', 'embedded'],
  ];
  return { status, headers: extra.headers ?? {}, body: xmlDocument('Error', nodes, '') };
}

/** What every reply carries. */
export interface ReplyStamp {
  readonly requestId: string;
  /** Time of the server, milliseconds since the epoch, for the Date header. */
  readonly now: number;
}

/** Writes a response; resolves when it has been handed to the socket. */
export async function send(reply: ServerResponse, answer: S3Response, stamp: ReplyStamp): Promise<void> {
  const { status, headers = {}, body } = answer;
  reply.statusCode = status;
  reply.setHeader('Date', new Date(stamp.now).toUTCString());
  reply.setHeader('Server', 'embedded-worm-s3');
  reply.setHeader('x-amz-request-id', stamp.requestId);
  reply.setHeader('x-amz-id-2', 'embedded');
  for (const [name, value] of Object.entries(headers)) reply.setHeader(name, value);
  if (body === undefined) {
    if (status !== 204 && status !== 304 && !reply.hasHeader('content-length')) {
      reply.setHeader('content-length', '0');
    }
    reply.end();
    return;
  }
  if (typeof body === 'string') {
    if (!reply.hasHeader('content-type')) reply.setHeader('content-type', 'application/xml');
    reply.setHeader('content-length', Buffer.byteLength(body));
    reply.end(body);
    return;
  }
  await sendFile(reply, body);
}

async function sendFile(reply: ServerResponse, body: FileBody): Promise<void> {
  reply.setHeader('content-length', body.length);
  if (body.length === 0) {
    await body.file.close();
    reply.end();
    return;
  }
  const stream = body.file.createReadStream({ start: body.start, end: body.start + body.length - 1 });
  await pipeline(stream, reply);
}

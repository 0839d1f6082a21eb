import type { GetObjectCommandOutput } from '@aws-sdk/client-s3';
import { Readable } from 'node:stream';
import type { StoredObject } from '../../application/ports';
import { headObject, readHead } from './object-head';
import { unexpectedReply } from './s3-errors';
import type { S3Call, S3Gateway, Use } from './s3-gateway';
import { S3RequestFailed } from './s3-request-failed';

export interface ReadTarget {
  readonly key: string;
  readonly versionId: string;
  readonly maxBytes: number;
}

/** Reads one version, unless it is archived or larger than `maxBytes`. */
export async function readObject(
  gateway: S3Gateway,
  target: ReadTarget,
  signal: AbortSignal | undefined,
): Promise<StoredObject> {
  const { key, versionId } = target;
  const call: S3Call = { operation: 'GetObject', key, versionId };
  try {
    const { output, body } = await gateway.attempt('repeating', get(gateway, call, target), signal);
    // May ask S3 once more, for which this attempt must have ended: under throttling it could wait for itself.
    return { head: await readHead(gateway, call, output, signal), body };
  } catch (error) {
    if (error instanceof S3RequestFailed && error.failure.code === 'InvalidObjectState') {
      return { head: await headObject(gateway, key, versionId, signal), body: { kind: 'archived' } };
    }
    throw gateway.explain(error, call);
  }
}

interface Got {
  readonly output: GetObjectCommandOutput;
  readonly body: StoredObject['body'];
}

/** The body belongs to the attempt: a connection can break after the headers. */
function get(gateway: S3Gateway, call: S3Call, { key, versionId, maxBytes }: ReadTarget): Use<Got> {
  return async (client, sdk, options) => {
    const output = await client.send(
      new sdk.GetObjectCommand({
        Bucket: gateway.bucket,
        Key: key,
        VersionId: versionId,
        ChecksumMode: 'ENABLED',
      }),
      options,
    );
    const stream = output.Body;
    if (!(stream instanceof Readable)) throw unexpectedReply(gateway.request(call), 'the reply has no body');
    return { output, body: await readBody(stream, output.ContentLength, maxBytes) };
  };
}

async function readBody(
  stream: Readable,
  announced: number | undefined,
  maxBytes: number,
): Promise<StoredObject['body']> {
  if (announced !== undefined && announced > maxBytes) {
    stream.destroy();
    return { kind: 'oversized', size: announced };
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Uint8Array>) {
      size += chunk.byteLength;
      // Leaving the loop destroys the stream: a body longer than announced ends here too.
      if (size > maxBytes) return { kind: 'oversized', size };
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('Checksum mismatch')) {
      return { kind: 'corrupt', reason: error.message };
    }
    throw error;
  }
  return { kind: 'bytes', bytes: Buffer.concat(chunks) };
}

import { Readable } from 'node:stream';
import type { Clock, StoredObject } from '../../application/ports';
import { backoffMs, type Jitter } from './backoff';
import { headObject, readHead } from './object-head';
import { unexpectedReply } from './s3-errors';
import { isTransport } from './s3-failure';
import { S3RequestFailed, type S3Call, type S3Gateway } from './s3-gateway';

/** A connection can break after the headers, where the SDK no longer repeats the request. */
const MAX_DOWNLOADS = 3;

/** Reads one version, unless it is archived or larger than `maxBytes`. */
export async function readObject(
  gateway: S3Gateway,
  target: { readonly key: string; readonly versionId: string; readonly maxBytes: number },
  pace: { readonly clock: Clock; readonly jitter: Jitter },
): Promise<StoredObject> {
  const { key, versionId } = target;
  const call: S3Call = { operation: 'GetObject', key, versionId };
  for (let download = 1; ; download += 1) {
    try {
      return await gateway.attempt('repeating', (client, sdk) =>
        client
          .send(
            new sdk.GetObjectCommand({
              Bucket: gateway.bucket,
              Key: key,
              VersionId: versionId,
              ChecksumMode: 'ENABLED',
            }),
          )
          .then(async (output): Promise<StoredObject> => {
            const stream = output.Body;
            if (!(stream instanceof Readable)) {
              throw unexpectedReply(gateway.request(call), 'the reply has no body');
            }
            const body = await readBody(stream, output.ContentLength, target.maxBytes);
            return { head: await readHead(gateway, call, output), body };
          }),
      );
    } catch (error) {
      if (!(error instanceof S3RequestFailed)) throw error;
      if (error.failure.code === 'InvalidObjectState') {
        return { head: await headObject(gateway, key, versionId), body: { kind: 'archived' } };
      }
      if (!isTransport(error.failure) || download === MAX_DOWNLOADS) throw gateway.explain(error, call);
      await pace.clock.sleep(backoffMs(download, pace.jitter));
    }
  }
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

import type { Exchange, Operation } from '../exchange';
import { BodyDigest, type BodyDigests } from '../integrity/body-digest';
import { readDeclaredIntegrity, type DeclaredIntegrity } from '../integrity/declared';
import { effectiveRetention } from '../lock/upload-lock';
import { S3Error } from '../s3-error';
import type { StagedBody } from '../store/durable-files';
import { authorizeWrite } from './authorize-write';
import { checksumHeaders, createVersion, createdHeaders } from './create-version';
import { uploadEncryption } from './encryption';
import { keptHeaders, uploadStorageClass } from './upload-headers';

export const putObject: Operation = async (exchange, services) => {
  const { store, clock, region } = services;
  const { headers } = exchange;
  const bucket = store.bucket(exchange.bucket);
  const lock = authorizeWrite(exchange, services, bucket);
  const declared = readDeclaredIntegrity(headers);
  if (effectiveRetention(lock, bucket, clock.now()) !== null) assertDigested(declared);
  const options = {
    lock,
    encryption: uploadEncryption(headers, region),
    storageClass: uploadStorageClass(headers),
    headers: keptHeaders(headers),
  };
  exchange.payload.declaredLength();

  const body = await store.stageBody();
  try {
    const digests = await receive(exchange, body, new BodyDigest(declared));
    const record = await createVersion(exchange, services, { ...options, body, digests });
    return {
      status: 200,
      headers: { ...createdHeaders(bucket, record), ...checksumHeaders(record.content) },
    };
  } finally {
    await body.discard();
  }
};

async function receive(exchange: Exchange, body: StagedBody, digest: BodyDigest): Promise<BodyDigests> {
  for await (const chunk of exchange.payload) {
    digest.update(chunk);
    await body.write(chunk);
  }
  return digest.finish(exchange.payload.trailers);
}

/** The documentation asks this of uploads with a retention period only, not of a mere legal hold. */
function assertDigested(declared: DeclaredIntegrity): void {
  if (declared.md5 !== null || declared.checksum !== null) return;
  throw new S3Error(
    'InvalidRequest',
    'Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock parameters',
  );
}

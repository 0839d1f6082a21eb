import type { Exchange, Operation, Services } from '../exchange';
import { assertKeyLength, decode, header } from '../http/request';
import { xmlResponse } from '../http/response';
import { BodyDigest, type BodyDigests } from '../integrity/body-digest';
import { CHECKSUMS, CHECKSUM_ALGORITHMS, type ChecksumAlgorithm } from '../integrity/checksums';
import { S3Error, invalidArgument, notImplemented } from '../s3-error';
import type { StagedBody } from '../store/durable-files';
import type { ObjectRecord } from '../store/records';
import { objectAccess } from './access';
import { createVersion, createdHeaders } from './create-version';
import { uploadEncryption } from './encryption';
import { findObject, requestedVersionId } from './find-version';
import { assertCopySource, assertReadable } from './get-object';
import { authorizeWrite } from './authorize-write';
import { keptHeaders, uploadStorageClass } from './upload-headers';

export const copyObject: Operation = async (exchange, services) => {
  const { store, region } = services;
  const { headers } = exchange;
  const bucket = store.bucket(exchange.bucket);
  const lock = authorizeWrite(exchange, services, bucket);
  const source = findSource(exchange, services);
  const replaces = replacesMetadata(exchange);
  assertChangesSomething(exchange, source, replaces);
  const version = {
    lock,
    encryption: uploadEncryption(headers, bucket, region),
    storageClass: uploadStorageClass(headers),
    headers: replaces ? keptHeaders(headers) : source.record.content.headers,
  };

  const body = await store.stageBody();
  try {
    const digests = await copyBody(services, source, body, checksumAlgorithms(exchange, source.record));
    const record = await createVersion(exchange, services, { ...version, body, digests });
    const answered = createdHeaders(bucket, record);
    // The ETag is in the document only.
    delete answered.etag;
    return xmlResponse(
      'CopyObjectResult',
      [
        ['LastModified', new Date(Math.floor(record.lastModified / 1000) * 1000).toISOString()],
        ['ETag', `"${record.content.etag}"`],
        ...CHECKSUM_ALGORITHMS.map(
          (algorithm) => [CHECKSUMS[algorithm].element, record.content.checksums[algorithm]] as const,
        ),
      ],
      { ...answered, 'x-amz-copy-source-version-id': source.record.versionId },
    );
  } finally {
    await body.discard();
  }
};

interface Source {
  readonly bucket: string;
  readonly record: ObjectRecord;
  readonly named: boolean;
}

function findSource(exchange: Exchange, services: Services): Source {
  const text = (header(exchange.headers, 'x-amz-copy-source') ?? '').replace(/^\//, '');
  const question = text.indexOf('?versionId=');
  const path = decode(question < 0 ? text : text.slice(0, question));
  const slash = path.indexOf('/');
  if (slash < 1 || slash === path.length - 1) {
    throw invalidArgument(
      'x-amz-copy-source',
      text,
      'Copy Source must mention the source bucket and key: sourcebucket/sourcekey',
    );
  }
  const key = path.slice(slash + 1);
  assertKeyLength(key);
  const query = new URLSearchParams(question < 0 ? '' : text.slice(question + 1));
  const read: Exchange = { ...exchange, bucket: path.slice(0, slash), key, query };
  const bucket = services.store.bucket(read.bucket);
  const versionId = requestedVersionId(read);
  const named = versionId !== null;
  services.authorizer.require([named ? 's3:GetObjectVersion' : 's3:GetObject'], objectAccess(read, bucket));
  if (versionId !== null && services.store.index(bucket.name).find(key, versionId)?.content === null) {
    throw new S3Error(
      'InvalidRequest',
      'The source of a copy request may not specifically refer to a delete marker by version id.',
    );
  }
  const record = findObject(read, services, bucket);
  assertCopySource(exchange, record);
  assertReadable(record);
  return { bucket: read.bucket, record, named };
}

function replacesMetadata(exchange: Exchange): boolean {
  const directive = header(exchange.headers, 'x-amz-metadata-directive') ?? 'COPY';
  if (directive === 'COPY' || directive === 'REPLACE') return directive === 'REPLACE';
  throw invalidArgument('x-amz-metadata-directive', directive, 'Unknown metadata directive.');
}

function assertChangesSomething(exchange: Exchange, source: Source, replaces: boolean): void {
  const itself = source.bucket === exchange.bucket && source.record.key === exchange.key && !source.named;
  const changes = ['x-amz-storage-class', 'x-amz-server-side-encryption', 'x-amz-checksum-algorithm'];
  if (!itself || replaces || changes.some((name) => exchange.headers[name] !== undefined)) return;
  throw new S3Error(
    'InvalidRequest',
    "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
  );
}

/** The algorithm asked for, else those of the source. */
function checksumAlgorithms(exchange: Exchange, source: ObjectRecord): ChecksumAlgorithm[] {
  const wanted = header(exchange.headers, 'x-amz-checksum-algorithm')?.toUpperCase();
  const present = CHECKSUM_ALGORITHMS.filter(
    (algorithm) => source.content.checksums[algorithm] !== undefined,
  );
  if (wanted === undefined) return present;
  const known = CHECKSUM_ALGORITHMS.find((algorithm) => algorithm === wanted);
  if (known === undefined) throw notImplemented(`x-amz-checksum-algorithm ${wanted}`);
  return [known];
}

async function copyBody(
  services: Services,
  source: Source,
  target: StagedBody,
  algorithms: readonly ChecksumAlgorithm[],
): Promise<BodyDigests> {
  const digest = new BodyDigest({ md5: null, checksum: null, payloadSha256: null }, algorithms);
  const file = await services.store.openBody(source.bucket, source.record);
  for await (const chunk of file.createReadStream() as AsyncIterable<Buffer>) {
    digest.update(chunk);
    await target.write(chunk);
  }
  return digest.finish(new Map());
}

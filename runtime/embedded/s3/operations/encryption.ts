import type { IncomingHttpHeaders } from 'node:http';
import { OWNER_ACCOUNT } from '../http/caller';
import { header } from '../http/request';
import { S3Error, invalidArgument, notImplemented } from '../s3-error';
import type { BucketRecord, Encryption, EncryptionAlgorithm } from '../store/records';

const ALGORITHM = 'x-amz-server-side-encryption';
const KEY_ID = 'x-amz-server-side-encryption-aws-kms-key-id';
const BUCKET_KEY = 'x-amz-server-side-encryption-bucket-key-enabled';

/**
 * The encryption an upload gets: its headers, else the default of the bucket. Nothing is encrypted here; the
 * choice is stored and shown again.
 * @throws S3Error InvalidArgument, InvalidRequest or NotImplemented
 */
export function uploadEncryption(
  headers: IncomingHttpHeaders,
  bucket: BucketRecord,
  region: string,
): Encryption {
  for (const name of Object.keys(headers)) {
    if (name.startsWith('x-amz-server-side-encryption-c')) throw notImplemented(`the header ${name}`);
  }
  const algorithm = header(headers, ALGORITHM);
  const keyId = header(headers, KEY_ID) || undefined;
  const bucketKey = header(headers, BUCKET_KEY)?.toLowerCase();
  if (keyId !== undefined && algorithm !== 'aws:kms' && algorithm !== 'aws:kms:dsse') {
    throw invalidArgument(
      ALGORITHM,
      algorithm ?? '',
      'Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms',
    );
  }
  if (algorithm === undefined) {
    return withKey({ ...bucket.encryption, bucketKey: flag(bucketKey, bucket.encryption.bucketKey) }, region);
  }
  if (!isAlgorithm(algorithm)) {
    throw invalidArgument(ALGORITHM, algorithm, 'The encryption method specified is not supported');
  }
  if (algorithm === 'AES256') return { algorithm, keyId: null, bucketKey: false };
  // A header without a key id means the AWS managed key, not the key of the bucket's default.
  return withKey(
    { algorithm, keyId: keyId ?? null, bucketKey: flag(bucketKey, bucket.encryption.bucketKey) },
    region,
  );
}

export function encryptionHeaders(encryption: Encryption): Record<string, string> {
  const headers: Record<string, string> = { [ALGORITHM]: encryption.algorithm };
  if (encryption.keyId !== null) headers[KEY_ID] = encryption.keyId;
  if (encryption.bucketKey) headers[BUCKET_KEY] = 'true';
  return headers;
}

/** S3 answers with the ARN of the key, whichever way it was named. */
function withKey(encryption: Encryption, region: string): Encryption {
  if (encryption.algorithm === 'AES256') return encryption;
  const keyId = encryption.keyId ?? 'alias/aws/s3';
  if (keyId.startsWith('arn:')) return { ...encryption, keyId };
  // An alias cannot be resolved without KMS, so it stays an alias in the ARN.
  const name = keyId.startsWith('alias/') ? keyId : `key/${keyId}`;
  return { ...encryption, keyId: `arn:aws:kms:${region}:${OWNER_ACCOUNT}:${name}` };
}

function isAlgorithm(text: string): text is EncryptionAlgorithm {
  return text === 'AES256' || text === 'aws:kms' || text === 'aws:kms:dsse';
}

function flag(text: string | undefined, otherwise: boolean): boolean {
  if (text === undefined) return otherwise;
  if (text === 'true' || text === 'false') return text === 'true';
  throw new S3Error('InvalidArgument', `The ${BUCKET_KEY} header must be true or false`);
}

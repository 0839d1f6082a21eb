import type { IncomingHttpHeaders } from 'node:http';
import { OWNER_ACCOUNT } from '../http/caller';
import { header } from '../http/request';
import { S3Error, invalidArgument } from '../s3-error';
import type { Encryption, EncryptionAlgorithm } from '../store/records';

const ALGORITHM = 'x-amz-server-side-encryption';
const KEY_ID = 'x-amz-server-side-encryption-aws-kms-key-id';
const BUCKET_KEY = 'x-amz-server-side-encryption-bucket-key-enabled';

/**
 * The encryption an upload gets: its headers, else SSE-S3, the default of a bucket that has no other. Nothing is
 * encrypted here; the choice is stored and shown again.
 * @throws S3Error InvalidArgument
 */
export function uploadEncryption(headers: IncomingHttpHeaders, region: string): Encryption {
  const algorithm = header(headers, ALGORITHM);
  const keyId = header(headers, KEY_ID) || undefined;
  if (keyId !== undefined && algorithm !== 'aws:kms' && algorithm !== 'aws:kms:dsse') {
    throw invalidArgument(
      ALGORITHM,
      algorithm ?? '',
      'Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms',
    );
  }
  const bucketKey = isTrue(header(headers, BUCKET_KEY)?.toLowerCase());
  if (algorithm === undefined) return { algorithm: 'AES256', keyId: null, bucketKey: false };
  if (!isAlgorithm(algorithm)) {
    throw invalidArgument(ALGORITHM, algorithm, 'The encryption method specified is not supported');
  }
  if (algorithm === 'AES256') return { algorithm, keyId: null, bucketKey: false };
  return { algorithm, keyId: keyArn(keyId, region), bucketKey };
}

export function encryptionHeaders(encryption: Encryption): Record<string, string> {
  const headers: Record<string, string> = { [ALGORITHM]: encryption.algorithm };
  if (encryption.keyId !== null) headers[KEY_ID] = encryption.keyId;
  if (encryption.bucketKey) headers[BUCKET_KEY] = 'true';
  return headers;
}

/** S3 answers with the ARN of the key, whichever way it was named; without a name it is the AWS managed key. */
function keyArn(keyId = 'alias/aws/s3', region: string): string {
  if (keyId.startsWith('arn:')) return keyId;
  // An alias cannot be resolved without KMS, so it stays an alias in the ARN.
  const name = keyId.startsWith('alias/') ? keyId : `key/${keyId}`;
  return `arn:aws:kms:${region}:${OWNER_ACCOUNT}:${name}`;
}

function isAlgorithm(text: string): text is EncryptionAlgorithm {
  return text === 'AES256' || text === 'aws:kms' || text === 'aws:kms:dsse';
}

function isTrue(text = 'false'): boolean {
  if (text === 'true' || text === 'false') return text === 'true';
  throw new S3Error('InvalidArgument', `The ${BUCKET_KEY} header must be true or false`);
}

import { CHECKSUMS } from './integrity/checksums';
import type { S3Request } from './http/request';
import { selectorOf, type OperationName } from './router';
import { invalidArgument, notImplemented } from './s3-error';

/** What one operation reads of a request besides its path, selector and body. */
interface Accepted {
  readonly query?: readonly string[];
  /** Lower case; a name that ends with a dash stands for all that begin with it. */
  readonly headers?: readonly string[];
}

/** Headers S3 takes with every request; no bucket here lets the requester pay. */
const EVERYWHERE = [
  'x-amz-content-sha256',
  'x-amz-date',
  'x-amz-request-payer',
  'x-amz-security-token',
  'x-amz-user-agent',
];
const OWNER = 'x-amz-expected-bucket-owner';
const BYPASS = 'x-amz-bypass-governance-retention';
const ENCRYPTION = [
  'x-amz-server-side-encryption',
  'x-amz-server-side-encryption-aws-kms-key-id',
  'x-amz-server-side-encryption-bucket-key-enabled',
];
/** What says how a body is framed and what it hashes to. */
const BODY = [
  'x-amz-decoded-content-length',
  'x-amz-sdk-checksum-algorithm',
  'x-amz-trailer',
  ...Object.values(CHECKSUMS).map(({ header }) => header),
];

const BUCKET: Accepted = { headers: [OWNER] };
const BUCKET_DOCUMENT: Accepted = { headers: [OWNER, ...BODY] };
const LIST = ['delimiter', 'encoding-type', 'max-keys', 'prefix'];
const LIST_HEADERS = [OWNER, 'x-amz-optional-object-attributes'];
const VERSION = ['versionId'];
const READ: Accepted = {
  query: [
    ...VERSION,
    'response-cache-control',
    'response-content-disposition',
    'response-content-encoding',
    'response-content-language',
    'response-content-type',
    'response-expires',
  ],
  headers: [
    OWNER,
    'if-match',
    'if-modified-since',
    'if-none-match',
    'if-unmodified-since',
    'range',
    'x-amz-checksum-mode',
  ],
};

/** Source: the request syntax of each operation in the API reference, without what is not built in. */
const ACCEPTED: Readonly<Record<OperationName, Accepted>> = {
  ListBuckets: { query: ['bucket-region', 'continuation-token', 'max-buckets', 'prefix'] },
  CreateBucket: {
    headers: [...BODY, 'x-amz-acl', 'x-amz-bucket-object-lock-enabled', 'x-amz-object-ownership'],
  },
  HeadBucket: BUCKET,
  ListObjects: { query: [...LIST, 'marker'], headers: LIST_HEADERS },
  ListObjectsV2: {
    query: [...LIST, 'continuation-token', 'fetch-owner', 'start-after'],
    headers: LIST_HEADERS,
  },
  ListObjectVersions: { query: [...LIST, 'key-marker', 'version-id-marker'], headers: LIST_HEADERS },
  GetBucketLocation: BUCKET,
  GetBucketVersioning: BUCKET,
  PutBucketVersioning: BUCKET_DOCUMENT,
  GetObjectLockConfiguration: BUCKET,
  PutObjectLockConfiguration: BUCKET_DOCUMENT,
  GetBucketPolicy: BUCKET,
  PutBucketPolicy: BUCKET_DOCUMENT,
  DeleteBucketPolicy: BUCKET,
  DeleteObjects: { headers: [OWNER, ...BODY, BYPASS] },
  GetObject: READ,
  HeadObject: READ,
  PutObject: {
    headers: [
      OWNER,
      ...BODY,
      ...ENCRYPTION,
      'if-match',
      'if-none-match',
      'x-amz-acl',
      'x-amz-meta-',
      'x-amz-object-lock-legal-hold',
      'x-amz-object-lock-mode',
      'x-amz-object-lock-retain-until-date',
      'x-amz-storage-class',
    ],
  },
  DeleteObject: { query: VERSION, headers: [OWNER, BYPASS] },
  GetObjectRetention: { ...BUCKET, query: VERSION },
  PutObjectRetention: { query: VERSION, headers: [OWNER, ...BODY, BYPASS] },
  GetObjectLegalHold: { ...BUCKET, query: VERSION },
  PutObjectLegalHold: { ...BUCKET_DOCUMENT, query: VERSION },
};

/**
 * Holds a request against what its operation reads: a condition, a lock or an owner that is passed over in silence
 * is a promise broken. Query names that begin with `x-` are the caller's own, which S3 ignores as documented.
 * @throws S3Error NotImplemented naming the header or parameter; InvalidArgument for encryption on a read
 */
export function assertAccepted(operation: OperationName, request: S3Request): void {
  const { query = [], headers = [] } = ACCEPTED[operation];
  for (const name of request.query.keys()) {
    if (query.includes(name) || name === selectorOf(operation) || /^x-/i.test(name)) continue;
    throw notImplemented(`${request.method} with ?${name}`);
  }
  for (const name of Object.keys(request.headers)) {
    if (!/^(x-amz-|if-|range$)/.test(name) || EVERYWHERE.includes(name)) continue;
    if (headers.some((known) => (known.endsWith('-') ? name.startsWith(known) : name === known))) continue;
    if (ENCRYPTION.includes(name) && ['GET', 'HEAD'].includes(request.method)) {
      throw invalidArgument(
        name,
        String(request.headers[name]),
        `${name} header is not supported for this operation.`,
      );
    }
    throw notImplemented(`the header ${name} on ${operation}`);
  }
}

import type { IncomingHttpHeaders } from 'node:http';
import type { Operation } from '../exchange';
import { OWNER_ACCOUNT } from '../http/caller';
import { header } from '../http/request';
import { xmlResponse } from '../http/response';
import { XmlElement } from '../http/xml-reader';
import { takePage } from '../listing/walk';
import { S3Error, invalidArgument, notImplemented } from '../s3-error';
import { bucketFor } from './access';
import { readText } from './xml-body';

/** Owner of everything; S3 shows a canonical user id of this shape. */
export const OWNER_ID = OWNER_ACCOUNT.padEnd(64, '0');

const BUCKET_NAME =
  /^(?!xn--|sthree-)(?!.*(-s3alias|--ol-s3)$)(?!\d+\.\d+\.\d+\.\d+$)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

/** S3 shows at most this many buckets in one page, and takes no larger number. */
const MAX_BUCKETS = 10_000;

/** In order of name. The region of each is told when the request narrows the list, as documented. */
export const listBuckets: Operation = ({ query }, { store, region }) => {
  const prefix = query.get('prefix');
  const token = query.get('continuation-token');
  const wanted = query.get('bucket-region');
  if (wanted !== null && wanted !== region) {
    throw invalidArgument('bucket-region', wanted, `This endpoint lists the buckets of ${region} only`);
  }
  const after = token === null || token === '' ? '' : Buffer.from(token, 'base64url').toString();
  const found = store.buckets().filter(({ name }) => name.startsWith(prefix ?? '') && name > after);
  const page = takePage(found, readMaxBuckets(query.get('max-buckets')));
  const narrowed = ['bucket-region', 'continuation-token', 'max-buckets', 'prefix'].some((name) =>
    query.has(name),
  );
  const last = page.items.at(-1)?.name ?? '';
  return Promise.resolve(
    xmlResponse('ListAllMyBucketsResult', [
      ['Owner', [['ID', OWNER_ID]]],
      [
        'Buckets',
        page.items.map((bucket) => [
          'Bucket',
          [
            ['Name', bucket.name],
            ['CreationDate', new Date(bucket.createdAt).toISOString()],
            ['BucketRegion', narrowed ? region : null],
          ],
        ]),
      ],
      ['Prefix', prefix],
      ['ContinuationToken', page.truncated ? Buffer.from(last).toString('base64url') : null],
    ]),
  );
};

function readMaxBuckets(text: string | null): number {
  if (text === null) return MAX_BUCKETS;
  const count = Number(text);
  if (/^\d+$/.test(text) && count >= 1 && count <= MAX_BUCKETS) return count;
  throw invalidArgument('max-buckets', text, 'Argument max-buckets must be an integer between 1 and 10000');
}

export const createBucket: Operation = async (exchange, services) => {
  const { bucket: name, headers } = exchange;
  const body = await readText(exchange);
  if (!BUCKET_NAME.test(name) || name.includes('..')) {
    throw new S3Error('InvalidBucketName', 'The specified bucket is not valid.', {
      details: { BucketName: name },
    });
  }
  assertLocation(body, services.region);
  assertOwnership(headers);
  const objectLock = asksForLock(headers);
  await services.serialiser.run(name, async () => {
    if (services.store.find(name) !== undefined) {
      // For compatibility, us-east-1 alone lets an owner create a bucket again, and leaves it as it is.
      if (services.region === 'us-east-1') return;
      throw new S3Error(
        'BucketAlreadyOwnedByYou',
        'Your previous request to create the named bucket succeeded and you already own it.',
        { details: { BucketName: name } },
      );
    }
    await services.store.createBucket({
      name,
      createdAt: services.clock.now(),
      versioning: objectLock ? 'Enabled' : 'Off',
      objectLock: objectLock ? { defaultRetention: null } : null,
      policy: null,
    });
  });
  return { status: 200, headers: { Location: `/${name}` } };
};

/** Canned ACLs that give nobody but the owner a right. */
const OWNER_ONLY = ['private', 'bucket-owner-read', 'bucket-owner-full-control'];

/** ACLs are off (BucketOwnerEnforced), as in new buckets of S3, and cannot be turned on. */
function assertOwnership(headers: IncomingHttpHeaders): void {
  const ownership = header(headers, 'x-amz-object-ownership') ?? 'BucketOwnerEnforced';
  if (ownership === 'BucketOwnerPreferred' || ownership === 'ObjectWriter') {
    throw notImplemented(`x-amz-object-ownership ${ownership}`);
  }
  if (ownership !== 'BucketOwnerEnforced') {
    throw invalidArgument('x-amz-object-ownership', ownership, 'Invalid x-amz-object-ownership header');
  }
  if (OWNER_ONLY.includes(header(headers, 'x-amz-acl') ?? 'private')) return;
  throw new S3Error(
    'InvalidBucketAclWithObjectOwnership',
    "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting",
  );
}

function asksForLock(headers: IncomingHttpHeaders): boolean {
  const name = 'x-amz-bucket-object-lock-enabled';
  const text = header(headers, name) ?? 'false';
  if (/^(true|false)$/i.test(text)) return text.toLowerCase() === 'true';
  throw invalidArgument(name, text, `The ${name} header must be true or false`);
}

function assertLocation(body: string, region: string): void {
  const root = body === '' ? undefined : XmlElement.parse(body, 'CreateBucketConfiguration');
  const wanted = root?.only('LocationConstraint').text('LocationConstraint') || undefined;
  if (wanted === undefined && region !== 'us-east-1') {
    throw new S3Error(
      'IllegalLocationConstraintException',
      'The unspecified location constraint is incompatible for the region specific endpoint this request was sent to.',
    );
  }
  if (wanted === 'us-east-1' && region === wanted) {
    throw new S3Error('InvalidLocationConstraint', 'The specified location-constraint is not valid');
  }
  if (wanted !== undefined && wanted !== region) {
    throw new S3Error(
      'IllegalLocationConstraintException',
      `The ${wanted} location constraint is incompatible for the region specific endpoint this request was sent to.`,
    );
  }
}

export const headBucket: Operation = (exchange, services) => {
  bucketFor(exchange, services, 's3:ListBucket');
  return Promise.resolve({ status: 200, headers: { 'x-amz-bucket-region': services.region } });
};

export const getBucketLocation: Operation = (exchange, services) => {
  bucketFor(exchange, services, 's3:GetBucketLocation');
  const { region } = services;
  // The element is empty for us-east-1, and it is the root of the document.
  const body =
    '<?xml version="1.0" encoding="UTF-8"?>\n<LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/">' +
    `${region === 'us-east-1' ? '' : region}</LocationConstraint>`;
  return Promise.resolve({ status: 200, body });
};

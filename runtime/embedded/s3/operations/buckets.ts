import type { Operation } from '../exchange';
import { OWNER_ACCOUNT } from '../http/caller';
import { header } from '../http/request';
import { xmlResponse } from '../http/response';
import { XmlElement } from '../http/xml-reader';
import { S3Error, notImplemented } from '../s3-error';
import { bucketFor } from './access';
import { readText } from './xml-body';

/** Owner of everything; S3 shows a canonical user id of this shape. */
export const OWNER_ID = OWNER_ACCOUNT.padEnd(64, '0');

const BUCKET_NAME =
  /^(?!xn--|sthree-)(?!.*(-s3alias|--ol-s3)$)(?!\d+\.\d+\.\d+\.\d+$)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

export const listBuckets: Operation = (_exchange, { store }) =>
  Promise.resolve(
    xmlResponse('ListAllMyBucketsResult', [
      ['Owner', [['ID', OWNER_ID]]],
      [
        'Buckets',
        store.buckets().map((bucket) => [
          'Bucket',
          [
            ['Name', bucket.name],
            ['CreationDate', new Date(bucket.createdAt).toISOString()],
          ],
        ]),
      ],
    ]),
  );

export const createBucket: Operation = async (exchange, services) => {
  const { bucket: name, headers } = exchange;
  const body = await readText(exchange);
  if (!BUCKET_NAME.test(name) || name.includes('..')) {
    throw new S3Error('InvalidBucketName', 'The specified bucket is not valid.', {
      details: { BucketName: name },
    });
  }
  assertLocation(body, services.region);
  const objectLock = header(headers, 'x-amz-bucket-object-lock-enabled')?.toLowerCase() === 'true';
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
      encryption: { algorithm: 'AES256', keyId: null, bucketKey: false },
      policy: null,
    });
  });
  return { status: 200, headers: { Location: `/${name}` } };
};

function assertLocation(body: string, region: string): void {
  const root = body === '' ? undefined : XmlElement.parse(body, 'CreateBucketConfiguration');
  if (root?.child('Location') !== undefined || root?.child('Tags') !== undefined) {
    throw notImplemented('directory buckets and tags in CreateBucket');
  }
  const wanted = root?.text('LocationConstraint') || undefined;
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

export const deleteBucket: Operation = async (exchange, services) => {
  await services.serialiser.run(exchange.bucket, async () => {
    bucketFor(exchange, services, 's3:DeleteBucket');
    await services.store.deleteBucket(exchange.bucket);
  });
  return { status: 204 };
};

import type { Operation } from '../exchange';
import { listObjects, listObjectsV2 } from '../listing/list-objects';
import { listObjectVersions } from '../listing/list-versions';
import type { OperationName } from '../router';
import {
  deleteBucketPolicy,
  getBucketPolicy,
  getBucketVersioning,
  getObjectLockConfiguration,
  putBucketPolicy,
  putBucketVersioning,
  putObjectLockConfiguration,
} from './bucket-configuration';
import { createBucket, getBucketLocation, headBucket, listBuckets } from './buckets';
import { deleteObject, deleteObjects } from './delete-object';
import { getObject, headObject } from './get-object';
import {
  getObjectLegalHold,
  getObjectRetention,
  putObjectLegalHold,
  putObjectRetention,
} from './object-lock';
import { putObject } from './put-object';

/** The operation behind each name. */
export const OPERATIONS: Readonly<Record<OperationName, Operation>> = {
  ListBuckets: listBuckets,
  CreateBucket: createBucket,
  HeadBucket: headBucket,
  ListObjects: listObjects,
  ListObjectsV2: listObjectsV2,
  ListObjectVersions: listObjectVersions,
  GetBucketLocation: getBucketLocation,
  GetBucketVersioning: getBucketVersioning,
  PutBucketVersioning: putBucketVersioning,
  GetObjectLockConfiguration: getObjectLockConfiguration,
  PutObjectLockConfiguration: putObjectLockConfiguration,
  GetBucketPolicy: getBucketPolicy,
  PutBucketPolicy: putBucketPolicy,
  DeleteBucketPolicy: deleteBucketPolicy,
  DeleteObjects: deleteObjects,
  GetObject: getObject,
  HeadObject: headObject,
  PutObject: putObject,
  DeleteObject: deleteObject,
  GetObjectRetention: getObjectRetention,
  PutObjectRetention: putObjectRetention,
  GetObjectLegalHold: getObjectLegalHold,
  PutObjectLegalHold: putObjectLegalHold,
};

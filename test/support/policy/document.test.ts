import { conditionFaults } from './condition-keys';
import { readPolicy } from './document';

const read = (statement: object, kind: 'identity' | 'resource' = 'identity') =>
  readPolicy('p', JSON.stringify({ Version: '2012-10-17', Statement: [statement] }), kind);
const PUT = { Effect: 'Deny', Action: 's3:PutObject', Resource: 'arn:aws:s3:::b/*' };

test.each([
  ['an unknown element', { ...PUT, Conditions: {} }, 'unknown elements Conditions'],
  ['another effect', { ...PUT, Effect: 'deny' }, 'effect deny'],
  ['no action', { ...PUT, Action: undefined }, 'needs one of Action and NotAction'],
  ['both actions', { ...PUT, NotAction: 's3:Get*' }, 'needs one of Action and NotAction'],
  ['an empty list', { ...PUT, Action: [] }, 'Action is empty'],
  [
    'a principal in an identity policy',
    { ...PUT, Principal: '*' },
    'a principal belongs into resource policies',
  ],
  ['a policy variable', { ...PUT, Resource: 'arn:aws:s3:::b/${aws:username}' }, 'policy variable'],
  ['a value that is no text', { ...PUT, Condition: { Null: { 'aws:PrincipalArn': {} } } }, 'expected text'],
])('%s is refused', (_case, statement, message) => {
  expect(() => read(statement)).toThrow(message);
});

test('a resource policy needs principals', () => {
  expect(() => read(PUT, 'resource')).toThrow('a principal belongs into resource policies');
  expect(() => read({ ...PUT, Principal: { AWS: [] } }, 'resource')).toThrow('no principals');
});

const condition = (Action: string | string[], key: string) =>
  conditionFaults(read({ ...PUT, Action, Condition: { StringNotEquals: { [key]: 'x' } } }));

test.each([
  ['s3:PutObject', 's3:object-lock-mode'],
  ['s3:PutObject', 'S3:Object-Lock-Mode'],
  [['s3:PutObject', 's3:PutObjectRetention'], 's3:object-lock-remaining-retention-days'],
  ['s3:ListBucketVersions', 's3:prefix'],
  ['s3:*', 'aws:SecureTransport'],
  ['kms:Decrypt', 'kms:EncryptionContext:aws:s3:arn'],
  ['kms:PutKeyPolicy', 'kms:ViaService'],
])('%j may be conditioned on %s', (action, key) => {
  expect(condition(action, key)).toEqual([]);
});

test.each([
  ['s3:PutObject', 's3:x-amz-object-lock-mode'],
  ['s3:PutObject', 's3:x-amz-server-side-encryption-kms-key-id'],
  ['s3:PutObject', 'aws:SecureTransports'],
  [['s3:PutObject', 's3:GetObject'], 's3:object-lock-mode'],
  [['s3:PutObject', 's3:PutObjectRetention'], 's3:if-none-match'],
  ['s3:*', 's3:if-none-match'],
  ['s3:PutObject', 's3:prefix'],
  ['s3:PutObject', 'kms:ViaService'],
  ['kms:DescribeKey', 'kms:EncryptionContext:aws:s3:arn'],
  ['kms:DisableKey', 'kms:ScheduleKeyDeletionPendingWindowInDays'],
])('%j may not be conditioned on %s', (action, key) => {
  expect(condition(action, key).join()).toContain(`${key} is not a condition key of`);
});

test('an action that does not exist is a fault', () => {
  expect(conditionFaults(read({ ...PUT, Action: 's3:PutObjects' }))).toEqual([
    'p p[0]: no action s3:PutObjects',
  ]);
});

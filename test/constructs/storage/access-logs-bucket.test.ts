import { AccessLogsBucket, type AccessLogsBucketProps } from '../../../constructs/storage/access-logs-bucket';
import { AnchorBucket } from '../../../constructs/storage/anchor-bucket';
import { errorOf, faultsOf, foreignStack, resource, statements, synthesise } from '../../support/infra-stack';

const props = (given: AccessLogsBucketProps) =>
  faultsOf(() => new AccessLogsBucket(foreignStack(), 'Logs', given)).map(({ prop }) => prop);

test('values are checked together', () => {
  expect(props({ bucketName: 'logs', keepLogsDays: 1 })).toEqual([]);
  expect(props({ bucketName: 'Logs', keepLogsDays: 0 })).toEqual(['bucketName', 'keepLogsDays']);
  expect(props({ bucketName: '${var.logs}' })).toEqual([]);
});

test('logs are kept for 400 days, or as long as is asked', () => {
  const expiry = (keepLogsDays?: number) => {
    const stack = foreignStack();
    new AccessLogsBucket(stack, 'Logs', { bucketName: 'logs', keepLogsDays });
    return (
      resource(synthesise(stack), 'aws_s3_bucket_lifecycle_configuration').rule as Record<string, unknown>[]
    )[0];
  };
  expect(expiry()).toMatchObject({ expiration: [{ days: 400 }] });
  expect(expiry(90)).toMatchObject({ expiration: [{ days: 90 }] });
});

test('every source has its own prefix and its own permission, and logs only after it', () => {
  const stack = foreignStack();
  const logs = new AccessLogsBucket(stack, 'Logs', { bucketName: 'logs' });
  const first = new AnchorBucket(stack, 'First', { bucketName: 'first-anchors' });
  const second = new AnchorBucket(stack, 'Second', { bucketName: 'second-anchors' });
  const logging = logs.receiveFrom(first);
  logs.receiveFrom(second, 'second/');
  expect(errorOf(() => logs.receiveFrom(second, 'second/'))).toMatchObject({ code: 'CALL_INVALID' });

  const json = synthesise(stack);
  const policy = statements(json, logs.policy.document);
  expect(policy.get('AllowLogDeliveryauditanchors')).toMatchObject({
    actions: ['s3:PutObject'],
    resources: [`\${aws_s3_bucket.${logs.resource.friendlyUniqueId}.arn}/audit-anchors/*`],
    principals: [{ type: 'Service', identifiers: ['logging.s3.amazonaws.com'] }],
  });
  expect(policy.get('AllowLogDeliverysecond')?.condition[0]).toEqual({
    test: 'ArnLike',
    variable: 'aws:SourceArn',
    values: [`\${aws_s3_bucket.${second.resource.friendlyUniqueId}.arn}`],
  });
  const made = json.resource.aws_s3_bucket_logging?.[logging.friendlyUniqueId];
  expect(made?.depends_on).toContain(`aws_s3_bucket_policy.${logs.policy.resource.friendlyUniqueId}`);
});

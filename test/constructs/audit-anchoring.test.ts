import { AuditAnchoring } from '../../constructs/audit-anchoring';
import type { AuditAnchoringProps } from '../../constructs/audit-anchoring-props';
import { ObjectLockRetention } from '../../constructs/storage/object-lock-retention';
import {
  drProvider,
  errorOf,
  faultsOf,
  foreignStack,
  resource,
  statements,
  synthesise,
} from '../support/infra-stack';

function made(props: Partial<AuditAnchoringProps> = {}) {
  const stack = foreignStack();
  const anchoring = new AuditAnchoring(stack, 'Anchoring', { environment: 'staging', ...props });
  return { stack, anchoring };
}

const bucketNames = (stack: ReturnType<typeof made>['stack']) =>
  Object.values(synthesise(stack).resource.aws_s3_bucket ?? {}).map(({ bucket }) => bucket);

test.each(['a', 'prod', 'eu-prod-1', 'x'.repeat(32)])('accepts the environment %s', (environment) => {
  expect(faultsOf(() => made({ environment }))).toEqual([]);
});

test.each(['', 'Prod', 'a_b', '-a', 'a-', 'x'.repeat(33)])('refuses the environment "%s"', (environment) => {
  expect(faultsOf(() => made({ environment })).map(({ prop }) => prop)).toContain('environment');
});

test('faults of all parts come at once, under the names of its own props', () => {
  const error = errorOf(() =>
    made({
      environment: 'prod',
      bucketName: 'x'.repeat(60),
      retention: ObjectLockRetention.governanceDays(1),
      chainIds: ['a/'],
      writerRole: 'a/b',
      custodianRole: 'arn:aws:iam::123456789012:role/x',
      auditorAccountIds: ['1'],
      auditorOrganizationId: 'x',
      accessLogsBucketName: 'L',
      deployRoleArn: 'd',
      breakGlassRoleArn: 'b',
      deepArchiveAfterDays: 0,
    }),
  );
  expect(error.path).toBe('foreign/Anchoring');
  expect(error.faults.map(({ prop }) => prop).sort()).toEqual([
    'accessLogsBucketName',
    'auditorAccountIds[0]',
    'auditorExternalId',
    'auditorOrganizationId',
    'breakGlassRoleArn',
    'bucketName',
    'chainIds[0]',
    'custodianRole',
    'deepArchiveAfterDays',
    'deployRoleArn',
    'retention',
    'writerRole',
  ]);
});

test('names of buckets share the random suffix', () => {
  const stack = foreignStack();
  const { bucket } = new AuditAnchoring(stack, 'Anchoring', {
    environment: 'staging',
    replicaProvider: drProvider(stack),
  });
  const suffix = `\${random_id.${bucket.suffix?.friendlyUniqueId}.hex}`;
  expect(bucketNames(stack).sort()).toEqual([
    `audit-anchors-dr-staging-${suffix}`,
    `audit-anchors-logs-staging-${suffix}`,
    `audit-anchors-staging-${suffix}`,
  ]);
});

test('names of buckets follow a given name', () => {
  const stack = foreignStack();
  new AuditAnchoring(stack, 'Anchoring', {
    environment: 'staging',
    bucketName: 'anchors',
    replicaProvider: drProvider(stack),
  });
  expect(bucketNames(stack).sort()).toEqual(['anchors', 'anchors-dr', 'anchors-logs']);
});

test('logs can go to an existing bucket', () => {
  const { stack, anchoring } = made({ bucketName: 'anchors', accessLogsBucketName: 'central-logs' });
  expect(anchoring.accessLogs).toBeUndefined();
  expect(bucketNames(stack)).toEqual(['anchors']);
  expect(resource(synthesise(stack), 'aws_s3_bucket_logging')).toMatchObject({
    target_bucket: 'central-logs',
    target_prefix: 'audit-anchors/',
  });
});

test("a gateway's role is used instead of a new one", () => {
  const { stack, anchoring } = made({ writerRole: 'gateway' });
  const json = synthesise(stack);
  expect(anchoring.writer).toBeUndefined();
  expect(json.resource.aws_iam_role).toBeUndefined();
  expect(Object.values(json.data.aws_iam_role ?? {})).toEqual([{ name: 'gateway' }]);
});

test('auditors read both buckets, each under a policy of its own name', () => {
  const stack = foreignStack();
  const anchoring = new AuditAnchoring(stack, 'Anchoring', {
    environment: 'staging',
    auditorAccountIds: ['111122223333'],
    auditorExternalId: 'abc',
    replicaProvider: drProvider(stack),
  });
  const json = synthesise(stack);
  const verifier = `\${aws_iam_role.${anchoring.verifier.resource?.friendlyUniqueId}.name}`;
  const policies = Object.values(json.resource.aws_iam_role_policy ?? {}).filter(
    ({ role }) => role === verifier,
  );
  expect(policies.map(({ name }) => name).sort()).toEqual(['s3-read-only', 's3-read-only-dr']);
  const key = anchoring.key?.policyDocument;
  expect(key && statements(json, key).get('AllowRead')?.condition[0]?.values[0]).toMatch(
    /:role\/audit-anchor-verifier-staging$/,
  );
});

test('the chain is called like the environment unless chains are named', () => {
  const listed = (props: Partial<AuditAnchoringProps>) => {
    const json = synthesise(made(props).stack);
    const all = Object.values(json.data.aws_iam_policy_document ?? {}).flatMap(
      ({ statement }) => statement as { sid: string; condition?: { values: string[] }[] }[],
    );
    return all.find(({ sid }) => sid === 'ListAnchors')?.condition?.[0]?.values;
  };
  expect(listed({})).toEqual(['staging/*']);
  expect(listed({ chainIds: ['a', 'b'] })).toEqual(['a/*', 'b/*']);
});

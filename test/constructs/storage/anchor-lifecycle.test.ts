import { TerraformVariable } from 'cdktf';
import { AnchorLifecycle, type AnchorLifecycleOptions } from '../../../constructs/storage/anchor-lifecycle';
import { ObjectLockRetention } from '../../../constructs/storage/object-lock-retention';
import { faultsOf, foreignStack, resource, synthesise } from '../../support/infra-stack';

function made(options: AnchorLifecycleOptions, days = 400) {
  const stack = foreignStack();
  const retention = ObjectLockRetention.complianceDays(days);
  const lifecycle = new AnchorLifecycle(stack, 'Lifecycle', { bucketName: 'anchors', retention, ...options });
  const json = resource(synthesise(stack), 'aws_s3_bucket_lifecycle_configuration');
  return { lifecycle, json, rules: json.rule as Record<string, unknown>[] };
}

const props = (options: AnchorLifecycleOptions, days?: number) =>
  faultsOf(() => made(options, days)).map(({ prop }) => prop);

test('by default nothing moves and nothing expires', () => {
  const { json, rules, lifecycle } = made({});
  expect(rules).toEqual([
    {
      id: 'abort-multipart-uploads',
      status: 'Enabled',
      filter: [{}],
      abort_incomplete_multipart_upload: [{ days_after_initiation: 1 }],
    },
  ]);
  expect(json).not.toHaveProperty('transition_default_minimum_object_size');
  expect(lifecycle.node.metadata).toEqual([]);
});

test('transitions reach objects of any size, and say what they cost', () => {
  const { json, rules, lifecycle } = made({ glacierInstantRetrievalAfterDays: 30, deepArchiveAfterDays: 90 });
  expect(json.transition_default_minimum_object_size).toBe('varies_by_storage_class');
  expect(rules[1]).toEqual({
    id: 'archive-old-anchors',
    status: 'Enabled',
    filter: [{ object_size_greater_than: 1 }],
    transition: [
      { days: 30, storage_class: 'GLACIER_IR' },
      { days: 90, storage_class: 'DEEP_ARCHIVE' },
    ],
  });
  expect(lifecycle.node.metadata).toEqual([
    expect.objectContaining({
      type: '@cdktf/warn',
      data: expect.stringContaining('not evaluated') as string,
    }),
  ]);
});

test('one transition can be had without the other', () => {
  expect(made({ deepArchiveAfterDays: 90 }).rules[1]).toMatchObject({
    transition: [{ days: 90, storage_class: 'DEEP_ARCHIVE' }],
  });
});

test('expiry removes the version and its delete marker, after the retention', () => {
  expect(made({ expireAfterRetention: true }).rules.slice(1)).toEqual([
    {
      id: 'expire-after-retention',
      status: 'Enabled',
      filter: [{}],
      expiration: [{ days: 401 }],
      noncurrent_version_expiration: [{ noncurrent_days: 1 }],
    },
    {
      id: 'remove-orphaned-delete-markers',
      status: 'Enabled',
      filter: [{}],
      expiration: [{ expired_object_delete_marker: true }],
    },
  ]);
});

test.each<[AnchorLifecycleOptions, string[]]>([
  [{ glacierInstantRetrievalAfterDays: 0 }, ['glacierInstantRetrievalAfterDays']],
  [{ deepArchiveAfterDays: 1.5 }, ['deepArchiveAfterDays']],
  [{ glacierInstantRetrievalAfterDays: 90, deepArchiveAfterDays: 90 }, ['deepArchiveAfterDays']],
  [{ glacierInstantRetrievalAfterDays: 89, deepArchiveAfterDays: 90 }, []],
  [{ deepArchiveAfterDays: 401, expireAfterRetention: true }, ['deepArchiveAfterDays']],
  [
    { glacierInstantRetrievalAfterDays: 500, expireAfterRetention: true },
    ['glacierInstantRetrievalAfterDays'],
  ],
  [{ deepArchiveAfterDays: 400, expireAfterRetention: true }, []],
  [{ deepArchiveAfterDays: 401 }, []],
])('%j has the faults %j', (options, expected) => {
  expect(props(options)).toEqual(expected);
});

test('tokens are left to Terraform', () => {
  const days = new TerraformVariable(foreignStack(), 'v', {}).numberValue;
  expect(
    props({ glacierInstantRetrievalAfterDays: days, deepArchiveAfterDays: 1, expireAfterRetention: true }),
  ).toEqual([]);
  expect(props({ deepArchiveAfterDays: 90, expireAfterRetention: true }, days)).toEqual([]);
});

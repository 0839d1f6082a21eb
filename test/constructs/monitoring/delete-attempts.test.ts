import { build, REPLICA_KEY, REPLICATION, SOURCE_KEY, TOPIC } from './alarms-under-test';
import { matches } from './event-pattern';
import { jsonText } from './json-text';

type Event = Readonly<Record<string, unknown>>;

const { json } = build();
const rules = Object.values(json.resource.aws_cloudwatch_event_rule ?? {}) as unknown as {
  readonly name: string;
  readonly provider?: string;
  readonly description: string;
  readonly event_pattern: string;
}[];
const here = rules.filter(({ provider }) => provider === undefined);
const there = rules.filter(({ provider }) => provider !== undefined);

const matched = (among: typeof rules, event: Event): string[] =>
  among
    .filter(({ event_pattern }) => matches(JSON.parse(event_pattern), event))
    .map(({ name }) => name.replace('audit-anchor-production-', ''));

/** A call as CloudTrail tells of it, as far as rules look. */
function call(service: 's3' | 'kms', eventName: string, more: Event): Event {
  return {
    source: `aws.${service}`,
    'detail-type': 'AWS API Call via CloudTrail',
    detail: {
      eventSource: `${service}.amazonaws.com`,
      eventName,
      userIdentity: { arn: 'arn:aws:sts::111122223333:assumed-role/admin/mallory' },
      ...more,
    },
  };
}

const onBucket = (eventName: string, bucketName = REPLICATION.SourceBucket, more: Event = {}) =>
  call('s3', eventName, { requestParameters: { bucketName }, ...more });

const onKey = (eventName: string, arn = SOURCE_KEY) =>
  call('kms', eventName, {
    requestParameters: { keyId: arn.split('/')[1] },
    resources: [{ accountId: '111122223333', type: 'AWS::KMS::Key', ARN: arn }],
  });

/** Denied: KMS then leaves out parameters and resources. */
const deniedOnKey = (eventName: string, arn = SOURCE_KEY) =>
  call('kms', eventName, {
    errorCode: 'AccessDenied',
    errorMessage: `User: mallory is not authorized to perform: kms:${eventName} on resource: ${arn} with an explicit deny in a resource-based policy`,
    requestParameters: null,
  });

describe('attempts on keys', () => {
  test.each(['ScheduleKeyDeletion', 'DisableKey', 'DisableKeyRotation', 'PutKeyPolicy'])('%s', (name) => {
    expect(matched(here, onKey(name))).toEqual(['key-attempts']);
    expect(matched(here, deniedOnKey(name))).toEqual(['key-attempts']);
    expect(matched(here, onKey(name, REPLICA_KEY))).toEqual(['key-attempts']);
    expect(matched(there, onKey(name, REPLICA_KEY))).toEqual(['dr-key-attempts']);
    expect(matched(there, deniedOnKey(name, REPLICA_KEY))).toEqual(['dr-key-attempts']);
  });

  test('a key named by its ARN, in a call that tells nothing else', () => {
    const event = call('kms', 'DisableKey', { requestParameters: { keyId: SOURCE_KEY } });
    expect(matched(here, event)).toEqual(['key-attempts']);
  });

  test('other keys, and everyday use, are nobody’s business', () => {
    const other = SOURCE_KEY.replace('1111aaaa', '3333cccc');
    expect(matched(here, onKey('ScheduleKeyDeletion', other))).toEqual([]);
    expect(matched(here, deniedOnKey('ScheduleKeyDeletion', other))).toEqual([]);
    expect(matched(here, onKey('GenerateDataKey'))).toEqual([]);
    expect(matched(here, onKey('Decrypt'))).toEqual([]);
  });
});

describe('attempts on buckets', () => {
  test.each([
    'DeleteBucket',
    'DeleteBucketPolicy',
    'DeleteBucketReplication',
    'DeleteBucketLifecycle',
    'DeleteBucketEncryption',
    'DeleteBucketPublicAccessBlock',
    'PutBucketPolicy',
    'PutBucketVersioning',
    'PutBucketLifecycle',
    'PutBucketLifecycleConfiguration',
    'PutBucketReplication',
    'PutBucketEncryption',
    'PutBucketPublicAccessBlock',
    'PutBucketOwnershipControls',
    'PutBucketAcl',
    'PutBucketLogging',
    'PutBucketObjectLockConfiguration',
    'PutObjectLockConfiguration',
  ])('%s, done or denied', (name) => {
    expect(matched(here, onBucket(name))).toEqual(['bucket-attempts']);
    expect(matched(here, onBucket(name, undefined, { errorCode: 'AccessDenied' }))).toEqual([
      'bucket-attempts',
    ]);
    expect(matched(here, onBucket(name, REPLICATION.DestinationBucket))).toEqual(['bucket-attempts']);
    expect(matched(there, onBucket(name, REPLICATION.DestinationBucket))).toEqual(['dr-bucket-attempts']);
  });

  test('reading, and other buckets, are nobody’s business', () => {
    expect(matched(here, onBucket('GetBucketPolicy'))).toEqual([]);
    expect(matched(here, onBucket('ListObjectVersions'))).toEqual([]);
    expect(matched(here, onBucket('PutBucketPolicy', 'another-bucket'))).toEqual([]);
    expect(matched(there, onBucket('PutBucketPolicy'))).toEqual([]);
  });
});

describe('attempts on anchors', () => {
  test.each([
    'DeleteObject',
    'DeleteObjects',
    'DeleteObjectTagging',
    'PutObjectRetention',
    'PutObjectLegalHold',
    'PutObjectAcl',
    'UpdateObjectEncryption',
  ])('%s, done or denied', (name) => {
    expect(matched(here, onBucket(name))).toEqual(['anchor-attempts']);
    expect(matched(here, onBucket(name, undefined, { errorCode: 'AccessDenied' }))).toEqual([
      'anchor-attempts',
    ]);
    expect(matched(there, onBucket(name, REPLICATION.DestinationBucket))).toEqual(['dr-anchor-attempts']);
  });

  test('what writer and verifier do all day is not told', () => {
    for (const name of ['PutObject', 'GetObject', 'HeadObject', 'ListObjects', 'GetObjectRetention'])
      expect(matched(here, onBucket(name))).toEqual([]);
  });
});

test('the alarm on the lag is told from the other region, when it fires and when it is over', () => {
  const lag = Object.keys(json.resource.aws_cloudwatch_metric_alarm ?? {}).find((id) => id.includes('Lags'));
  const change = (value: string) => ({
    source: 'aws.cloudwatch',
    'detail-type': 'CloudWatch Alarm State Change',
    resources: [`aws_cloudwatch_metric_alarm.${lag}.arn`],
    detail: { state: { value } },
  });
  expect(['ALARM', 'OK', 'INSUFFICIENT_DATA'].map((state) => matched(there, change(state)))).toEqual([
    ['dr-lag'],
    ['dr-lag'],
    [],
  ]);
  expect(matched(here, change('ALARM'))).toEqual(['lag-notice']);
});

test('rules here tell the topics, in words; rules there feed the bus here', () => {
  const targets = Object.values(json.resource.aws_cloudwatch_event_target ?? {});
  const told = targets.filter(({ provider }) => provider === undefined);
  expect(told.map(({ arn }) => arn)).toEqual(here.map(() => TOPIC));
  for (const { input_transformer } of told) {
    const { input_paths, input_template } = input_transformer as {
      input_paths: Record<string, string>;
      input_template: string;
    };
    const lines = jsonText(input_template)
      .split('\n')
      .map((line) => JSON.parse(line) as string);
    expect(lines.join('\n')).toContain('production');
    // A quote inside would have to survive two ways of quoting.
    expect(lines.join('\n')).not.toMatch(/["\\]/);
    const used = [...lines.join('\n').matchAll(/<(\w+)>/g)].map(([, name]) => name);
    expect([...new Set(used)].sort()).toEqual(Object.keys(input_paths).sort());
    expect(Object.keys(input_paths).length).toBeLessThanOrEqual(100);
  }
  const carried = targets.filter(({ provider }) => provider !== undefined);
  expect(carried.map(({ arn }) => arn)).toEqual(
    there.map(() => expect.stringMatching(/^arn:.*:events:.*:event-bus\/default$/) as string),
  );
  expect(carried.every(({ role_arn }) => typeof role_arn === 'string')).toBe(true);
});

test('names and descriptions are as long as EventBridge takes them', () => {
  const long = build({ environment: `a${'b'.repeat(31)}` }).json.resource.aws_cloudwatch_event_rule ?? {};
  for (const { name, description, event_pattern } of Object.values(long)) {
    expect(String(name).length).toBeLessThanOrEqual(64);
    expect(String(description).length).toBeLessThanOrEqual(512);
    expect(String(event_pattern).length).toBeLessThanOrEqual(2_048);
  }
});

describe('the matcher itself', () => {
  test('every member of the pattern has to match, one alternative of each is enough', () => {
    const pattern = { a: ['x', 'y'], b: { c: [{ prefix: 'Put' }] } };
    expect(matches(pattern, { a: 'y', b: { c: 'PutObject' } })).toBe(true);
    expect(matches(pattern, { a: 'z', b: { c: 'PutObject' } })).toBe(false);
    expect(matches(pattern, { a: 'y', b: { c: 'GetObject' } })).toBe(false);
    expect(matches(pattern, { a: 'y' })).toBe(false);
    expect(matches(pattern, { a: 'y', b: null })).toBe(false);
  });

  test('a list in the event matches by one of its members', () => {
    expect(matches({ a: { b: ['x'] } }, { a: [{ b: 'w' }, { b: 'x' }] })).toBe(true);
    expect(matches({ a: ['x'] }, { a: ['w', 'x'] })).toBe(true);
    expect(matches({ a: ['x'] }, { a: ['w'] })).toBe(false);
  });

  test('a wildcard stands for any text, and only the star is special', () => {
    const pattern = { a: [{ wildcard: '*key/1.2*' }] };
    expect(matches(pattern, { a: 'on key/1.2 with' })).toBe(true);
    expect(matches(pattern, { a: 'on key/1x2 with' })).toBe(false);
    expect(matches(pattern, {})).toBe(false);
  });

  test('an operator that is not known is an error', () => {
    expect(() => matches({ a: [{ suffix: 'x' }] }, { a: 'x' })).toThrow('suffix');
    expect(() => matches({ a: [{ prefix: 'x', wildcard: 'x' }] }, { a: 'x' })).toThrow('alone');
  });
});

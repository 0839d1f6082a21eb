import { conditionFaults } from '../support/policy/condition-keys';
import { type Deployed, deployedFrom, everyPolicy } from '../support/policy/deployed';
import { weakenings } from '../support/policy/weakenings';
import { ACCOUNT, applied, synthesiseFull } from '../support/terraform/full-stack';
import { KEYS_AND_TRUST } from './policy-decisions/key-and-trust-rows';
import { OTHERS } from './policy-decisions/outsider-rows';
import { READERS, REPLICATION_ROLE } from './policy-decisions/reader-rows';
import { decideRow, type Headers, headersOfCreate, keysOf, type Row } from './policy-decisions/stage';
import { TASKS } from './policy-decisions/task-rows';
import { WRITER_READS, WRITES, WRITES_WITHOUT_BUCKET_POLICY } from './policy-decisions/writer-rows';

/**
 * What AWS would decide about requests, over all policies that the stack makes: of buckets, keys, roles, their
 * trust, queues and topics. Each refusal names the statement that is its reason.
 */
const ROWS: readonly Row[] = [
  ...WRITES,
  ...WRITER_READS,
  ...READERS,
  ...REPLICATION_ROLE,
  ...OTHERS,
  ...KEYS_AND_TRUST,
  ...TASKS,
];

const deployed: Deployed = deployedFrom(
  // Of the two modes this one has a role more.
  applied(synthesiseFull({ anchor_mode: 'scheduled' })),
  ACCOUNT,
);
let headers: Headers;

beforeAll(async () => {
  headers = await headersOfCreate(keysOf(deployed)[0]);
});

test.each(named(ROWS))('$who: $does: $decision', ({ row, decision }) => {
  expect(decideRow(row, deployed, headers)).toBe(decision);
});

test('no two rows ask the same', () => {
  const titles = ROWS.map(([who, does]) => `${who}: ${does}`);
  expect(titles.filter((title, at) => titles.indexOf(title) !== at)).toEqual([]);
});

test('every condition key exists and goes with every action of its statement', () => {
  expect(everyPolicy(deployed).flatMap(conditionFaults)).toEqual([]);
});

describe('by its own policies alone', () => {
  test.each(named(WRITES_WITHOUT_BUCKET_POLICY))('$who: $does: $decision', ({ row, decision }) => {
    expect(decideRow(row, withoutBucketPolicies(deployed), headers)).toBe(decision);
  });
});

/** Parts that repeat what others ensure, so that no request can tell whether they are there. */
const REPEATED: Readonly<Record<string, string>> = {
  'DenyShortLock without s3:PutObject': 'an upload with lock headers needs s3:PutObjectRetention as well',
  'DenyUnconditionalCreate without Bool s3:ObjectCreationOperation':
    'parts of multipart uploads carry no lock headers and are refused for that',
  'AllowWrite without StringEquals kms:CallerAccount': 'the roles that are named are of this account',
  'AllowRead without StringEquals kms:CallerAccount': 'the roles that are named are of this account',
  'AllowReplicateFrom without StringEquals kms:CallerAccount': 'the roles that are named are of this account',
  'AllowReplicateTo without StringEquals kms:CallerAccount': 'the roles that are named are of this account',
  'trust AssumedByScheduler without StringEquals aws:SourceAccount': 'the ARN of the group names the account',
  'AllowScheduler without StringEquals aws:SourceAccount': 'the ARN of the schedule names the account',
  'AllowAlarms without StringEquals aws:SourceAccount': 'the ARN of the alarm names the account',
};

test('leaving out any part of any policy changes a decision of the tables', () => {
  const changes = weakenings(deployed);
  const unnoticed = changes.filter(
    ({ changed }) =>
      ROWS.every((row) => decideRow(row, changed, headers) === row[3]) &&
      WRITES_WITHOUT_BUCKET_POLICY.every(
        (row) => decideRow(row, withoutBucketPolicies(changed), headers) === row[3],
      ),
  );
  const parts = unnoticed.map(({ what }) => what.slice(what.indexOf(' ') + 1));
  expect([...new Set(parts)].sort()).toEqual(Object.keys(REPEATED).sort());
  expect(changes.length).toBeGreaterThan(200);
});

function named(rows: readonly Row[]) {
  return rows.map((row) => ({ who: row[0], does: row[1], decision: row[3], row }));
}

function withoutBucketPolicies(stack: Deployed): Deployed {
  const buckets = [...stack.buckets].map(([name, bucket]) => [name, { ...bucket, policy: null }] as const);
  return { ...stack, buckets: new Map(buckets) };
}

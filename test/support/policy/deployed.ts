import { textOf } from '../terraform/expression';
import type { Instance, TerraformModule } from '../terraform/module';
import { type PolicyDocument, readPolicy } from './document';

/** A bucket and its policy. */
export interface DeployedBucket {
  readonly name: string;
  readonly arn: string;
  readonly region: string;
  readonly policy: PolicyDocument | null;
}

/** A KMS key and its policy. */
export interface DeployedKey {
  readonly arn: string;
  readonly policy: PolicyDocument;
}

/** A queue or a topic and its policy. */
export interface DeployedChannel {
  readonly arn: string;
  readonly policy: PolicyDocument | null;
}

/** What the stack gives to a role; the trust policy is null for roles that exist already. */
export interface DeployedRole {
  readonly name: string;
  readonly trust: PolicyDocument | null;
  readonly policies: readonly PolicyDocument[];
}

/** Every policy of an applied stack, where AWS would keep it. */
export interface Deployed {
  readonly account: string;
  readonly buckets: ReadonlyMap<string, DeployedBucket>;
  readonly keys: ReadonlyMap<string, DeployedKey>;
  readonly roles: ReadonlyMap<string, DeployedRole>;
  /** Queues and topics by their ARN. */
  readonly channels: ReadonlyMap<string, DeployedChannel>;
}

/** Reads the policies out of a stack, evaluated or applied. */
export function deployedFrom(module: Pick<TerraformModule, 'instances'>, account: string): Deployed {
  const all = (type: string): Instance[] => [...module.instances(type).values()];
  const bucketPolicies = new Map(
    all('aws_s3_bucket_policy').map((each) => [
      textOf(each['bucket'], 'bucket'),
      textOf(each['policy'], 'policy'),
    ]),
  );
  const buckets = all('aws_s3_bucket').map((bucket): [string, DeployedBucket] => {
    const name = textOf(bucket['bucket'], 'bucket');
    const json = bucketPolicies.get(name);
    const policy = json === undefined ? null : readPolicy(name, json, 'resource');
    return [
      name,
      { name, arn: textOf(bucket['arn'], 'arn'), region: textOf(bucket['region'], 'region'), policy },
    ];
  });
  const keys = all('aws_kms_key').map((key): [string, DeployedKey] => {
    const arn = textOf(key['arn'], 'arn');
    return [arn, { arn, policy: readPolicy(arn, textOf(key['policy'], 'policy'), 'resource') }];
  });
  return {
    account,
    buckets: new Map(buckets),
    keys: new Map(keys),
    roles: rolesOf(all),
    channels: new Map([
      ...channelsOf(all('aws_sqs_queue'), 'url', all('aws_sqs_queue_policy'), 'queue_url'),
      ...channelsOf(all('aws_sns_topic'), 'arn', all('aws_sns_topic_policy'), 'arn'),
    ]),
  };
}

/** Each channel with the policy that names it by one of its attributes. */
function channelsOf(
  channels: readonly Instance[],
  attribute: string,
  policies: readonly Instance[],
  reference: string,
): [string, DeployedChannel][] {
  return channels.map((channel) => {
    const arn = textOf(channel['arn'], 'arn');
    const own = policies.find((each) => each[reference] === channel[attribute]);
    const policy = own ? readPolicy(arn, textOf(own['policy'], 'policy'), 'resource') : null;
    return [arn, { arn, policy }];
  });
}

function rolesOf(all: (type: string) => Instance[]): Map<string, DeployedRole> {
  const roles = new Map<string, DeployedRole>();
  for (const role of all('aws_iam_role')) {
    const name = textOf(role['name'], 'name');
    const trust = readPolicy(
      `${name} trust`,
      textOf(role['assume_role_policy'], 'assume_role_policy'),
      'resource',
    );
    roles.set(name, { name, trust, policies: [] });
  }
  for (const inline of all('aws_iam_role_policy')) {
    const name = textOf(inline['role'], 'role');
    const role = roles.get(name) ?? { name, trust: null, policies: [] };
    const policy = readPolicy(
      `${name}/${textOf(inline['name'], 'name')}`,
      textOf(inline['policy'], 'policy'),
      'identity',
    );
    roles.set(name, { ...role, policies: [...role.policies, policy] });
  }
  return roles;
}

/** All policies with their kind, for checks over every statement. */
export function everyPolicy({ buckets, keys, roles, channels }: Deployed): PolicyDocument[] {
  return [
    ...[...buckets.values()].flatMap(({ policy }) => policy ?? []),
    ...[...keys.values()].map(({ policy }) => policy),
    ...[...channels.values()].flatMap(({ policy }) => policy ?? []),
    ...[...roles.values()].flatMap(({ trust, policies }) => [
      ...(trust === null ? [] : [trust]),
      ...policies,
    ]),
  ];
}

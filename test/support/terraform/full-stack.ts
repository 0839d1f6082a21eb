import { Testing } from 'cdktf';
import { anchorStack } from '../infra-stack';
import type { Value } from './expression';
import { TerraformModule } from './module';

export const ACCOUNT = '111122223333';
export const AUDITOR_ACCOUNT = '444455556666';
export const REGION = 'us-east-1';
export const DR_REGION = 'us-west-2';
export const BUCKET = 'audit-anchors-prod';
export const REPLICA = `${BUCKET}-dr`;
export const LOGS = `${BUCKET}-logs`;
export const CHAIN = 'production';
export const RETENTION_DAYS = 400;
/** As if the retention had been lengthened. */
export const VERIFIED_DAYS = 365;
export const roleArn = (name: string): string => `arn:aws:iam::${ACCOUNT}:role/${name}`;

const secretArn = (name: string): string =>
  `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:${name}-a1b2C3`;
/** One secret of the writer is a member of a JSON secret. */
export const WRITER_SECRET = secretArn('audit/writer');
export const VERIFIER_SECRET = secretArn('audit/verifier');
export const HMAC_SECRET = secretArn('audit/hmac');
export const SECRETS_KEY = `arn:aws:kms:${REGION}:${ACCOUNT}:key/5ec2e75e-c2e7-4ec2-8ec2-e75ec2e75ec2`;

/** Settings of tasks that run in a VPC which is there already. */
export const COMPUTE_SETTINGS = {
  anchor_mode: 'service',
  image_tag: '1.0.0-abc1234',
  vpc_id: 'vpc-0a1b2c3d4e5f67890',
  subnet_ids: ['subnet-0a1b2c3d4e5f67890', 'subnet-0a1b2c3d4e5f67891'],
  database_secret_arn: `${WRITER_SECRET}:url::`,
  verifier_database_secret_arn: VERIFIER_SECRET,
  hmac_keys_secret_arn: HMAC_SECRET,
  secrets_key_arns: [SECRETS_KEY],
};

/** Settings of the stack with everything in it that the package has. */
export const FULL_SETTINGS = {
  environment: 'prod',
  bucket_name: BUCKET,
  enable_replication: true,
  custodian_role_name: 'custodian',
  break_glass_role_arn: roleArn('break-glass'),
  ...COMPUTE_SETTINGS,
};

const VARIABLES: Readonly<Record<string, Value>> = {
  chain_id: CHAIN,
  dr_region: DR_REGION,
  worm_retention_days: RETENTION_DAYS,
  verify_retention_days: VERIFIED_DAYS,
  auditor_account_ids: [AUDITOR_ACCOUNT],
  auditor_external_id: 'a-secret-between-two',
};

/** Terraform JSON of that stack, or of one with other settings. */
export function synthesiseFull(settings: Readonly<Record<string, unknown>> = {}): string {
  return Testing.synth(anchorStack({ ...FULL_SETTINGS, ...settings }), true);
}

/** The stack as an apply would make it: account 111122223333, us-east-1 and us-west-2, run by the role `deployer`. */
export function applied(json: string = synthesiseFull()): TerraformModule {
  return new TerraformModule(json, {
    account: ACCOUNT,
    region: REGION,
    deployRoleArn: roleArn('deployer'),
    variables: VARIABLES,
  });
}

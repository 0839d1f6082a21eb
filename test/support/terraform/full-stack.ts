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
export const roleArn = (name: string): string => `arn:aws:iam::${ACCOUNT}:role/${name}`;

/** Settings of the stack with everything in it that the package has. */
export const FULL_SETTINGS = {
  environment: 'prod',
  bucket_name: BUCKET,
  enable_replication: true,
  custodian_role_name: 'custodian',
  break_glass_role_arn: roleArn('break-glass'),
};

const VARIABLES: Readonly<Record<string, Value>> = {
  chain_id: CHAIN,
  dr_region: DR_REGION,
  worm_retention_days: RETENTION_DAYS,
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

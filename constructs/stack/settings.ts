import { ROLE_NAME } from '../access/grantee-role';
import type { AnchorComputeOptions } from '../compute/anchor-compute';
import { ENVIRONMENT, ENVIRONMENT_FIX } from '../environment';
import { BUCKET_NAME } from '../storage/bucket-name';
import { PRINCIPAL_ARN, PRINCIPAL_ARN_FIX } from '../storage/role-arn';
import { PropCheck, type TextRule } from '../validation';
import { type CadenceSettings, readCadence, readCompute, readFullVerification } from './compute-settings';
import { checkTogether } from './settings-of-props';
import { CONTEXT_KEY, envName, isRawSettings, type RawSettings, SettingReader } from './setting-reader';

/**
 * What shapes the stack and is therefore decided when it is synthesised. Everything else is a Terraform
 * variable, see `AnchorVariables`.
 */
export interface StackSettings extends CadenceSettings {
  /** `environment`: names the stack, its state and its resources. */
  readonly environment: string;
  /** `enable_replication`: whether there is a replica. */
  readonly enableReplication: boolean;
  /** `bucket_name`: full name; without it a random suffix is made. */
  readonly bucketName: string | undefined;
  /** `encryption`: `kms` or `s3`. */
  readonly encryption: 'kms' | 's3';
  /** `gateway_role_name`: existing role that writes; without it a role for ECS tasks is made. */
  readonly gatewayRoleName: string | undefined;
  /** `custodian_role_name`: existing role that may set legal holds. */
  readonly custodianRoleName: string | undefined;
  /** `access_logs_bucket`: existing bucket for access logs; without it one is made. */
  readonly accessLogsBucket: string | undefined;
  /** `break_glass_role_arn`: the only role that may make the keys unusable. */
  readonly breakGlassRoleArn: string | undefined;
  /** `require_auditor_mfa` */
  readonly requireAuditorMfa: boolean;
  /** `archive_anchors`: move anchors to GLACIER_IR after 30 and to DEEP_ARCHIVE after 90 days. */
  readonly archiveAnchors: boolean;
  /** `expire_anchors`: delete anchors on the day after their retention. */
  readonly expireAnchors: boolean;
  /** `anchor_mode` and everything that tasks need; without them the gateway writes the anchors. */
  readonly compute: AnchorComputeOptions | undefined;
  /** `full_verification_tasks`: tasks of a state machine that verifies everything; without it there is none. */
  readonly fullVerificationTasks: number | undefined;
  /**
   * `alarms`: on unless switched off. What they tell of attempts on bucket, key and anchors needs a CloudTrail trail with
   * management events, and with S3 data events for calls on anchors.
   */
  readonly alarms: boolean;
  /** `dashboard`: costs 3 USD a month after the third of an account. */
  readonly dashboard: boolean;
  /** `state_bucket` and `state_region`: S3 backend; without them state is a local file. */
  readonly stateBackend: { readonly bucket: string; readonly region: string } | undefined;
}

export const REGION: TextRule = {
  test: (name) => /^[a-z]{2,}(-[a-z]+)+-\d+$/.test(name),
  allowed: 'the name of an AWS region such as "eu-central-1"',
};

/**
 * Settings of every environment, from the cdktf context (key `auditAnchor`) and the environment, which comes
 * first. `auditAnchor.environments` may list several environments with settings of their own; then
 * `AUDIT_INFRA_ENVIRONMENT` selects one, and without it each becomes a stack.
 *
 * @throws ConstructError `SETTINGS_INVALID` with every fault
 */
export function readSettings(
  context: unknown,
  env: Readonly<Record<string, string | undefined>>,
): readonly StackSettings[] {
  const check = new PropCheck('Settings');
  const { environments, ...shared } = objectOrFault(check, CONTEXT_KEY, context);
  const selected = env[envName('environment')];
  const listed = Object.entries(objectOrFault(check, `${CONTEXT_KEY}.environments`, environments));
  const wanted = listed.filter(([name]) => !selected || name === selected);

  const settings =
    listed.length === 0
      ? [readOne(check, shared, env)]
      : wanted.map(([environment, own]) => {
          const place = `${CONTEXT_KEY}.environments.${environment}`;
          return readOne(check, { ...shared, ...objectOrFault(check, place, own), environment }, env);
        });
  check.rule(settings.length > 0, {
    prop: envName('environment'),
    found: JSON.stringify(selected),
    allowed: listed.map(([name]) => name).join(' or '),
    fix: `add it to "${CONTEXT_KEY}.environments" or select another`,
  });
  check.throwIfAny('SETTINGS_INVALID');
  return settings;
}

function readOne(
  check: PropCheck,
  context: RawSettings,
  env: Readonly<Record<string, string | undefined>>,
): StackSettings {
  const read = new SettingReader(context, env, check);
  const cadence = readCadence(read);
  const settings = {
    environment: read.text('environment', ENVIRONMENT, ENVIRONMENT_FIX) ?? '',
    enableReplication: read.flag('enable_replication'),
    bucketName: read.text('bucket_name', BUCKET_NAME, 'choose another name'),
    encryption: read.choice('encryption', ['kms', 's3']),
    gatewayRoleName: read.text('gateway_role_name', ROLE_NAME, 'name the role, without path or ARN'),
    custodianRoleName: read.text('custodian_role_name', ROLE_NAME, 'name the role, without path or ARN'),
    accessLogsBucket: read.text('access_logs_bucket', BUCKET_NAME, 'name the bucket, not its ARN'),
    breakGlassRoleArn: read.text('break_glass_role_arn', PRINCIPAL_ARN, PRINCIPAL_ARN_FIX),
    requireAuditorMfa: read.flag('require_auditor_mfa'),
    archiveAnchors: read.flag('archive_anchors'),
    expireAnchors: read.flag('expire_anchors'),
    ...cadence,
    compute: readCompute(read, cadence),
    fullVerificationTasks: readFullVerification(read),
    alarms: read.flag('alarms', true),
    dashboard: read.flag('dashboard'),
    stateBackend: stateBackend(check, read),
  };
  check.rule(settings.environment !== '' || hasValue(context, env, 'environment'), {
    prop: envName('environment'),
    found: 'absent',
    allowed: ENVIRONMENT.allowed,
    fix: `set it, or "${CONTEXT_KEY}.environment" in the context of cdktf.json`,
  });
  if (read.sound && settings.environment !== '') checkTogether(read, settings);
  read.refuseUnknown();
  return settings;
}

function stateBackend(check: PropCheck, read: SettingReader): StackSettings['stateBackend'] {
  const bucket = read.text('state_bucket', BUCKET_NAME, 'name the bucket of the Terraform state');
  const region = read.text('state_region', REGION, 'name the region of the state bucket');
  if (bucket !== undefined && region !== undefined) return { bucket, region };
  check.rule(bucket === region, {
    prop: `${CONTEXT_KEY}.${bucket === undefined ? 'state_bucket' : 'state_region'}`,
    found: 'absent or not allowed',
    allowed: '"state_bucket" and "state_region" together, or neither',
    fix: 'set both for the S3 backend',
  });
  return undefined;
}

function objectOrFault(check: PropCheck, prop: string, value: unknown): RawSettings {
  if (value === undefined || isRawSettings(value)) return value ?? {};
  check.rule(false, {
    prop,
    found: JSON.stringify(value),
    allowed: 'an object',
    fix: 'correct the context in cdktf.json',
  });
  return {};
}

function hasValue(
  context: RawSettings,
  env: Readonly<Record<string, string | undefined>>,
  setting: string,
): boolean {
  return Boolean(env[envName(setting)]) || context[setting] !== undefined;
}

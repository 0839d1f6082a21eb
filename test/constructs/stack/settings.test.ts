import { readSettings } from '../../../constructs/stack/settings';
import { errorOf } from '../../support/infra-stack';

const env = (variables: Record<string, string>) =>
  Object.fromEntries(Object.entries(variables).map(([name, value]) => [`AUDIT_INFRA_${name}`, value]));

test('an environment is enough, and everything else is off', () => {
  expect(readSettings({ environment: 'prod' }, {})).toEqual([
    {
      environment: 'prod',
      enableReplication: false,
      bucketName: undefined,
      encryption: 'kms',
      gatewayRoleName: undefined,
      custodianRoleName: undefined,
      accessLogsBucket: undefined,
      breakGlassRoleArn: undefined,
      requireAuditorMfa: false,
      archiveAnchors: false,
      expireAnchors: false,
      intervalMinutes: undefined,
      eventThreshold: undefined,
      compute: undefined,
      alarms: true,
      dashboard: false,
      stateBackend: undefined,
    },
  ]);
});

test('the environment comes before the context, unless it is empty', () => {
  const context = { environment: 'prod', enable_replication: true, encryption: 's3' };
  const variables = env({ ENVIRONMENT: 'staging', ENABLE_REPLICATION: 'false', ENCRYPTION: '' });
  expect(readSettings(context, variables)).toMatchObject([
    { environment: 'staging', enableReplication: false, encryption: 's3' },
  ]);
});

test('all settings can come from the environment', () => {
  const variables = env({
    ENVIRONMENT: 'prod',
    ENABLE_REPLICATION: 'true',
    BUCKET_NAME: 'anchors',
    GATEWAY_ROLE_NAME: 'gateway',
    CUSTODIAN_ROLE_NAME: 'custodian',
    ACCESS_LOGS_BUCKET: 'logs',
    BREAK_GLASS_ROLE_ARN: 'arn:aws:iam::123456789012:role/break-glass',
    REQUIRE_AUDITOR_MFA: 'true',
    ARCHIVE_ANCHORS: 'true',
    EXPIRE_ANCHORS: 'true',
    INTERVAL_MINUTES: '30',
    EVENT_THRESHOLD: '500',
    ALARMS: 'false',
    DASHBOARD: 'true',
    STATE_BUCKET: 'state',
    STATE_REGION: 'eu-central-1',
  });
  expect(readSettings(undefined, variables)).toEqual([
    {
      environment: 'prod',
      enableReplication: true,
      bucketName: 'anchors',
      encryption: 'kms',
      gatewayRoleName: 'gateway',
      custodianRoleName: 'custodian',
      accessLogsBucket: 'logs',
      breakGlassRoleArn: 'arn:aws:iam::123456789012:role/break-glass',
      requireAuditorMfa: true,
      archiveAnchors: true,
      expireAnchors: true,
      intervalMinutes: 30,
      eventThreshold: 500,
      compute: undefined,
      alarms: false,
      dashboard: true,
      stateBackend: { bucket: 'state', region: 'eu-central-1' },
    },
  ]);
});

describe('several environments', () => {
  const context = {
    enable_replication: true,
    environments: { staging: { enable_replication: false }, production: {} },
  };

  test('each inherits what is shared', () => {
    expect(readSettings(context, {})).toMatchObject([
      { environment: 'staging', enableReplication: false },
      { environment: 'production', enableReplication: true },
    ]);
  });

  test('one can be selected', () => {
    expect(readSettings(context, env({ ENVIRONMENT: 'production' }))).toMatchObject([
      { environment: 'production' },
    ]);
  });

  test('a fault in what they share is told once', () => {
    const error = errorOf(() => readSettings({ ...context, encryption: 'none' }, {}));
    expect(error.faults).toMatchObject([{ prop: 'auditAnchor.encryption', found: '"none"' }]);
  });

  test('one that is not listed is a fault', () => {
    const error = errorOf(() => readSettings(context, env({ ENVIRONMENT: 'dev' })));
    expect(error.faults).toMatchObject([
      { prop: 'AUDIT_INFRA_ENVIRONMENT', allowed: 'staging or production' },
    ]);
  });
});

test('every fault is reported, with the place it comes from', () => {
  const error = errorOf(() =>
    readSettings(
      { bucket_name: 'Anchors', enable_replication: 'yes', gateway_role: 'x', state_bucket: 'state' },
      env({ ENCRYPTION: 'none', EXPIRE_ANCHORS: '1', ENABEL_REPLICATION: 'true' }),
    ),
  );
  expect(error.code).toBe('SETTINGS_INVALID');
  expect(error.message).toMatchInlineSnapshot(`
    "Settings: 8 values are not allowed
      - "auditAnchor.enable_replication" is "yes"; allowed: true or false; choose one of them
      - "auditAnchor.bucket_name" is "Anchors"; allowed: 3 to 63 of a-z, 0-9 and "-", beginning and ending with a letter or digit, without the starts and ends that S3 reserves; choose another name
      - "AUDIT_INFRA_ENCRYPTION" is "none"; allowed: kms or s3; choose one of them
      - "AUDIT_INFRA_EXPIRE_ANCHORS" is "1"; allowed: true or false; choose one of them
      - "auditAnchor.state_region" is absent or not allowed; allowed: "state_bucket" and "state_region" together, or neither; set both for the S3 backend
      - "AUDIT_INFRA_ENVIRONMENT" is absent; allowed: 1 to 32 of a-z, 0-9 and "-", beginning and ending with a letter or digit; set it, or "auditAnchor.environment" in the context of cdktf.json
      - "auditAnchor.gateway_role" is not a setting; allowed: interval_minutes, event_threshold, environment, enable_replication, bucket_name, encryption, gateway_role_name, custodian_role_name, access_logs_bucket, break_glass_role_arn, require_auditor_mfa, archive_anchors, expire_anchors, anchor_mode, task_cpu, task_memory_mib, image, image_tag, cpu_architecture, cluster_arn, vpc_id, subnet_ids, assign_public_ip, database_port, database_cidrs, https_cidrs, interface_endpoints, endpoint_subnet_ids, route_table_ids, log_retention_days, logs_key_arn, poll_seconds, schedule_minutes, database_secret_arn, hmac_keys_secret_arn, secrets_key_arns, runtime_settings, verifier_database_secret_arn, verify_interval_minutes, verify_full_interval_hours, verify_workers, full_verification_tasks, alarms, dashboard, state_bucket, state_region; correct the spelling or remove it
      - "AUDIT_INFRA_ENABEL_REPLICATION" is not a setting; allowed: AUDIT_INFRA_INTERVAL_MINUTES, AUDIT_INFRA_EVENT_THRESHOLD, AUDIT_INFRA_ENVIRONMENT, AUDIT_INFRA_ENABLE_REPLICATION, AUDIT_INFRA_BUCKET_NAME, AUDIT_INFRA_ENCRYPTION, AUDIT_INFRA_GATEWAY_ROLE_NAME, AUDIT_INFRA_CUSTODIAN_ROLE_NAME, AUDIT_INFRA_ACCESS_LOGS_BUCKET, AUDIT_INFRA_BREAK_GLASS_ROLE_ARN, AUDIT_INFRA_REQUIRE_AUDITOR_MFA, AUDIT_INFRA_ARCHIVE_ANCHORS, AUDIT_INFRA_EXPIRE_ANCHORS, AUDIT_INFRA_ANCHOR_MODE, AUDIT_INFRA_TASK_CPU, AUDIT_INFRA_TASK_MEMORY_MIB, AUDIT_INFRA_IMAGE, AUDIT_INFRA_IMAGE_TAG, AUDIT_INFRA_CPU_ARCHITECTURE, AUDIT_INFRA_CLUSTER_ARN, AUDIT_INFRA_VPC_ID, AUDIT_INFRA_SUBNET_IDS, AUDIT_INFRA_ASSIGN_PUBLIC_IP, AUDIT_INFRA_DATABASE_PORT, AUDIT_INFRA_DATABASE_CIDRS, AUDIT_INFRA_HTTPS_CIDRS, AUDIT_INFRA_INTERFACE_ENDPOINTS, AUDIT_INFRA_ENDPOINT_SUBNET_IDS, AUDIT_INFRA_ROUTE_TABLE_IDS, AUDIT_INFRA_LOG_RETENTION_DAYS, AUDIT_INFRA_LOGS_KEY_ARN, AUDIT_INFRA_POLL_SECONDS, AUDIT_INFRA_SCHEDULE_MINUTES, AUDIT_INFRA_DATABASE_SECRET_ARN, AUDIT_INFRA_HMAC_KEYS_SECRET_ARN, AUDIT_INFRA_SECRETS_KEY_ARNS, AUDIT_INFRA_RUNTIME_SETTINGS, AUDIT_INFRA_VERIFIER_DATABASE_SECRET_ARN, AUDIT_INFRA_VERIFY_INTERVAL_MINUTES, AUDIT_INFRA_VERIFY_FULL_INTERVAL_HOURS, AUDIT_INFRA_VERIFY_WORKERS, AUDIT_INFRA_FULL_VERIFICATION_TASKS, AUDIT_INFRA_ALARMS, AUDIT_INFRA_DASHBOARD, AUDIT_INFRA_STATE_BUCKET, AUDIT_INFRA_STATE_REGION; correct the spelling or remove it"
  `);
});

test.each([['text'], [[]], [null], [7]])('a context that is %j is a fault', (context) => {
  expect(errorOf(() => readSettings(context, env({ ENVIRONMENT: 'prod' }))).faults).toMatchObject([
    { prop: 'auditAnchor', allowed: 'an object' },
  ]);
});

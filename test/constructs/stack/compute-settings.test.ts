import { readSettings } from '../../../constructs/stack/settings';
import { errorOf } from '../../support/infra-stack';
import {
  COMPUTE_SETTINGS,
  HMAC_SECRET,
  SECRETS_KEY,
  VERIFIER_SECRET,
  WRITER_SECRET,
} from '../../support/terraform/full-stack';

const env = (variables: Record<string, string>) =>
  Object.fromEntries(Object.entries(variables).map(([name, value]) => [`AUDIT_INFRA_${name}`, value]));

function compute(context: Record<string, unknown>, variables: Record<string, string> = {}) {
  return readSettings({ environment: 'prod', ...COMPUTE_SETTINGS, ...context }, env(variables))[0]?.compute;
}

function faults(context: Record<string, unknown>, variables: Record<string, string> = {}) {
  return errorOf(() => compute(context, variables)).faults;
}

test('tasks are described by settings of the context', () => {
  expect(compute({})).toEqual({
    mode: 'service',
    image: undefined,
    imageTag: '1.0.0-abc1234',
    cpuArchitecture: 'ARM64',
    clusterArn: undefined,
    vpcId: 'vpc-0a1b2c3d4e5f67890',
    subnetIds: ['subnet-0a1b2c3d4e5f67890', 'subnet-0a1b2c3d4e5f67891'],
    assignPublicIp: false,
    databasePort: undefined,
    databaseCidrs: undefined,
    httpsCidrs: undefined,
    interfaceEndpoints: false,
    endpointSubnetIds: undefined,
    routeTableIds: undefined,
    logRetentionDays: undefined,
    logsKeyArn: undefined,
    pollSeconds: undefined,
    scheduleMinutes: undefined,
    cpu: undefined,
    memoryMiB: undefined,
    databaseSecretArn: `${WRITER_SECRET}:url::`,
    hmacKeysSecretArn: HMAC_SECRET,
    secretsKeyArns: [SECRETS_KEY],
    intervalMinutes: undefined,
    eventThreshold: undefined,
    settings: undefined,
    verifier: {
      databaseSecretArn: VERIFIER_SECRET,
      verifyIntervalMinutes: undefined,
      verifyFullIntervalHours: undefined,
      verifyWorkers: undefined,
      cpu: undefined,
      memoryMiB: undefined,
    },
  });
});

test('and by the environment, where lists are JSON or have commas, and maps are JSON', () => {
  const variables = {
    ANCHOR_MODE: 'scheduled',
    IMAGE: 'ghcr.io/x/audit-anchor:1.0.0',
    IMAGE_TAG: '',
    CPU_ARCHITECTURE: 'X86_64',
    CLUSTER_ARN: 'arn:aws:ecs:us-east-1:111122223333:cluster/shared',
    SUBNET_IDS: 'subnet-0a1b2c3d, subnet-0a1b2c3e',
    ASSIGN_PUBLIC_IP: 'true',
    DATABASE_PORT: '6432',
    DATABASE_CIDRS: '["10.0.0.0/8"]',
    HTTPS_CIDRS: '10.0.0.0/8, fd00::/8',
    INTERFACE_ENDPOINTS: 'true',
    ENDPOINT_SUBNET_IDS: 'subnet-0a1b2c3d',
    ROUTE_TABLE_IDS: 'rtb-0a1b2c3d',
    LOG_RETENTION_DAYS: '90',
    LOGS_KEY_ARN: SECRETS_KEY,
    SCHEDULE_MINUTES: '10',
    TASK_CPU: '512',
    TASK_MEMORY_MIB: '1024',
    VERIFY_INTERVAL_MINUTES: '120',
    VERIFY_FULL_INTERVAL_HOURS: '48',
    VERIFY_WORKERS: '3',
    INTERVAL_MINUTES: '30',
    EVENT_THRESHOLD: '500',
    RUNTIME_SETTINGS: '{"eventsTable":"audit.events","clockToleranceSeconds":60}',
  };
  expect(compute({ image_tag: undefined }, variables)).toMatchObject({
    mode: 'scheduled',
    image: 'ghcr.io/x/audit-anchor:1.0.0',
    imageTag: undefined,
    cpuArchitecture: 'X86_64',
    clusterArn: 'arn:aws:ecs:us-east-1:111122223333:cluster/shared',
    subnetIds: ['subnet-0a1b2c3d', 'subnet-0a1b2c3e'],
    assignPublicIp: true,
    databasePort: 6_432,
    databaseCidrs: ['10.0.0.0/8'],
    httpsCidrs: ['10.0.0.0/8', 'fd00::/8'],
    interfaceEndpoints: true,
    endpointSubnetIds: ['subnet-0a1b2c3d'],
    routeTableIds: ['rtb-0a1b2c3d'],
    logRetentionDays: 90,
    logsKeyArn: SECRETS_KEY,
    scheduleMinutes: 10,
    cpu: 512,
    memoryMiB: 1_024,
    verifier: {
      verifyIntervalMinutes: 120,
      verifyFullIntervalHours: 48,
      verifyWorkers: 3,
      cpu: 512,
      memoryMiB: 1_024,
    },
    intervalMinutes: 30,
    eventThreshold: 500,
    settings: { eventsTable: 'audit.events', clockToleranceSeconds: 60 },
  });
});

test('a foreign chain needs no keys', () => {
  const settings = { hmac_keys_secret_arn: undefined, runtime_settings: { chainFormat: 'links' } };
  expect(compute(settings)).toMatchObject({ hmacKeysSecretArn: undefined });
});

test('everything that tasks cannot do without is asked for at once', () => {
  const error = errorOf(() => readSettings({ environment: 'prod', anchor_mode: 'service' }, {}));
  expect(error.faults.map(({ prop, found }) => `${prop}: ${found}`)).toEqual([
    'AUDIT_INFRA_VPC_ID: absent, while anchor_mode is service',
    'AUDIT_INFRA_SUBNET_IDS: absent, while anchor_mode is service',
    'AUDIT_INFRA_DATABASE_SECRET_ARN: absent, while anchor_mode is service',
    'AUDIT_INFRA_VERIFIER_DATABASE_SECRET_ARN: absent, while anchor_mode is service',
    'AUDIT_INFRA_HMAC_KEYS_SECRET_ARN: absent, while anchor_mode is service',
    'AUDIT_INFRA_IMAGE: absent, while anchor_mode is service',
  ]);
});

test.each<[Record<string, unknown>, string, string]>([
  [{ anchor_mode: 'lambda' }, 'auditAnchor.anchor_mode', '"lambda"'],
  [{ image: 'x:latest', image_tag: undefined }, 'auditAnchor.image', '"x:latest"'],
  [{ image_tag: 'latest' }, 'auditAnchor.image_tag', '"latest"'],
  [
    { image: 'x:1' },
    'auditAnchor.image',
    'set, and so is "auditAnchor.image_tag", while anchor_mode is service',
  ],
  [{ vpc_id: 'x' }, 'auditAnchor.vpc_id', '"x"'],
  [{ subnet_ids: [] }, 'auditAnchor.subnet_ids', '[]'],
  [{ subnet_ids: ['subnet-0a1b2c3d', 7] }, 'auditAnchor.subnet_ids', '7'],
  [{ subnet_ids: { a: 1 } }, 'auditAnchor.subnet_ids', '{"a":1}'],
  [{ subnet_ids: '[x' }, 'auditAnchor.subnet_ids', '"[x"'],
  [{ database_port: 0 }, 'auditAnchor.database_port', '0'],
  [{ database_port: '5432x' }, 'auditAnchor.database_port', '"5432x"'],
  [{ database_port: true }, 'auditAnchor.database_port', 'true'],
  [{ interval_minutes: 1_441 }, 'auditAnchor.interval_minutes', '1441'],
  [{ interval_minutes: 1.5 }, 'auditAnchor.interval_minutes', '1.5'],
  [{ runtime_settings: 'x' }, 'auditAnchor.runtime_settings', '"x"'],
  [{ runtime_settings: { a: null } }, 'auditAnchor.runtime_settings', '{"a":null}'],
  [{ interface_endpoints: 'yes' }, 'auditAnchor.interface_endpoints', '"yes"'],
  [{ https_cidrs: ['10.0.0.0'] }, 'auditAnchor.https_cidrs', '"10.0.0.0"'],
  [{ endpoint_subnet_ids: ['x'] }, 'auditAnchor.endpoint_subnet_ids', '"x"'],
  [{ logs_key_arn: 'alias/x' }, 'auditAnchor.logs_key_arn', '"alias/x"'],
  [{ poll_seconds: 3_601 }, 'auditAnchor.poll_seconds', '3601'],
  [{ schedule_minutes: 0 }, 'auditAnchor.schedule_minutes', '0'],
  [{ task_cpu: 128 }, 'auditAnchor.task_cpu', '128'],
  [{ task_memory_mib: 122_881 }, 'auditAnchor.task_memory_mib', '122881'],
  [{ verify_interval_minutes: 4 }, 'auditAnchor.verify_interval_minutes', '4'],
  [{ verify_full_interval_hours: 167 }, 'auditAnchor.verify_full_interval_hours', '167'],
  [{ verify_workers: 65 }, 'auditAnchor.verify_workers', '65'],
  [{ alarms: 'yes' }, 'auditAnchor.alarms', '"yes"'],
  [{ secrets_key_arns: ['alias/x'] }, 'auditAnchor.secrets_key_arns', '"alias/x"'],
])('%j is a fault', (context, prop, found) => {
  expect(faults(context)).toMatchObject([{ prop, found }]);
});

test('a fault of the environment is told by the name of its variable', () => {
  expect(faults({}, { SUBNET_IDS: 'x', EVENT_THRESHOLD: 'many' })).toMatchObject([
    { prop: 'AUDIT_INFRA_EVENT_THRESHOLD', found: '"many"' },
    { prop: 'AUDIT_INFRA_SUBNET_IDS', found: '"x"' },
  ]);
});

test('a secret in the place of its ARN is not repeated', () => {
  const error = errorOf(() =>
    compute({ hmac_keys_secret_arn: 'hunter2' }, { DATABASE_SECRET_ARN: 'hunter3' }),
  );
  expect(error.faults.map(({ prop, found }) => `${prop}: ${found}`)).toEqual([
    'AUDIT_INFRA_DATABASE_SECRET_ARN: a text of 7 characters that is no ARN',
    'auditAnchor.hmac_keys_secret_arn: a text of 7 characters that is no ARN',
  ]);
  expect(error.message).not.toContain('hunter');
});

test('an ARN of something else is shown', () => {
  expect(faults({ database_secret_arn: SECRETS_KEY })).toMatchObject([{ found: `"${SECRETS_KEY}"` }]);
});

test('faults in settings of tasks are found also while nothing runs', () => {
  expect(faults({ anchor_mode: 'none', vpc_id: 'x' })).toMatchObject([{ prop: 'auditAnchor.vpc_id' }]);
  expect(compute({ anchor_mode: 'none' })).toBeUndefined();
});

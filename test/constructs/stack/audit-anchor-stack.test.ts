import { DEFAULTS, LIMITS } from '../../../runtime/contract';
import { anchorStack, resource, synthesise } from '../../support/infra-stack';
import { brokenReferences } from '../../support/terraform-references';

const EVERYTHING = {
  enable_replication: true,
  archive_anchors: true,
  expire_anchors: true,
  require_auditor_mfa: true,
  gateway_role_name: 'gateway',
  custodian_role_name: 'custodian',
  break_glass_role_arn: 'arn:aws:iam::123456789012:role/break-glass',
};

test.each([
  [{}],
  [EVERYTHING],
  [{ encryption: 's3', enable_replication: true }],
  [{ bucket_name: 'audit-anchors-x', enable_replication: true }],
  [{ access_logs_bucket: 'logs' }],
])('with %j everything that is referred to exists', (context) => {
  expect(brokenReferences(synthesise(anchorStack(context)))).toEqual([]);
});

test('the variables of the source document keep their names, types and defaults', () => {
  expect(synthesise(anchorStack()).variable).toMatchObject({
    environment: { type: 'string', default: 'production' },
    worm_retention_days: { type: 'number', default: DEFAULTS.retentionDays },
    enable_replication: { type: 'bool', default: false },
    dr_region: { type: 'string', default: 'us-west-2' },
    auditor_account_ids: { type: 'list(string)', default: [] },
    alarm_sns_topic_arns: { type: 'list(string)', default: [] },
    tags: { type: 'map(string)', default: {} },
  });
});

test('every variable is described and validated', () => {
  for (const [name, variable] of Object.entries(synthesise(anchorStack()).variable ?? {})) {
    expect({ name, variable }).toEqual({
      name,
      variable: expect.objectContaining({
        description: expect.stringMatching(/.{10}/) as string,
        validation: [
          {
            condition: expect.stringContaining(`var.${name}`) as string,
            error_message: expect.stringMatching(/\.$/) as string,
          },
        ],
      }) as object,
    });
  }
});

test('what shapes the graph can be repeated by a variable, not changed', () => {
  const { variable } = synthesise(anchorStack({ enable_replication: true }));
  expect(variable?.enable_replication).toMatchObject({
    default: true,
    validation: [{ condition: '${var.enable_replication == true}' }],
  });
  expect(variable?.environment).toMatchObject({
    validation: [{ condition: '${var.environment == "production"}' }],
  });
});

test('the bounds of the retention are those of the constructs', () => {
  const { min, max } = LIMITS.retentionDays;
  const [validation] = synthesise(anchorStack()).variable?.worm_retention_days?.validation as {
    condition: string;
  }[];
  expect(validation?.condition).toContain(`>= ${min} && var.worm_retention_days <= ${max}`);
});

describe('outputs', () => {
  const names = (context: Record<string, unknown>) =>
    Object.keys(synthesise(anchorStack(context)).output ?? {}).sort();

  test('are those of the source document and what the gateway needs', () => {
    expect(names({})).toEqual([
      'audit_anchor_bucket',
      'audit_anchor_bucket_arn',
      'gateway_environment',
      'kms_key_arn',
      'verifier_role_arn',
      'writer_role_arn',
    ]);
  });

  test('leave out what is not made', () => {
    expect(names({ encryption: 's3', gateway_role_name: 'gateway' })).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/kms|writer/)]),
    );
    expect(names({ enable_replication: true })).toContain('replica_bucket');
  });

  test('give the environment of the gateway under the names it reads', () => {
    const { value } = synthesise(anchorStack()).output?.gateway_environment as {
      value: Record<string, string>;
    };
    expect(Object.keys(value).sort()).toEqual([
      'AUDIT_ANCHOR_BUCKET',
      'AUDIT_ANCHOR_CHAIN_ID',
      'AUDIT_ANCHOR_KMS_KEY_ARN',
      'AUDIT_ANCHOR_RETENTION_DAYS',
    ]);
  });
});

describe('state', () => {
  const terraform = (context: Record<string, unknown>) =>
    (anchorStack(context).toTerraform() as { terraform: Record<string, unknown> }).terraform;

  test('is a file beside the project, named without an absolute path', () => {
    expect(terraform({}).backend).toEqual({
      local: { path: '../../../terraform.audit-anchor-production.tfstate' },
    });
  });

  test('is encrypted and locked in S3 when a bucket is named', () => {
    expect(terraform({ state_bucket: 'state', state_region: 'eu-central-1' })).toMatchObject({
      backend: {
        s3: {
          bucket: 'state',
          region: 'eu-central-1',
          key: 'audit-anchor/production/terraform.tfstate',
          encrypt: true,
          use_lockfile: true,
        },
      },
    });
  });
});

test('the random provider is needed only when the name has a suffix', () => {
  expect(synthesise(anchorStack()).provider).toHaveProperty('random');
  expect(synthesise(anchorStack({ bucket_name: 'audit-anchors-x' })).provider).not.toHaveProperty('random');
});

test('archiving takes the ages of the source document', () => {
  const json = synthesise(anchorStack({ archive_anchors: true }));
  const lifecycle = resource(json, 'aws_s3_bucket_lifecycle_configuration', 'Anchoring_Bucket');
  expect(lifecycle.rule).toContainEqual(
    expect.objectContaining({
      transition: [
        { days: 30, storage_class: 'GLACIER_IR' },
        { days: 90, storage_class: 'DEEP_ARCHIVE' },
      ],
    }),
  );
});

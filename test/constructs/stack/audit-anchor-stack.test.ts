import { DEFAULTS, LIMITS } from '../../../runtime/contract';
import { anchorStack, faultsOf, resource, synthesise } from '../../support/infra-stack';
import { splitTemplate } from '../../support/terraform/tokens';
import { COMPUTE_SETTINGS, FULL_SETTINGS, SECRETS_KEY } from '../../support/terraform/full-stack';
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
  [{ alarms: false }],
  [{ ...FULL_SETTINGS, dashboard: true }],
  [{ ...COMPUTE_SETTINGS, anchor_mode: 'scheduled', gateway_role_name: 'gateway', encryption: 's3' }],
])('with %j everything that is referred to exists', (context) => {
  expect(brokenReferences(synthesise(anchorStack(context)))).toEqual([]);
});

/** Text around the expressions of a template. */
function outsideOfExpressions(text: string): string {
  return splitTemplate(text)
    .map((part) => ('text' in part ? part.text : ''))
    .join('');
}

/** Every text of a structure, with the way to it. */
function texts(value: unknown, path = ''): [path: string, text: string][] {
  if (typeof value === 'string') return [[path, value]];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) => texts(member, `${path}.${name}`));
}

test('no text mixes quotes with expressions, which cdktf cannot write as HCL', () => {
  const {
    resource: resources,
    data,
    output,
  } = synthesise(anchorStack({ ...FULL_SETTINGS, dashboard: true }));
  const mixed = texts({ resources, data, output }).filter(
    ([, text]) => text.includes('${') && outsideOfExpressions(text).includes('"'),
  );
  expect(mixed.map(([path]) => path)).toEqual([]);
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
        validation: expect.any(Array) as unknown[],
      }) as object,
    });
    const validations = variable.validation as unknown[];
    expect(validations.length).toBeGreaterThan(0);
    for (const validation of validations) {
      expect(validation).toEqual({
        condition: expect.stringContaining(`var.${name}`) as string,
        error_message: expect.stringMatching(/\.$/) as string,
      });
    }
  }
});

describe('the length of the chain', () => {
  const lengths = (context: Record<string, unknown>) => {
    const { validation } = synthesise(anchorStack(context)).variable?.chain_id ?? {};
    return (validation as { condition: string; error_message: string }[])[1];
  };

  test('is that of keys where nothing is named after it', () => {
    const keys = {
      condition: '${length(var.chain_id) <= 900}',
      error_message: 'chain_id must have at most 900 characters.',
    };
    expect(lengths({ gateway_emits_metrics: false })).toEqual(keys);
    expect(lengths({ ...COMPUTE_SETTINGS, alarms: false })).toEqual(keys);
  });

  test('leaves room for the rest of the names of alarms', () => {
    const alarmed = {
      condition: '${length(var.chain_id) <= 203}',
      error_message:
        'chain_id must have at most 203 characters: it is part of the names of alarms, which have at most 255.',
    };
    expect(lengths(COMPUTE_SETTINGS)).toEqual(alarmed);
    expect(lengths({})).toEqual({
      ...alarmed,
      error_message: alarmed.error_message.replace('.', '; or synthesise with gateway_emits_metrics false.'),
    });
    const names = Object.values(
      synthesise(anchorStack(COMPUTE_SETTINGS)).resource.aws_cloudwatch_metric_alarm ?? {},
    ).map(({ alarm_name }) => String(alarm_name).replace('${var.chain_id}', 'c'.repeat(203)).length);
    expect(Math.max(...names)).toBe(255);
  });
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

test('the verifier demands the retention of now, or the one from before it was lengthened', () => {
  const { variable, output, ...rest } = synthesise(anchorStack());
  const { locals } = rest as unknown as { locals: Record<string, string> };
  const { value } = output?.gateway_environment as { value: Record<string, string> };
  expect(variable?.verify_retention_days).toMatchObject({ type: 'number', default: 0, nullable: false });
  expect(locals.verify_retention).toBe(
    '${(var.verify_retention_days < 1) ? var.worm_retention_days : var.verify_retention_days}',
  );
  expect(value.AUDIT_VERIFY_RETENTION_DAYS).toMatch(
    /^\$\{\(local\.verify_retention <= var\.worm_retention_days\) \? local\.verify_retention : tonumber\("The verifier/,
  );
});

describe('outputs', () => {
  const names = (context: Record<string, unknown>) =>
    Object.keys(synthesise(anchorStack(context)).output ?? {}).sort();

  test('are those of the source document and what the gateway needs', () => {
    expect(names({})).toEqual([
      'alarm_topic_arns',
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

  test('name what runs, for people who look at it', () => {
    const added = (context: Record<string, unknown>) =>
      names({ ...COMPUTE_SETTINGS, ...context }).filter((name) => !names({}).includes(name));
    const scheduled = [
      'anchor_task_definition_arn',
      'ecr_repository_url',
      'ecs_cluster_arn',
      'log_group_names',
      'task_network',
      'verifier_task_definition_arns',
    ];
    expect(added({})).toEqual(['anchor_service_name', ...scheduled]);
    expect(added({ anchor_mode: 'scheduled' })).toEqual(scheduled);
    expect(added({ image: 'ghcr.io/x/audit-anchor:1', image_tag: undefined })).not.toContain(
      'ecr_repository_url',
    );
    expect(names({ alarms: false })).not.toContain('alarm_topic_arns');
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
      'AUDIT_VERIFY_RETENTION_DAYS',
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

describe('tasks', () => {
  const TASKS = /^aws_(ecs|ecr|scheduler|sqs|security|cloudwatch_log|vpc)/;
  const types = (context: Record<string, unknown>) => Object.keys(synthesise(anchorStack(context)).resource);

  test('are not made by default, and settings for them alone make none', () => {
    expect(types({}).filter((type) => TASKS.test(type))).toEqual([]);
    expect(types({ ...COMPUTE_SETTINGS, anchor_mode: 'none' }).filter((type) => TASKS.test(type))).toEqual(
      [],
    );
  });

  test('anchor the chain of the variable, for as long as the variable says', () => {
    const { container_definitions } = resource(
      synthesise(anchorStack(COMPUTE_SETTINGS)),
      'aws_ecs_task_definition',
      'Service',
    );
    expect(container_definitions).toContain('"AUDIT_ANCHOR_CHAIN_ID", "value" = var.chain_id');
    expect(container_definitions).toContain(
      '"AUDIT_ANCHOR_RETENTION_DAYS", "value" = tostring(var.worm_retention_days)',
    );
  });
});

describe('settings of tasks', () => {
  const json = synthesise(
    anchorStack({
      ...COMPUTE_SETTINGS,
      anchor_mode: 'scheduled',
      schedule_minutes: 10,
      verify_interval_minutes: 120,
      verify_full_interval_hours: 48,
      task_cpu: 512,
      task_memory_mib: 1_024,
      logs_key_arn: SECRETS_KEY,
      https_cidrs: ['10.0.0.0/8'],
      interface_endpoints: true,
      endpoint_subnet_ids: ['subnet-0a1b2c3d4e5f67890'],
    }),
  );
  const all = (type: string) => Object.values(json.resource[type] ?? {});

  test('reach schedules, sizes, logs, network and endpoints', () => {
    expect(
      all('aws_scheduler_schedule')
        .map(({ schedule_expression }) => schedule_expression)
        .sort(),
    ).toEqual(['rate(10 minutes)', 'rate(120 minutes)', 'rate(48 hours)']);
    expect(all('aws_ecs_task_definition').map(({ cpu, memory }) => [cpu, memory])).toEqual(
      Array(3).fill(['512', '1024']),
    );
    expect(all('aws_cloudwatch_log_group').map(({ kms_key_id }) => kms_key_id)).toEqual(
      Array(2).fill(SECRETS_KEY),
    );
    expect(resource(json, 'aws_security_group', 'Network').egress).toContainEqual(
      expect.objectContaining({ to_port: 443, cidr_blocks: ['10.0.0.0/8'] }),
    );
    expect(all('aws_vpc_endpoint').map(({ subnet_ids }) => subnet_ids)).toEqual(
      Array(4).fill(['subnet-0a1b2c3d4e5f67890']),
    );
  });

  test('reach the alarms that miss a run', () => {
    const hours = resource(json, 'aws_cloudwatch_metric_alarm', 'FullSilent').evaluation_periods;
    expect(hours).toBe(50);
  });

  test('of which Fargate has none, or that the mode does not have, are told', () => {
    const found = (settings: Record<string, unknown>) =>
      faultsOf(() => anchorStack({ ...COMPUTE_SETTINGS, ...settings })).map(({ prop }) => prop);
    expect(found({ task_cpu: 300 })).toEqual(['auditAnchor.task_cpu']);
    expect(found({ schedule_minutes: 5 })).toEqual(['auditAnchor.schedule_minutes']);
  });
});

describe('alarms', () => {
  test('are made unless they are switched off', () => {
    const topics = (context: Record<string, unknown>) =>
      Object.keys(synthesise(anchorStack(context)).resource.aws_sns_topic ?? {}).length;
    expect(topics({})).toBe(1);
    expect(topics({ alarms: false })).toBe(0);
  });

  test('tell the topics of the variable, and one of their own when there are none', () => {
    const json = synthesise(anchorStack(COMPUTE_SETTINGS));
    const [[topic = '', { count } = {}] = []] = Object.entries(json.resource.aws_sns_topic ?? {});
    expect(count).toMatch(/^\$\{\(length\(var\.alarm_sns_topic_arns\) >= 1\) \? .* : 1\}$/);
    expect(json.output?.alarm_topic_arns?.value).toBe(
      `\${concat(var.alarm_sns_topic_arns, aws_sns_topic.${topic}[*].arn)}`,
    );
  });

  const named = (context: Record<string, unknown>) =>
    Object.values(synthesise(anchorStack(context)).resource.aws_cloudwatch_metric_alarm ?? {})
      .map(({ alarm_name }) => String(alarm_name).replace('audit-anchor/production/${var.chain_id}/', ''))
      .sort();

  test('miss the anchors of a gateway, unless it emits no metrics', () => {
    expect(named({})).toEqual([
      'access-refused',
      'anchor-age',
      'anchoring-fails',
      'bucket-unfit',
      'clock-skew',
      'database-unfit',
      'no-anchor',
      'retention-ends',
      'tampering',
      'unanchored-events',
    ]);
    expect(named({ gateway_emits_metrics: false })).toEqual([]);
    expect(named({ ...COMPUTE_SETTINGS, gateway_emits_metrics: false })).toEqual(named(COMPUTE_SETTINGS));
  });

  test('on a gateway say what it has to do, and how to be without them', () => {
    const { alarm_description, treat_missing_data } = resource(
      synthesise(anchorStack()),
      'aws_cloudwatch_metric_alarm',
      'NoAnchor',
    );
    expect(treat_missing_data).toBe('breaching');
    expect(alarm_description).toContain("'audit-anchor run', or 'anchor' with AUDIT_OUTPUT=log");
    expect(alarm_description).toContain('gateway_emits_metrics=false');
  });

  test.each([{}, COMPUTE_SETTINGS])('draw the line of the interval on the dashboard: %#', (context) => {
    const line = (interval_minutes?: number) => {
      const json = synthesise(anchorStack({ ...context, dashboard: true, interval_minutes }));
      const { dashboard_body } = resource(json, 'aws_cloudwatch_dashboard');
      return /"label" = "alarm", "value" = (\d+)/.exec(String(dashboard_body))?.[1];
    };
    expect([line(), line(360)]).toEqual(['7200', '43200']);
  });

  test.each([{}, COMPUTE_SETTINGS])('follow the settings of the writer: %#', (context) => {
    const json = synthesise(anchorStack({ ...context, interval_minutes: 120, event_threshold: 50 }));
    expect(resource(json, 'aws_cloudwatch_metric_alarm', 'AnchorAge').threshold).toBeGreaterThanOrEqual(
      14_400,
    );
    expect(resource(json, 'aws_cloudwatch_metric_alarm', 'UnanchoredEvents').threshold).toBe(500);
  });
});

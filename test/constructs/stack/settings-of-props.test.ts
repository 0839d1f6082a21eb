import { SETTING_OF } from '../../../constructs/stack/settings-of-props';
import { readSettings } from '../../../constructs/stack/settings';
import { anchorStack, errorOf, faultsOf } from '../../support/infra-stack';
import { COMPUTE_SETTINGS, HMAC_SECRET, WRITER_SECRET } from '../../support/terraform/full-stack';

type Settings = Readonly<Record<string, unknown>>;

function read(settings: Settings, env: Readonly<Record<string, string>> = {}) {
  return readSettings({ environment: 'prod', ...COMPUTE_SETTINGS, ...settings }, env);
}

function variables(settings: Settings): Record<string, string> {
  return Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [
      `AUDIT_INFRA_${name.toUpperCase()}`,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  );
}

/** Paths of the values of an object, without those of lists and of `settings`, whose names the runtime has. */
function paths(value: object, above: string): string[] {
  return Object.entries(value).flatMap(([name, each]: [string, unknown]) =>
    typeof each === 'object' && each !== null && !Array.isArray(each) && name !== 'settings'
      ? paths(each, `${above}${name}.`)
      : [above + name],
  );
}

test('every prop that the stack takes from a setting has it here, and every setting is one', () => {
  const [settings] = read({});
  const known = paths(settings?.compute ?? {}, 'compute.');
  expect(known.length).toBeGreaterThan(25);
  expect(known.filter((path) => !(path in SETTING_OF))).toEqual([]);
  const { faults } = errorOf(() => read({ no_such_setting: 1 }));
  const settable = faults[0]?.allowed.split(', ');
  expect(Object.values(SETTING_OF).filter((setting) => !settable?.includes(setting))).toEqual([]);
});

describe('what the constructs refuse is told by the names of the settings', () => {
  const MEMORY = 'task_memory_mib';
  const LINKS = { runtime_settings: { chainFormat: 'links' } };
  test.each<[Settings, string, RegExp]>([
    [{ task_cpu: 1_000, task_memory_mib: 2_048 }, 'task_cpu', /^1000; CPU units that Fargate has: 256,/],
    [
      { task_memory_mib: 640 },
      MEMORY,
      /^640; with "task_cpu" 256 one of 512, 1024, 2048 MiB; choose one of them, or another "task_cpu"$/,
    ],
    [{ log_retention_days: 399 }, 'log_retention_days', /^399; days that CloudWatch has/],
    [
      { schedule_minutes: 5 },
      'schedule_minutes',
      /^5, while "anchor_mode" is service; a schedule only with "anchor_mode"/,
    ],
    [
      { anchor_mode: 'scheduled', schedule_minutes: 61 },
      'schedule_minutes',
      /^61; a whole number of minutes from 1 to 60; look at least once in "interval_minutes"/,
    ],
    [
      { anchor_mode: 'scheduled', poll_seconds: 5 },
      'poll_seconds',
      /^5, while "anchor_mode" is scheduled; .* "schedule_minutes" says how often a schedule looks$/,
    ],
    [
      { verifier_database_secret_arn: WRITER_SECRET },
      'verifier_database_secret_arn',
      /^the secret of the writer, or a member of it; a secret of its own/,
    ],
    [
      { hmac_keys_secret_arn: `${WRITER_SECRET}:keys::` },
      'hmac_keys_secret_arn',
      /^a member of the secret that holds the database URL of the writer; /,
    ],
    [
      { endpoint_subnet_ids: ['subnet-0a1b2c3d'] },
      'endpoint_subnet_ids',
      /^a list, while "interface_endpoints" is off; subnets only with "interface_endpoints";/,
    ],
    [
      { runtime_settings: { verifyWorkers: 4 } },
      'runtime_settings.verifyWorkers',
      /^a setting that "verify_workers" decides; .*; remove it and say it there$/,
    ],
    [
      { runtime_settings: { verifyDatabaseUrl: 'x' } },
      'runtime_settings.verifyDatabaseUrl',
      /^a setting that "verifier_database_secret_arn" decides; /,
    ],
    [
      { runtime_settings: { pollSeconds: 1 } },
      'runtime_settings.pollSeconds',
      /^a setting that "poll_seconds" decides; /,
    ],
    [
      { runtime_settings: { retentionDays: 1 } },
      'runtime_settings.retentionDays',
      /^a setting that "worm_retention_days" of the bucket decides; /,
    ],
    [
      { runtime_settings: { keyIdColumn: 'none' } },
      'runtime_settings.keyIdColumn',
      /^"none"; the name of a column; only "runtime_settings\.chainFormat" links can do without one; /,
    ],
    [
      { ...LINKS, full_verification_tasks: 2 },
      'runtime_settings.chainFormat',
      /^links; v1: plans and partial reports are sealed/,
    ],
  ])('%j', (settings, setting, text) => {
    const told = (from: Settings, env: Readonly<Record<string, string>> = {}) =>
      faultsOf(() => read(from, env)).map(({ prop, found, allowed, fix }) => [
        prop,
        `${found}; ${allowed}; ${fix}`,
      ]);
    const [name = '', ...member] = setting.split('.');
    const expected = (place: string) => [[[place, ...member].join('.'), expect.stringMatching(text)]];
    expect(told(settings)).toEqual(expected(`auditAnchor.${name}`));
    expect(told({}, variables(settings))).toEqual(expected(`AUDIT_INFRA_${name.toUpperCase()}`));
  });

  test('a default that does not fit is told by the setting that was left out', () => {
    expect(faultsOf(() => read({}, { AUDIT_INFRA_TASK_CPU: '512' }))).toEqual([
      {
        prop: 'AUDIT_INFRA_TASK_MEMORY_MIB',
        found: '512 by default',
        allowed: 'with "task_cpu" 512 one of 1024, 2048, 3072, 4096 MiB',
        fix: 'choose one of them, or another "task_cpu"',
      },
    ]);
  });

  test.each<[number, Settings, RegExp]>([
    [59, {}, /^"a{59}-logs"$/],
    [56, { full_verification_tasks: 2 }, /^"a{56}-reports"$/],
  ])('a name of %d characters is too long for other buckets', (length, settings, found) => {
    const bucket_name = 'a'.repeat(length);
    const [fault, ...others] = faultsOf(() => read({ ...settings, bucket_name }));
    expect(fault).toMatchObject({
      prop: 'auditAnchor.bucket_name',
      found: expect.stringMatching(found) as string,
    });
    expect(others).toEqual([]);
    expect(faultsOf(() => read({ ...settings, bucket_name: bucket_name.slice(1) }))).toEqual([]);
  });

  test('all environments at once, and together with faults of single settings of others', () => {
    const environments = { one: { task_cpu: 512 }, two: { log_retention_days: 399 }, three: { alarms: 'x' } };
    const { faults, code } = errorOf(() => readSettings({ ...COMPUTE_SETTINGS, environments }, {}));
    expect(code).toBe('SETTINGS_INVALID');
    expect(faults.map(({ prop }) => prop)).toEqual([
      'AUDIT_INFRA_TASK_MEMORY_MIB',
      'auditAnchor.log_retention_days',
      'auditAnchor.alarms',
    ]);
  });
});

test('a setting with a fault of its own is not judged by its default as well', () => {
  const settings = { task_cpu: 'many', task_memory_mib: 4_096 };
  expect(faultsOf(() => read(settings)).map(({ prop }) => prop)).toEqual(['auditAnchor.task_cpu']);
});

test('what is accepted is built', () => {
  const settings = {
    ...COMPUTE_SETTINGS,
    bucket_name: 'a'.repeat(55),
    full_verification_tasks: 2,
    task_cpu: 1_024,
  };
  expect(
    faultsOf(() => anchorStack({ ...settings, task_memory_mib: 2_048, hmac_keys_secret_arn: HMAC_SECRET })),
  ).toEqual([]);
});

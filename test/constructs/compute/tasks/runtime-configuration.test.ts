import type { Config } from '../../../../runtime/config/config';
import { loadConfig } from '../../../../runtime/config/load';
import { DEFAULTS, ENV } from '../../../../runtime/contract';
import { ConfigError } from '../../../../runtime/errors';
import { type Container, containersOf } from '../../../support/tasks';
import {
  applied,
  BUCKET,
  CHAIN,
  HMAC_SECRET,
  REGION,
  RETENTION_DAYS,
  VERIFIED_DAYS,
  synthesiseFull,
  VERIFIER_SECRET,
  WRITER_SECRET,
} from '../../../support/terraform/full-stack';

/**
 * The synthesised task definitions, read by the runtime's own configuration parser: a name or a unit that one
 * half changes and the other does not is refused here, or gives another value.
 */
const KEYS = JSON.stringify({ k1: Buffer.alloc(32, 'k').toString('base64') });
/** What Secrets Manager would put in, by the ARN that a definition names. */
const SECRETS: Readonly<Record<string, string>> = {
  [`${WRITER_SECRET}:url::`]: 'postgres://writer:w@db.internal:5433/audit?sslmode=verify-full',
  [VERIFIER_SECRET]: 'postgres://verifier:v@db.internal:5433/audit?sslmode=verify-full',
  [HMAC_SECRET]: KEYS,
};
const EVERYTHING = { bucket: true, database: true, hmacKeys: true } as const;

/** The environment in which ECS starts a container. */
function environmentOf({ environment, secrets }: Container): NodeJS.ProcessEnv {
  const injected = Object.entries(secrets).map(([name, arn]) => {
    const value = SECRETS[arn];
    if (value === undefined) throw new Error(`no secret has the ARN ${arn}`);
    return [name, value];
  });
  return { ...environment, ...(Object.fromEntries(injected) as Record<string, string>) };
}

function load(env: NodeJS.ProcessEnv): Config {
  return loadConfig(env, EVERYTHING, () => {
    throw new Error('a task has no files of its own');
  });
}

function containers(settings: Readonly<Record<string, unknown>> = {}) {
  return containersOf(applied(synthesiseFull(settings)));
}

function container(family: string, settings: Readonly<Record<string, unknown>> = {}): Container {
  const found = containers(settings).get(family);
  if (!found) throw new Error(`no family ${family}`);
  return found;
}

const SERVICE = container('audit-anchor-prod');
const SCHEDULED = container('audit-anchor-prod', { anchor_mode: 'scheduled' });
const LATEST = container('audit-anchor-verify-latest-prod');
const FULL = container('audit-anchor-verify-full-prod');
const KMS_KEY = /^arn:aws:kms:us-east-1:111122223333:key\//;

/** What every task has to understand in the same way. */
const COMMON = {
  bucket: BUCKET,
  region: REGION,
  endpoint: null,
  kmsKeyArn: expect.stringMatching(KMS_KEY) as string,
  chainId: CHAIN,
  retentionDays: RETENTION_DAYS,
  verifyRetentionDays: VERIFIED_DAYS,
  intervalMinutes: DEFAULTS.intervalMinutes,
  eventThreshold: DEFAULTS.eventThreshold,
  output: 'log',
  table: DEFAULTS.eventsTable,
};

test.each<[string, Container, readonly string[], object]>([
  [
    'the service',
    SERVICE,
    ['run'],
    {
      ...COMMON,
      pollSeconds: DEFAULTS.pollSeconds,
      verifyIntervalMinutes: 0,
      httpHost: '127.0.0.1',
      httpPort: 8080,
    },
  ],
  ['the scheduled writer', SCHEDULED, ['anchor'], { ...COMMON, httpPort: null }],
  ['the verifier of the newest anchor', LATEST, ['verify', '--latest'], { ...COMMON, httpPort: null }],
  ['the verifier of everything', FULL, ['verify', '--full'], { ...COMMON, httpPort: null }],
])('%s is configured as the runtime reads it', (_, task, command, expected) => {
  expect(task.command).toEqual(command);
  const config = load(environmentOf(task));
  expect(config).toMatchObject(expected);
  expect(config.keyRing?.ids).toEqual(['k1']);
  expect(config.database).toMatchObject({ host: 'db.internal', port: 5433, sslMode: 'verify-full' });
});

test('writer and verifier connect as different users of the database', () => {
  expect(load(environmentOf(SERVICE)).database?.user).toBe('writer');
  expect(load(environmentOf(SCHEDULED)).database?.user).toBe('writer');
  expect(load(environmentOf(LATEST)).database?.user).toBe('verifier');
  expect(load(environmentOf(FULL)).database?.user).toBe('verifier');
});

test('settings of the stack arrive in the units of the runtime, at the writer and at the verifier', () => {
  const settings = {
    interval_minutes: 30,
    event_threshold: 500,
    encryption: 's3',
    runtime_settings: {
      eventsTable: 'audit.events',
      clockToleranceSeconds: 60,
      hmacActiveKeyId: 'k1',
      s3Endpoint: 'https://s3-fips.us-east-1.amazonaws.com',
    },
  };
  for (const [, task] of containers(settings)) {
    expect(load(environmentOf(task))).toMatchObject({
      intervalMinutes: 30,
      eventThreshold: 500,
      kmsKeyArn: null,
      schema: 'audit',
      table: 'events',
      clockToleranceSeconds: 60,
      endpoint: 'https://s3-fips.us-east-1.amazonaws.com',
    });
  }
  expect(containers(settings).size).toBe(3);
});

test.each<[Readonly<Record<string, unknown>>, number]>([
  [{}, 1],
  [{ task_cpu: 1_024, task_memory_mib: 2_048 }, 1],
  [{ task_cpu: 4_096, task_memory_mib: 8_192 }, 4],
  [{ task_cpu: 4_096, task_memory_mib: 8_192, verify_workers: 1 }, 1],
  [{ verify_workers: 64 }, 64],
])('with %j a verification has %d readers', (settings, verifyWorkers) => {
  const tasks = containers({ ...settings, full_verification_tasks: 2 });
  const readers = (family: string) => {
    const task = tasks.get(family);
    return task && load(environmentOf(task)).verifyWorkers;
  };
  expect(readers('audit-anchor-verify-latest-prod')).toBe(verifyWorkers);
  expect(readers('audit-anchor-verify-full-prod')).toBe(verifyWorkers);
  // Its tasks have a size of their own; another task is another reader.
  expect(readers('audit-anchor-full-verify-prod')).toBe(1);
  expect(tasks.get('audit-anchor-prod')?.environment).not.toHaveProperty(ENV.verifyWorkers);
});

test.each([
  [{}, { intervalMinutes: DEFAULTS.intervalMinutes, eventThreshold: DEFAULTS.eventThreshold }],
  [
    { interval_minutes: 360, event_threshold: 777 },
    { intervalMinutes: 360, eventThreshold: 777 },
  ],
  [
    { interval_minutes: 360, encryption: 's3' },
    { intervalMinutes: 360, kmsKeyArn: null },
  ],
])('a gateway that writes without tasks anchors as the stack says: %j', (settings, expected) => {
  const stack = applied(synthesiseFull({ anchor_mode: 'none', ...settings }));
  const environment = Object.entries(stack.output('gateway_environment') as Record<string, unknown>);
  const config = load({
    ...Object.fromEntries(environment.map(([name, value]) => [name, String(value)])),
    [ENV.region]: REGION,
    [ENV.databaseUrl]: SECRETS[VERIFIER_SECRET],
    [ENV.hmacKeys]: KEYS,
  });
  const { intervalMinutes, eventThreshold, bucket, chainId, retentionDays, kmsKeyArn } = COMMON;
  expect(config).toMatchObject({
    ...{ intervalMinutes, eventThreshold, bucket, chainId, retentionDays, kmsKeyArn },
    ...expected,
  });
});

test('columns of a table of its own arrive as they are written', () => {
  const columns = 'seq:int8,prev:bytea,key:text,at:timestamptz,who:text';
  const runtime_settings = {
    eventsSchema: 'audit',
    eventsColumns: columns,
    indexColumn: 'seq',
    prevHashColumn: 'prev',
    hashColumn: 'hash',
    keyIdColumn: 'key',
  };
  const { layout, schema } = load(environmentOf(container('audit-anchor-prod', { runtime_settings })));
  expect(schema).toBe('audit');
  expect(layout.columns.map(({ name, type }) => `${name}:${type}`).join()).toBe(columns);
  expect(layout).toMatchObject({
    indexColumn: 'seq',
    prevHashColumn: 'prev',
    hashColumn: 'hash',
    keyIdColumn: 'key',
  });
});

test('a foreign chain needs no keys, and gets none', () => {
  const settings = {
    runtime_settings: { chainFormat: 'links', keyIdColumn: 'none' },
    hmac_keys_secret_arn: undefined,
  };
  for (const [, task] of containers(settings)) {
    expect(Object.keys(task.secrets)).toEqual([ENV.databaseUrl]);
    expect(load(environmentOf(task))).toMatchObject({ layout: { format: 'links' } });
  }
});

test('no definition holds a name that the runtime does not have', () => {
  const names: readonly string[] = Object.values(ENV);
  for (const { environment, secrets } of [SERVICE, SCHEDULED, LATEST, FULL]) {
    expect(
      [...Object.keys(environment), ...Object.keys(secrets)].filter((name) => !names.includes(name)),
    ).toEqual([]);
  }
});

describe('what drifts is noticed', () => {
  const faults = (env: NodeJS.ProcessEnv): readonly string[] => {
    try {
      load(env);
      return [];
    } catch (error) {
      if (error instanceof ConfigError) return error.faults.map(({ setting }) => setting);
      throw error;
    }
  };
  const env = environmentOf(SERVICE);
  const ours = Object.keys(env).filter((name) => name.startsWith('AUDIT_'));

  test('the definition itself has no fault', () => {
    expect(faults(env)).toEqual([]);
  });

  test.each(ours)('%s under another name', (name) => {
    const { [name]: value, ...others } = env;
    expect(faults({ ...others, [`${name}_X`]: value })).toContain(`${name}_X`);
  });

  test.each(ours.filter((name) => /DAYS|MINUTES|SECONDS|THRESHOLD|PORT/.test(name)))(
    '%s with a unit',
    (name) => {
      expect(faults({ ...env, [name]: `${env[name]}s` })).toEqual([name]);
    },
  );
});

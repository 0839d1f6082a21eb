import { loadConfig } from '../../../runtime/config/load';
import { DEFAULTS, ENV, LIMITS } from '../../../runtime/contract';
import { COMPLETE, faultOf, faultsOf, load, reader, refusal } from './environment';

describe('a complete environment', () => {
  test('gives every setting, with the documented defaults', () => {
    expect(load()).toMatchObject({
      bucket: 'audit-anchors-prod',
      region: 'eu-west-1',
      endpoint: null,
      kmsKeyArn: null,
      chainId: 'production',
      retentionDays: 400,
      intervalMinutes: 60,
      eventThreshold: 10_000,
      pollSeconds: 5,
      verifyIntervalMinutes: 60,
      verifyFullIntervalHours: 24,
      clockToleranceSeconds: 300,
      verifyWorkers: 1,
      httpHost: '127.0.0.1',
      httpPort: null,
      table: 'audit_events',
      schema: null,
      keyRing: { ids: ['k1'], activeKeyId: 'k1' },
      database: { host: 'db.internal', port: 5433, user: 'reader', database: 'audit', ssl: false },
    });
  });

  test('an empty value counts as absent', () => {
    expect(
      load({ AUDIT_ANCHOR_RETENTION_DAYS: '', AUDIT_HTTP_PORT: '', AUDIT_NO_SUCH_SETTING: '' }),
    ).toMatchObject({ retentionDays: DEFAULTS.retentionDays, httpPort: null });
  });

  test('a changed environment afterwards changes nothing', () => {
    const env = { ...COMPLETE };
    const config = loadConfig(env, { service: true }, reader({}));
    env.DATABASE_URL = 'postgres://other/';
    env.AUDIT_ANCHOR_CHAIN_ID = 'other';
    expect(config.chainId).toBe('production');
    expect(config.database.password?.()).toBe('hunter2');
  });
});

describe('what a command needs', () => {
  const noFiles = reader({});

  test('nothing: an empty environment will do', () => {
    expect(loadConfig({}, {}, noFiles)).toMatchObject({
      bucket: null,
      region: null,
      chainId: null,
      database: null,
      keyRing: null,
    });
  });

  test.each([
    [{ bucket: true }, [ENV.bucket, ENV.region, ENV.chainId]],
    [{ database: true }, [ENV.databaseUrl]],
    [{ hmacKeys: true }, [ENV.chainId, ENV.hmacKeys]],
    [{ service: true }, [ENV.bucket, ENV.region, ENV.chainId, ENV.hmacKeys, ENV.databaseUrl]],
  ])('%j in an empty environment reports each missing setting once', (need, settings) => {
    const error = (() => {
      try {
        loadConfig({}, need, noFiles);
      } catch (caught) {
        return caught;
      }
    })();
    expect(error).toMatchObject({
      code: 'CONFIG_INVALID',
      faults: settings.map((setting) => ({ setting, found: expect.stringMatching(/^nothing/) as string })),
    });
  });

  test('what is not needed is not looked at: an auditor is not stopped by database or keys', () => {
    const broken = { DATABASE_URL: 'nonsense', PGSSLMODE: 'nonsense', AUDIT_HMAC_KEYS: 'nonsense' };
    expect(load(broken, {}, { bucket: true })).toMatchObject({ database: null, keyRing: null });
  });

  test('settings of our own are checked for every command', () => {
    const changes = {
      AUDIT_ANCHOR_RETENTION_DAYS: '0',
      AUDIT_HTTP_PORT: 'http',
      AUDIT_EVENTS_TABLE: 'a.b.c',
    };
    expect(faultsOf(changes, {}, {}).map(({ setting }) => setting)).toEqual([
      ENV.retentionDays,
      ENV.httpPort,
      ENV.eventsTable,
    ]);
  });
});

describe('retention that verification demands', () => {
  test('is that of the writer unless it is given', () => {
    expect(load({ AUDIT_ANCHOR_RETENTION_DAYS: '2557' })).toMatchObject({ verifyRetentionDays: 2_557 });
    expect(load({ AUDIT_ANCHOR_RETENTION_DAYS: '2557', AUDIT_VERIFY_RETENTION_DAYS: '400' })).toMatchObject({
      retentionDays: 2_557,
      verifyRetentionDays: 400,
    });
  });

  test.each([
    ['401', '"401"', 'at most AUDIT_ANCHOR_RETENTION_DAYS, which is 400'],
    ['0', '"0"', 'a whole number of days from 1 to 36500, in digits only'],
    ['1y', '"1y"', 'a whole number of days from 1 to 36500, in digits only'],
  ])('%s is refused', (given, found, allowed) => {
    expect(faultsOf({ AUDIT_VERIFY_RETENTION_DAYS: given })).toEqual([
      { setting: ENV.verifyRetentionDays, found, allowed },
    ]);
  });
});

describe('the address of the health checks', () => {
  test.each(['127.0.0.1', '0.0.0.0', '::', '::1', '10.1.2.3', 'localhost'])('%s is accepted', (host) => {
    expect(load({ AUDIT_HTTP_HOST: host }).httpHost).toBe(host);
  });

  test.each(['example.com', '127.0.0.1:8080', '[::1]', '*', '127.0.0', ' '])('%j is refused', (host) => {
    expect(faultOf({ AUDIT_HTTP_HOST: host })).toMatchObject({
      setting: ENV.httpHost,
      found: JSON.stringify(host),
    });
  });
});

describe('numbers', () => {
  const NUMBERS = [
    'retentionDays',
    'intervalMinutes',
    'eventThreshold',
    'pollSeconds',
    'verifyIntervalMinutes',
    'verifyFullIntervalHours',
    'clockToleranceSeconds',
    'verifyWorkers',
    'httpPort',
  ] as const;

  test.each(NUMBERS)('%s: both limits are accepted, one beyond is refused with the range', (name) => {
    const { min, max } = LIMITS[name];
    for (const value of [min, max]) expect(load({ [ENV[name]]: String(value) })[name]).toBe(value);
    for (const value of [min - 1, max + 1]) {
      expect(faultOf({ [ENV[name]]: String(value) })).toEqual({
        setting: ENV[name],
        found: `"${value}"`,
        allowed: expect.stringContaining(`from ${min} to ${max}`),
      });
    }
  });

  test.each([
    '1e3',
    '60.5',
    '60.0',
    ' 60',
    '60 ',
    '6 0',
    '+60',
    '-0',
    '060',
    '0x3c',
    '1_000',
    '1,000',
    '٦٠',
    'NaN',
    'Infinity',
    '60\n',
    '9'.repeat(400),
  ])('%j is not a number', (text) => {
    expect(faultOf({ AUDIT_ANCHOR_INTERVAL_MINUTES: text }).setting).toBe(ENV.intervalMinutes);
  });

  test.each(['0', '-1', '36501'])('a retention of %s days is refused', (days) => {
    expect(faultOf({ AUDIT_ANCHOR_RETENTION_DAYS: days })).toEqual({
      setting: 'AUDIT_ANCHOR_RETENTION_DAYS',
      found: `"${days}"`,
      allowed: 'a whole number of days from 1 to 36500, in digits only',
    });
  });
});

describe('unknown settings', () => {
  test.each([
    ['AUDIT_ANCHOR_RETENTION_DAY', 'AUDIT_ANCHOR_RETENTION_DAYS'],
    ['AUDIT_ANCHOR_BUKCET', 'AUDIT_ANCHOR_BUCKET'],
    ['AUDIT_HMAC_KEY', 'AUDIT_HMAC_KEYS'],
    ['AUDIT_VERIFY_INTERVAL', 'AUDIT_VERIFY_INTERVAL_MINUTES'],
    ['audit_anchor_bucket', 'AUDIT_ANCHOR_BUCKET'],
  ])('%s is refused and %s suggested', (setting, suggestion) => {
    expect(faultOf({ [setting]: 'x' })).toEqual({
      setting,
      found: 'a setting that does not exist',
      allowed: `${suggestion}, the nearest name; rename or unset it`,
    });
  });

  test('a name like none of ours is refused without a guess', () => {
    expect(faultOf({ AUDIT_X: '1' }).allowed).toBe('only the AUDIT_ settings of the documentation; unset it');
    expect(faultOf({ [`AUDIT_${'X'.repeat(10_000)}`]: '1' }).setting).toHaveLength(80);
  });

  test('every name of the contract is known', () => {
    const ours = Object.values(ENV).filter((name) => name.startsWith('AUDIT_'));
    const env = Object.fromEntries(ours.map((name) => [name, '\0']));
    expect(faultsOf(env).map(({ found }) => found)).not.toContain('a setting that does not exist');
  });

  test('the service variables of Kubernetes are not ours', () => {
    expect(
      load({
        AUDIT_ANCHOR_SERVICE_HOST: '10.0.0.1',
        AUDIT_ANCHOR_SERVICE_PORT: '8080',
        AUDIT_ANCHOR_SERVICE_PORT_HEALTH: '8080',
        AUDIT_ANCHOR_PORT: 'tcp://10.0.0.1:8080',
        AUDIT_ANCHOR_PORT_8080_TCP: 'tcp://10.0.0.1:8080',
        AUDIT_ANCHOR_PORT_8080_TCP_ADDR: '10.0.0.1',
      }).bucket,
    ).toBe('audit-anchors-prod');
    expect(faultOf({ AUDIT_ANCHOR_PORT: '8080' }).setting).toBe('AUDIT_ANCHOR_PORT');
  });
});

describe('messages', () => {
  test('one fault', () => {
    const error = refusal({ AUDIT_ANCHOR_RETENTION_DAY: '30' });
    expect(error.message).toMatchInlineSnapshot(`
      "1 fault in the configuration
        AUDIT_ANCHOR_RETENTION_DAY: found a setting that does not exist, allowed AUDIT_ANCHOR_RETENTION_DAYS, the nearest name; rename or unset it"
    `);
    expect(error.hint).toBe('Correct the environment and run the command again');
  });

  test('many faults, one line each', () => {
    const { message } = refusal({
      AUDIT_ANCHOR_BUCKET: 'Audit_Anchors',
      AUDIT_ANCHOR_CHAIN_ID: 'prod/../x y',
      AUDIT_ANCHOR_RETENTION_DAYS: '1e3',
      AUDIT_ANCHOR_KMS_KEY_ARN: 'arn:aws:kms:eu-west-1:111122223333:alias/audit',
      AUDIT_EVENTS_COLUMNS: 'id:int8,payload:jsonb,prev_hash:bytea',
      AUDIT_EVENTS_TABLE: '',
      AWS_REGION: 'eu-west-1a',
      DATABASE_URL: 'mysql://root:hunter2@db/audit',
      AUDIT_HMAC_KEYS: JSON.stringify({ k1: 'c2hvcnQ=', '': 7 }),
    });
    expect(message).toMatchInlineSnapshot(`
      "10 faults in the configuration
        AUDIT_ANCHOR_BUCKET: found "Audit_Anchors", allowed a bucket name: 3 to 63 lower-case letters, digits, "." and "-", beginning and ending with a letter or digit
        AWS_REGION: found "eu-west-1a", allowed an AWS Region, such as eu-west-1 or us-gov-west-1
        AUDIT_ANCHOR_KMS_KEY_ARN: found "arn:aws:kms:eu-west-1:111122223333:alias/audit", allowed the full ARN of a key, arn:aws:kms:REGION:ACCOUNT:key/ID, not an alias: an alias can be pointed at another key later, and an anchor has to name its key for good
        AUDIT_ANCHOR_CHAIN_ID: found "prod/../x y", allowed letters, digits, ".", "_", "-" in parts joined by "/" (no part "." or "..", the first not beginning with "_"), at most 900 bytes
        AUDIT_ANCHOR_RETENTION_DAYS: found "1e3", allowed a whole number of days from 1 to 36500, in digits only
        AUDIT_EVENTS_COLUMNS: found column "payload" has type "jsonb", allowed int8, int4, int2, timestamptz, text, varchar, json, bytea, uuid, bool
        AUDIT_HMAC_KEYS: found key "k1" with a secret of 5 bytes, allowed standard base64 of 32 to 1024 bytes
        AUDIT_HMAC_KEYS: found key number 2 whose id is empty, allowed an id of 1 to 255 bytes
        AUDIT_HMAC_KEYS: found key number 2 with a number as its secret, allowed standard base64 of 32 to 1024 bytes
        DATABASE_URL: found a value (not shown) that does not begin with postgres:// or postgresql://, allowed postgres://USER:PASSWORD@HOST:PORT/DATABASE with reserved characters percent-encoded"
    `);
  });

  test('an empty environment tells how to begin', () => {
    const nothing = Object.fromEntries(Object.keys(COMPLETE).map((name) => [name, undefined]));
    expect(refusal(nothing).message).toMatchInlineSnapshot(`
      "5 faults in the configuration
        AUDIT_ANCHOR_BUCKET: found nothing, allowed the name of the bucket that holds the anchors
        AWS_REGION: found nothing, allowed the AWS Region of the bucket, such as eu-west-1 (AWS_DEFAULT_REGION is read too)
        AUDIT_ANCHOR_CHAIN_ID: found nothing, allowed a name for this chain: letters, digits, ".", "_", "-" in parts joined by "/" (no part "." or "..", the first not beginning with "_"), at most 900 bytes
        AUDIT_HMAC_KEYS: found nothing, and nothing in AUDIT_HMAC_KEYS_FILE, allowed a JSON object {"key id": "secret", ...} with each secret as standard base64 of 32 to 1024 bytes, or the path of a file with it in AUDIT_HMAC_KEYS_FILE
        DATABASE_URL: found nothing, and neither PGHOST nor PGDATABASE, allowed postgres://USER:PASSWORD@HOST:PORT/DATABASE, or the PG* variables of libpq"
    `);
  });
});

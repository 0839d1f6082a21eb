import { Client } from 'pg';
import type { DatabaseConfig } from '../../../runtime/config/config';
import { faultOf, faultsOf, load, type Files } from './environment';

const PEM = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';
const FILES: Files = { '/ca.pem': PEM, '/not.pem': 'hello', '/locked.pem': { code: 'EACCES' } };

function database(changes: NodeJS.ProcessEnv): DatabaseConfig {
  const config = load(changes, FILES, { database: true });
  if (!config.database) throw new Error('no database');
  return config.database;
}

const byUrl = (url: string) => database({ DATABASE_URL: url });
const byVariables = (variables: NodeJS.ProcessEnv) => database({ DATABASE_URL: undefined, ...variables });

describe('DATABASE_URL', () => {
  test('percent-encoded parts are decoded', () => {
    const config = byUrl('postgresql://re%40der:p%2Fa%3As%25s@db:6432/au%20dit');
    expect(config).toMatchObject({ user: 're@der', host: 'db', port: 6432, database: 'au dit' });
    expect(config.password?.()).toBe('p/a:s%s');
  });

  test('IPv6, Unix sockets and parameters', () => {
    expect(byUrl('postgres://u@[::1]/d')).toMatchObject({ host: '::1', port: 5432 });
    expect(byUrl('postgres://u@%2Fvar%2Frun/d')).toMatchObject({ host: '/var/run', ssl: false });
    expect(byUrl('postgres:///d?host=/var/run&sslmode=require')).toMatchObject({
      host: '/var/run',
      ssl: false,
      sslMode: 'disable',
    });
    expect(
      byUrl('postgres://h/d?application_name=audit&options=-c%20work_mem%3D64MB&connect_timeout=7'),
    ).toMatchObject({
      application_name: 'audit',
      options: '-c work_mem=64MB',
      connectionTimeoutMillis: 7000,
    });
  });

  test('what the URL leaves open comes from the PG variables', () => {
    const config = database({
      DATABASE_URL: 'postgres://db/audit',
      PGHOST: 'other',
      PGPORT: '6000',
      PGUSER: 'reader',
      PGPASSWORD: 'from-env',
      PGDATABASE: 'other',
    });
    expect(config).toMatchObject({ host: 'db', port: 6000, user: 'reader', database: 'audit' });
    expect(config.password?.()).toBe('from-env');
  });

  test.each([
    ['mysql://u:hunter2@h/d', /does not begin with postgres/],
    ['host=h password=hunter2', /does not begin with postgres/],
    ['postgres://u:hunter2@h:port/d', /not a URL/],
    ['postgres://u:hunter2@h:99999/d', /not a URL/],
    ['postgres://u:hunter2@h1:1,h2:2/d', /not a URL/],
    ['postgres://u:hunter2@h1,h2/d', /comma/],
    ['postgres://u:hunter2@h:0/d', /port 0/],
    ['postgres://u:x/hunter2@h/d', /"@" after the host/],
    ['postgres://u:1/hunter2@h/d', /"@" after the host/],
    ['postgres://u:1?hunter2@h/d', /"@" after the host/],
    ['postgres://u:1?a=1&hunter2=@h/d', /"@" after the host/],
    ['postgres://u:1#hunter2@h/d', /"@" after the host/],
    ['postgres://u:hunter2%zz@h/d', /"%"/],
    ['postgres://u:hunter2%ff@h/d', /"%"/],
    ['postgres://u:hunter2@h/d#f', /"#"/],
    ['postgres://u:hunter2@h/d?sslmod=verify-full', /parameter sslmod/],
    ['postgres://u@h/d?hunter2%20', /parameter \(not shown\)/],
    ['postgres://u@h/d?sslmode=require&sslmode=disable', /sslmode twice/],
    ['postgres://u@h/d?sslmode=hunter2', /sslmode that does not exist/],
    ['postgres://u@h/d?sslmode=require&channel_binding=hunter2', /channel_binding that does not exist/],
    ['postgres://u@h/d?channel_binding=require', /channel_binding=require without TLS/],
    ['postgres:///d?host=/run&sslmode=require&channel_binding=require', /without TLS/],
    ['postgres://u@h/d?host=/hunter2', /two hosts/],
    ['postgres://u@h/d?connect_timeout=hunter2', /connect_timeout/],
  ])('%s is refused and nothing of it shown', (url, found) => {
    const fault = faultOf({ DATABASE_URL: url }, {}, { database: true });
    expect(fault).toMatchObject({ setting: 'DATABASE_URL', found: expect.stringMatching(found) as string });
    expect(JSON.stringify(fault)).not.toContain('hunter2');
  });
});

describe('the PG variables', () => {
  test('alone make a connection', () => {
    expect(byVariables({ PGHOST: '/var/run/postgresql', PGUSER: 'u' })).toEqual({
      host: '/var/run/postgresql',
      port: 5432,
      user: 'u',
      ssl: false,
      sslMode: 'disable',
    });
    expect(byVariables({ PGDATABASE: 'audit' })).toMatchObject({ host: 'localhost', database: 'audit' });
  });

  test('a password or a port is not a place to connect to', () => {
    const changes = { DATABASE_URL: undefined, PGPASSWORD: 'hunter2', PGPORT: '5432', PGUSER: 'u' };
    expect(faultOf(changes).found).toBe('nothing, and neither PGHOST nor PGDATABASE');
  });

  test('each wrong one is reported', () => {
    const changes = { DATABASE_URL: undefined, PGHOST: 'a,b', PGPORT: '0', PGSSLMODE: 'on' };
    expect(
      faultsOf(changes)
        .map(({ setting }) => setting)
        .sort(),
    ).toEqual(['PGHOST', 'PGPORT', 'PGSSLMODE']);
  });
});

describe('a password in a file', () => {
  const file = { AUDIT_DATABASE_PASSWORD_FILE: '/run/secrets/db' };
  const url = { DATABASE_URL: 'postgres://u@h/d' };

  test('is read for each connection, without the end of its line', () => {
    const files = { '/run/secrets/db': 'old\n' };
    const { database } = load({ ...url, ...file }, files);
    expect(database?.password?.()).toBe('old');
    files['/run/secrets/db'] = ' new ';
    expect(database?.password?.()).toBe(' new ');
  });

  test('that is gone later is an error of its own', () => {
    const files: Record<string, string | { code: string }> = { '/run/secrets/db': 'old' };
    const { database } = load({ ...url, ...file }, files);
    files['/run/secrets/db'] = { code: 'ENOENT' };
    expect(() => database?.password?.()).toThrow(expect.objectContaining({ code: 'FILE_UNUSABLE' }) as Error);
  });

  test('that cannot be read is a fault, which does not show what may be a password', () => {
    const fault = faultOf({ ...url, AUDIT_DATABASE_PASSWORD_FILE: 'hunter2' });
    expect(fault.setting).toBe('AUDIT_DATABASE_PASSWORD_FILE');
    expect(JSON.stringify(fault)).not.toContain('hunter2');
  });

  test('leaves no room for another one of the same database', () => {
    const files = { '/run/secrets/db': 'old' };
    expect(faultOf(file, files).setting).toBe('AUDIT_DATABASE_PASSWORD_FILE');
    expect(faultOf({ ...url, ...file, PGPASSWORD: 'x' }, files).setting).toBe('AUDIT_DATABASE_PASSWORD_FILE');
    const replica = { AUDIT_VERIFY_DATABASE_URL: 'postgres://v:own@r/d' };
    const { database, verifyDatabase } = load({ ...url, ...file, ...replica }, files);
    expect([database?.password?.(), verifyDatabase?.password?.()]).toEqual(['old', 'own']);
  });
});

describe('channel_binding has the meaning that libpq gives it', () => {
  const binding = (channel_binding: string) =>
    byUrl(`postgres://h/d?sslmode=require&channel_binding=${channel_binding}`).channelBinding;

  test.each(['disable', 'prefer', 'require'])('%s', (word) => expect(binding(word)).toBe(word));

  test('nothing is prefer; without TLS there is nothing to bind to', () => {
    expect(byUrl('postgres://h/d?sslmode=require').channelBinding).toBe('prefer');
    expect(byUrl('postgres://h/d')).not.toHaveProperty('channelBinding');
    expect(byUrl('postgres://h/d?channel_binding=prefer')).not.toHaveProperty('channelBinding');
  });

  test('PGCHANNELBINDING says it for a URL that does not', () => {
    const tls = { PGHOST: 'h', PGSSLMODE: 'verify-full' };
    expect(byVariables({ ...tls, PGCHANNELBINDING: 'require' }).channelBinding).toBe('require');
    expect(
      database({
        DATABASE_URL: 'postgres://h/d?sslmode=require&channel_binding=disable',
        PGCHANNELBINDING: 'require',
      }).channelBinding,
    ).toBe('disable');
    const changes = { DATABASE_URL: undefined, PGHOST: 'h', PGCHANNELBINDING: 'require' };
    expect(faultOf(changes)).toMatchObject({ setting: 'PGCHANNELBINDING' });
    expect(faultOf({ ...changes, PGSSLMODE: 'require', PGCHANNELBINDING: 'REQUIRE' })).toMatchObject({
      setting: 'PGCHANNELBINDING',
    });
  });
});

describe('sslmode has the meaning that libpq gives it', () => {
  const mode = (sslmode: string, rest: NodeJS.ProcessEnv = {}) =>
    byVariables({ PGHOST: 'h', PGSSLMODE: sslmode, ...rest });

  test('none: no TLS, as in pg', () =>
    expect(byUrl('postgres://h/d')).toMatchObject({ ssl: false, sslMode: 'disable' }));
  test('disable', () => expect(mode('disable', { PGSSLROOTCERT: '/missing' }).ssl).toBe(false));
  test('require does not check the certificate', () =>
    expect(mode('require').ssl).toEqual({ rejectUnauthorized: false }));
  test('require with a root certificate is verify-ca', () => {
    const { ssl } = mode('require', { PGSSLROOTCERT: '/ca.pem' });
    expect(ssl).toMatchObject({ rejectUnauthorized: true, ca: PEM });
    expect(ssl && ssl.checkServerIdentity?.()).toBeUndefined();
    expect(ssl).toHaveProperty('checkServerIdentity');
  });
  test('verify-ca checks the authority, not the name', () => {
    const { ssl } = mode('verify-ca', { PGSSLROOTCERT: '/ca.pem' });
    expect(ssl).toMatchObject({ rejectUnauthorized: true, ca: PEM });
    expect(ssl).toHaveProperty('checkServerIdentity');
  });
  test('verify-full checks both', () => {
    expect(mode('verify-full').ssl).toEqual({ rejectUnauthorized: true });
    expect(mode('verify-full', { PGSSLROOTCERT: '/ca.pem' }).ssl).toEqual({
      rejectUnauthorized: true,
      ca: PEM,
    });
    expect(mode('verify-full', { PGSSLROOTCERT: 'system' }).ssl).toEqual({ rejectUnauthorized: true });
  });
  test('a root certificate without a mode verifies everything', () =>
    expect(byUrl('postgres://h/d?sslrootcert=/ca.pem')).toMatchObject({
      ssl: { rejectUnauthorized: true, ca: PEM },
      sslMode: 'verify-full',
    }));
  test('the URL is asked before PGSSLMODE', () =>
    expect(
      database({ DATABASE_URL: 'postgres://h/d?sslmode=verify-full', PGSSLMODE: 'disable' }).sslMode,
    ).toBe('verify-full'));

  test.each([
    [{ PGSSLMODE: 'prefer' }, 'PGSSLMODE', /fall back to plain text/],
    [{ PGSSLMODE: 'allow' }, 'PGSSLMODE', /fall back to plain text/],
    [{ PGSSLMODE: 'no-verify' }, 'PGSSLMODE', /libpq calls it require/],
    [{ PGSSLMODE: 'VERIFY-FULL' }, 'PGSSLMODE', /verify-full/],
    [{ PGSSLMODE: 'verify-ca' }, 'PGSSLMODE', /any public authority would do/],
    [{ PGSSLMODE: 'require', PGSSLROOTCERT: 'system' }, 'PGSSLROOTCERT', /verify-full/],
    [{ PGSSLMODE: 'verify-full', PGSSLROOTCERT: '/missing.pem' }, 'PGSSLROOTCERT', /readable file/],
    [{ PGSSLMODE: 'verify-full', PGSSLROOTCERT: '/locked.pem' }, 'PGSSLROOTCERT', /readable file/],
    [{ PGSSLMODE: 'verify-full', PGSSLROOTCERT: '/not.pem' }, 'PGSSLROOTCERT', /BEGIN CERTIFICATE/],
  ])('%j is refused', (variables, setting, allowed) => {
    expect(faultOf(variables, FILES)).toMatchObject({
      setting,
      allowed: expect.stringMatching(allowed) as string,
    });
  });
});

describe('pg', () => {
  test('accepts the settings, also spread, and warns about nothing', () => {
    const warnings = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const config = byUrl('postgres://reader:hunter2@db:6432/audit?sslmode=require');
    const client = new Client({ ...config });
    expect(client).toMatchObject({ user: 'reader', host: 'db', port: 6432, database: 'audit' });
    expect((client.password as unknown as () => string)()).toBe('hunter2');
    expect(warnings).not.toHaveBeenCalled();
    warnings.mockRestore();
  });
});

import { ENV } from '../../../runtime/contract';
import { faultOf, load } from './environment';

const REPLICA = 'postgres://auditor:secret-of-the-replica@replica.internal:6432/audit?sslmode=require';
const VERIFICATION = { verifyDatabase: true } as const;

test('verification reads the database of its own, where there is one', () => {
  const config = load({ AUDIT_VERIFY_DATABASE_URL: REPLICA });
  expect(config.database).toMatchObject({ host: 'db.internal', port: 5433, user: 'reader' });
  expect(config.verifyDatabase).toMatchObject({
    host: 'replica.internal',
    port: 6432,
    user: 'auditor',
    sslMode: 'require',
  });
  expect(config.verifyDatabase?.password?.()).toBe('secret-of-the-replica');
});

test('else the one that is written to', () => {
  const config = load();
  expect(config.verifyDatabase).toEqual(config.database);
});

test('then nothing else has to be known of the other', () => {
  const config = load({ AUDIT_VERIFY_DATABASE_URL: REPLICA, DATABASE_URL: undefined }, {}, VERIFICATION);
  expect(config).toMatchObject({ database: null, verifyDatabase: { host: 'replica.internal' } });
});

test('it is not read when nothing is verified', () => {
  const config = load({ AUDIT_VERIFY_DATABASE_URL: 'mysql://wrong' }, {}, { database: true });
  expect(config).toMatchObject({ database: { host: 'db.internal' }, verifyDatabase: null });
});

test('the PG variables fill in what its URL leaves open', () => {
  const changes = {
    AUDIT_VERIFY_DATABASE_URL: 'postgres://replica.internal/',
    PGUSER: 'auditor',
    PGDATABASE: 'audit',
  };
  expect(load(changes, {}, VERIFICATION).verifyDatabase).toMatchObject({
    host: 'replica.internal',
    user: 'auditor',
    database: 'audit',
  });
});

test.each([
  ['mysql://replica/audit', 'a value (not shown) that does not begin with postgres:// or postgresql://'],
  ['postgres://replica:0/audit', 'port 0'],
  ['postgres://replica/audit?connect_timeout=0', 'a wrong connect_timeout (not shown)'],
  ['postgres://replica/audit?sslmode=prefer', 'sslmode=prefer'],
])('a fault names its own setting: %s', (url, found) => {
  expect(faultOf({ AUDIT_VERIFY_DATABASE_URL: url }, {}, VERIFICATION)).toMatchObject({
    setting: ENV.verifyDatabaseUrl,
    found,
  });
});

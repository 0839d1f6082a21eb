import { type Check, decide, type Decision, type Target } from './decide';
import { type PolicyDocument, readPolicy } from './document';
import type { Principal } from './principal';

const ACCOUNT = '111122223333';
const ROLE = `arn:aws:iam::${ACCOUNT}:role/gateway`;
const ROOT = `arn:aws:iam::${ACCOUNT}:root`;
const GET: Check = { action: 's3:GetObject', resource: 'arn:aws:s3:::b/key', context: {} };

type Element = Record<string, unknown>;
const policy = (kind: 'identity' | 'resource', ...statements: Element[]): PolicyDocument =>
  readPolicy('p', JSON.stringify({ Version: '2012-10-17', Statement: statements }), kind);
const statement = (effect: 'Allow' | 'Deny', more: Element = {}): Element => ({
  Sid: effect,
  Effect: effect,
  Action: 's3:GetObject',
  Resource: 'arn:aws:s3:::b/*',
  ...more,
});
const withPrincipal = (effect: 'Allow' | 'Deny', principal: unknown, more: Element = {}): Element =>
  statement(effect, { Principal: principal, ...more });
const role = (...statements: Element[]): Principal => ({
  kind: 'role',
  arn: ROLE,
  policies: statements.length === 0 ? [] : [policy('identity', ...statements)],
});
const foreign = (...statements: Element[]): Principal =>
  ({ ...role(...statements), arn: ROLE.replace(ACCOUNT, '999988887777') }) as Principal;
const bucket = (...statements: Element[]): Target => ({
  service: 's3',
  account: ACCOUNT,
  policy: statements.length === 0 ? null : policy('resource', ...statements),
});
const key = (...statements: Element[]): Target => ({ ...bucket(...statements), service: 'kms' });

function told(decision: Decision): string {
  if (decision.allowed) return 'allowed';
  return decision.because === 'explicit deny'
    ? `denied by ${decision.by.join()}`
    : `missing ${decision.missing}`;
}

describe('inside of the account', () => {
  test.each<[string, Principal, Target, string]>([
    ['the role alone', role(statement('Allow')), bucket(), 'allowed'],
    ['the bucket alone', role(), bucket(withPrincipal('Allow', { AWS: ROLE })), 'allowed'],
    ['the bucket, everyone', role(), bucket(withPrincipal('Allow', '*')), 'allowed'],
    ['neither', role(), bucket(), 'missing identity'],
    [
      'the bucket leaves it to the account',
      role(),
      bucket(withPrincipal('Allow', { AWS: ROOT })),
      'missing identity',
    ],
    ['the account as a number', role(), bucket(withPrincipal('Allow', { AWS: ACCOUNT })), 'missing identity'],
    [
      'a Deny of the bucket wins',
      role(statement('Allow')),
      bucket(withPrincipal('Deny', '*')),
      'denied by Deny',
    ],
    [
      'a Deny of the role wins',
      role(statement('Deny')),
      bucket(withPrincipal('Allow', '*')),
      'denied by Deny',
    ],
    [
      'a Deny for others',
      role(statement('Allow')),
      bucket(withPrincipal('Deny', { AWS: `${ROLE}-2` })),
      'allowed',
    ],
    [
      'a Deny for the account',
      role(statement('Allow')),
      bucket(withPrincipal('Deny', { AWS: ROOT })),
      'denied by Deny',
    ],
    ['the root user', { kind: 'root', arn: ROOT }, bucket(), 'allowed'],
    [
      'the root user, denied',
      { kind: 'root', arn: ROOT },
      bucket(withPrincipal('Deny', '*')),
      'denied by Deny',
    ],
  ])('%s', (_case, principal, target, decision) => {
    expect(told(decide(principal, GET, target))).toBe(decision);
  });
});

describe('across accounts', () => {
  test.each<[string, Principal, Target, string]>([
    [
      'both sides',
      foreign(statement('Allow')),
      bucket(withPrincipal('Allow', { AWS: '999988887777' })),
      'allowed',
    ],
    ['the role alone', foreign(statement('Allow')), bucket(), 'missing resource'],
    ['the bucket alone', foreign(), bucket(withPrincipal('Allow', '*')), 'missing identity'],
    ['neither', foreign(), bucket(), 'missing both'],
    ['nobody, public bucket', { kind: 'anonymous' }, bucket(withPrincipal('Allow', '*')), 'allowed'],
    ['nobody', { kind: 'anonymous' }, bucket(withPrincipal('Allow', { AWS: ROOT })), 'missing resource'],
    [
      'a service',
      { kind: 'service', service: 'x.amazonaws.com' },
      bucket(withPrincipal('Allow', { Service: 'x.amazonaws.com' })),
      'allowed',
    ],
    [
      'another service',
      { kind: 'service', service: 'y.amazonaws.com' },
      bucket(withPrincipal('Allow', { Service: 'x.amazonaws.com' })),
      'missing resource',
    ],
  ])('%s', (_case, principal, target, decision) => {
    expect(told(decide(principal, GET, target))).toBe(decision);
  });
});

describe('keys, which never do without their policy', () => {
  test.each<[string, Principal, Target, string]>([
    ['the role alone', role(statement('Allow')), key(), 'missing resource'],
    ['the key names the role', role(), key(withPrincipal('Allow', { AWS: ROLE })), 'allowed'],
    [
      'the key leaves it to the account',
      role(statement('Allow')),
      key(withPrincipal('Allow', { AWS: ROOT })),
      'allowed',
    ],
    ['the account did not', role(), key(withPrincipal('Allow', { AWS: ROOT })), 'missing identity'],
    ['the root user without the key', { kind: 'root', arn: ROOT }, key(), 'missing resource'],
    [
      'the root user, named',
      { kind: 'root', arn: ROOT },
      key(withPrincipal('Allow', { AWS: ROOT })),
      'allowed',
    ],
  ])('%s', (_case, principal, target, decision) => {
    expect(told(decide(principal, GET, target))).toBe(decision);
  });
});

describe('statements', () => {
  const allowed = (element: Element, check: Partial<Check> = {}) =>
    decide(role(statement('Allow', element)), { ...GET, ...check }, bucket()).allowed;

  test('actions are compared without regard to case, resources with', () => {
    expect(allowed({ Action: 'S3:getobject' })).toBe(true);
    expect(allowed({ Action: 's3:Get*' })).toBe(true);
    expect(allowed({ Resource: 'arn:aws:s3:::B/*' })).toBe(false);
  });

  test('NotAction and NotResource mean everything else', () => {
    const others = { Action: undefined, NotAction: ['s3:Put*'] };
    expect(allowed(others)).toBe(true);
    expect(allowed(others, { action: 's3:PutObject' })).toBe(false);
    expect(allowed({ Resource: undefined, NotResource: 'arn:aws:s3:::other/*' })).toBe(true);
    expect(allowed({ Resource: undefined, NotResource: 'arn:aws:s3:::b/*' })).toBe(false);
  });

  test('every condition has to hold', () => {
    const Condition = {
      StringEquals: { 's3:object-lock-mode': 'COMPLIANCE' },
      Null: { 's3:if-none-match': 'false' },
    };
    const lock = { 's3:object-lock-mode': ['COMPLIANCE'] };
    expect(allowed({ Condition }, { context: lock })).toBe(false);
    expect(allowed({ Condition }, { context: { ...lock, 's3:if-none-match': ['*'] } })).toBe(true);
  });

  test('the names of keys are compared without regard to case', () => {
    const Condition = { StringEquals: { 'S3:Object-Lock-Mode': 'COMPLIANCE' } };
    expect(allowed({ Condition }, { context: { 's3:object-lock-mode': ['COMPLIANCE'] } })).toBe(true);
  });

  test('the principal is in the context', () => {
    expect(allowed({ Condition: { ArnEquals: { 'aws:PrincipalArn': ROLE } } })).toBe(true);
    expect(allowed({ Condition: { ArnNotEquals: { 'aws:PrincipalArn': ROLE } } })).toBe(false);
    const stranger = {
      ...withPrincipal('Deny', '*'),
      Condition: { ArnNotEquals: { 'aws:PrincipalArn': ROLE } },
    };
    expect(told(decide({ kind: 'anonymous' }, GET, bucket(stranger)))).toBe('denied by Deny');
  });

  test('NotPrincipal lets go only who is listed with the account', () => {
    const except = (...arns: string[]) => bucket(statement('Deny', { NotPrincipal: { AWS: arns } }));
    const asking = role(statement('Allow'));
    expect(told(decide(asking, GET, except(ROLE, ROOT)))).toBe('allowed');
    expect(told(decide(asking, GET, except(ROLE)))).toBe('denied by Deny');
    expect(told(decide(asking, GET, except(ROOT)))).toBe('denied by Deny');
  });
});

test('the root user keeps the bucket policy, and nothing else', () => {
  const root: Principal = { kind: 'root', arn: ROOT };
  const locked = bucket(withPrincipal('Deny', '*', { Action: 's3:*', Resource: 'arn:aws:s3:::b' }));
  const ask = (action: string) => told(decide(root, { ...GET, action, resource: 'arn:aws:s3:::b' }, locked));
  expect(ask('s3:PutBucketPolicy')).toBe('allowed');
  expect(ask('s3:PutBucketVersioning')).toBe('denied by Deny');
});

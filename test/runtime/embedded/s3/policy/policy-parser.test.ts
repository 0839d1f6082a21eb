import { parsePolicy } from '../../../../../runtime/embedded/s3/policy/policy-parser';

const BUCKET = 'arn:aws:s3:::b';
const GOOD = { Effect: 'Deny', Principal: '*', Action: 's3:PutObject', Resource: `${BUCKET}/*` };

function parse(statement: unknown, more: object = {}) {
  return () => parsePolicy(JSON.stringify({ Version: '2012-10-17', Statement: statement, ...more }), 'b');
}

function malformed(message: string) {
  return expect.objectContaining({ code: 'MalformedPolicy', status: 400, message }) as Error;
}

const notImplemented = expect.objectContaining({ code: 'NotImplemented', status: 501 }) as Error;

test('reads one statement or a list, values alone or in a list', () => {
  const one = parse({ ...GOOD, Sid: 'One', Condition: { Bool: { 'aws:SecureTransport': false } } })();
  expect(one).toEqual({
    statements: [
      {
        sid: 'One',
        effect: 'Deny',
        principals: { negated: false, values: ['*'] },
        actions: { negated: false, values: ['s3:PutObject'] },
        resources: { negated: false, values: [`${BUCKET}/*`] },
        conditions: [
          { operator: { name: 'Bool', ifExists: false }, key: 'aws:securetransport', values: ['false'] },
        ],
      },
    ],
  });
  expect(parse([GOOD, GOOD])().statements).toHaveLength(2);
});

describe('form', () => {
  const invalid = 'Invalid policy syntax.';
  const cases: [string, unknown, string][] = [
    ['no Effect', { ...GOOD, Effect: undefined }, 'Missing required field Effect'],
    ['a wrong Effect', { ...GOOD, Effect: 'deny' }, 'Invalid effect'],
    ['no Principal', { ...GOOD, Principal: undefined }, 'Missing required field Principal'],
    ['no Action', { ...GOOD, Action: undefined }, 'Missing required field Action'],
    ['no Resource', { ...GOOD, Resource: undefined }, 'Missing required field Resource'],
    ['Action and NotAction', { ...GOOD, NotAction: 's3:GetObject' }, invalid],
    ['an empty list of actions', { ...GOOD, Action: [] }, invalid],
    ['an unknown element', { ...GOOD, Actions: [] }, 'Unknown field Actions'],
    ['a principal that is no ARN', { ...GOOD, Principal: { AWS: 'me' } }, 'Invalid principal in policy'],
    ['an unknown kind of principal', { ...GOOD, Principal: { Azure: 'x' } }, 'Invalid principal in policy'],
    [
      'a principal with a wildcard',
      { ...GOOD, Principal: { AWS: 'arn:aws:iam::111122223333:role/*' } },
      'Invalid principal in policy',
    ],
    ['an unknown action', { ...GOOD, Action: 's3:PutObjects' }, 'Policy has invalid action'],
    ['an action of another service', { ...GOOD, Action: 'ec2:RunInstances' }, 'Policy has invalid action'],
    ['another bucket', { ...GOOD, Resource: 'arn:aws:s3:::other/*' }, 'Policy has invalid resource'],
    ['a longer bucket name', { ...GOOD, Resource: 'arn:aws:s3:::bb/*' }, 'Policy has invalid resource'],
    ['no statements', [], 'Could not parse the policy: Statement is empty!'],
  ];
  test.each(cases)('refuses %s', (_, statement, message) => {
    expect(parse(statement)).toThrow(malformed(message));
  });

  test('NotPrincipal goes with Deny only', () => {
    const { Principal, ...rest } = GOOD;
    expect(parse({ ...rest, Effect: 'Deny', NotPrincipal: Principal })).not.toThrow();
    expect(parse({ ...rest, Effect: 'Allow', NotPrincipal: Principal })).toThrow(
      malformed('Allow with NotPrincipal is not allowed.'),
    );
  });

  test('refuses what is not JSON, not an object, too large or of another version', () => {
    const notJson = "Policies must be valid JSON and the first byte must be '{'";
    expect(() => parsePolicy('{', 'b')).toThrow(malformed(notJson));
    expect(() => parsePolicy('[]', 'b')).toThrow(malformed(notJson));
    expect(parse({ ...GOOD, Sid: 'x'.repeat(20_480) })).toThrow(
      malformed('The policy is larger than 20480 bytes'),
    );
    expect(parse(GOOD, { Version: '2020-01-01' })).toThrow(
      malformed('The policy must contain a valid version string'),
    );
  });
});

describe('actions and resources', () => {
  const apart = malformed('Action does not apply to any resource(s) in statement');

  test.each([
    ['s3:ListBucket', `${BUCKET}/*`],
    ['s3:GetObject', BUCKET],
    [['s3:PutObject', 's3:ListBucket'], `${BUCKET}/*`],
  ])('%j does not go with %s', (Action, Resource) => {
    expect(parse({ ...GOOD, Action, Resource })).toThrow(apart);
  });

  test.each([
    [
      ['s3:GetObject', 's3:ListBucket'],
      [BUCKET, `${BUCKET}/*`],
    ],
    ['s3:*', `${BUCKET}/*`],
    ['s3:*', `${BUCKET}*`],
    ['*', BUCKET],
    // It covers s3:ListMultipartUploadParts, an action on objects.
    ['s3:List*', `${BUCKET}/prefix/*`],
  ])('%j goes with %j', (Action, Resource) => {
    expect(parse({ ...GOOD, Action, Resource })).not.toThrow();
  });
});

describe('condition keys', () => {
  const invalidKey = malformed('Policy has an invalid condition key');
  const misplaced = malformed('Conditions do not apply to combination of actions and resources in statement');
  const when = (Action: string | string[], operator: string, key: string, value: string) =>
    parse({ ...GOOD, Action, Condition: { [operator]: { [key]: value } } });

  test.each([
    's3:x-amz-object-lock-mode',
    's3:x-amz-object-lock-retain-until-date',
    's3:object-lock',
    's3:x-amz-if-none-match',
    'kms:ViaService',
    'nonsense',
  ])('%s does not exist', (key) => {
    expect(when('s3:PutObject', 'StringEquals', key, 'x')).toThrow(invalidKey);
  });

  const cases: [string | string[], string, boolean][] = [
    ['s3:PutObject', 's3:object-lock-mode', true],
    ['s3:PutObject', 'S3:Object-Lock-Mode', true],
    [['s3:PutObject', 's3:PutObjectRetention'], 's3:object-lock-mode', true],
    [['s3:PutObject', 's3:PutObjectLegalHold'], 's3:object-lock-mode', false],
    [['s3:PutObject', 's3:PutObjectLegalHold'], 's3:object-lock-legal-hold', true],
    [['s3:PutObject', 's3:GetObject'], 's3:x-amz-server-side-encryption', false],
    [['s3:PutObject', 's3:ReplicateObject'], 's3:x-amz-server-side-encryption', true],
    [['s3:PutObject', 's3:ReplicateObject'], 's3:object-lock-mode', false],
    ['s3:PutObject', 's3:if-none-match', true],
    ['s3:DeleteObject', 's3:if-none-match', false],
    ['s3:PutObject', 's3:ObjectCreationOperation', true],
    ['s3:GetObjectVersion', 's3:versionid', true],
    ['s3:GetObject', 's3:versionid', false],
    ['s3:PutObject', 's3:prefix', false],
    ['s3:Put*', 's3:object-lock-mode', false],
    ['s3:*', 'aws:PrincipalArn', true],
    ['s3:GetObject', 's3:ResourceAccount', true],
  ];
  test.each(cases)('%j with %s: %s', (actions, key, valid) => {
    const check = expect(when(actions, 'StringEquals', key, 'x'));
    if (valid) check.not.toThrow();
    else check.toThrow(misplaced);
  });

  test('listings take s3:prefix', () => {
    const list = { ...GOOD, Action: ['s3:ListBucket', 's3:ListBucketVersions'], Resource: BUCKET };
    expect(parse({ ...list, Condition: { StringLike: { 's3:prefix': 'a*' } } })).not.toThrow();
  });

  test.each([
    ['StringMatches', 's3:x-amz-acl', 'x', 'Invalid Condition type : StringMatches'],
    [
      'NumericLessThan',
      's3:object-lock-remaining-retention-days',
      'many',
      'Invalid value for NumericLessThan of s3:object-lock-remaining-retention-days',
    ],
    ['Bool', 'aws:SecureTransport', 'no', 'Invalid value for Bool of aws:SecureTransport'],
    ['Null', 's3:if-none-match', 'yes', 'Invalid value for Null of s3:if-none-match'],
    ['DateLessThan', 'aws:CurrentTime', 'soon', 'Invalid value for DateLessThan of aws:CurrentTime'],
    ['ArnLike', 'aws:PrincipalArn', 'role', 'Invalid value for ArnLike of aws:PrincipalArn'],
  ])('%s of %s refuses %s', (operator, key, value, message) => {
    expect(when('s3:PutObject', operator, key, value)).toThrow(malformed(message));
  });

  test.each([
    ['IpAddress', 'aws:SourceIp', '10.0.0.0/8'],
    ['StringEquals', 's3:ExistingObjectTag/a', 'b'],
    ['StringEquals', 's3:x-amz-grant-read', 'b'],
    ['StringEquals', 'aws:PrincipalOrgID', 'o-1'],
    ['ForAnyValue:StringEquals', 's3:x-amz-acl', 'private'],
    ['StringEquals', 's3:x-amz-acl', '${aws:username}'],
  ])('%s of %s is refused rather than half obeyed', (operator, key, value) => {
    expect(when('s3:PutObject', operator, key, value)).toThrow(notImplemented);
  });
});

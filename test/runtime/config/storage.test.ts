import { faultOf, faultsOf, load } from './environment';

describe('bucket', () => {
  test.each(['abc', 'a'.repeat(63), 'a.b', '0-0', 'audit.anchors-1'])('%s is accepted', (name) => {
    expect(load({ AUDIT_ANCHOR_BUCKET: name }).bucket).toBe(name);
  });

  test.each([
    ['ab', /3 to 63/],
    ['a'.repeat(64), /3 to 63/],
    ['Audit', /lower-case/],
    ['a_b_c', /lower-case/],
    ['-abc', /beginning and ending/],
    ['abc.', /beginning and ending/],
    ['a..b', /two dots/],
    ['10.0.0.1', /IP address/],
    ['xn--abc', /reserves "xn--"/],
    ['abc-s3alias', /reserves "-s3alias"/],
    ['abc--x-s3', /reserves "--x-s3"/],
    ['arn:aws:s3:eu-west-1:111122223333:accesspoint/audit', /not an ARN/],
    ['s3://audit-anchors', /lower-case/],
    ['abc\n', /lower-case/],
  ])('%j is refused', (name, allowed) => {
    expect(faultOf({ AUDIT_ANCHOR_BUCKET: name })).toEqual({
      setting: 'AUDIT_ANCHOR_BUCKET',
      found: expect.stringContaining(JSON.stringify(name)),
      allowed: expect.stringMatching(allowed),
    });
  });
});

describe('region', () => {
  test.each(['us-east-1', 'us-gov-west-1', 'ap-southeast-12', 'eusc-de-east-1'])(
    '%s is accepted',
    (region) => {
      expect(load({ AWS_REGION: region }).region).toBe(region);
    },
  );

  test('AWS_REGION is asked before AWS_DEFAULT_REGION', () => {
    expect(load({ AWS_DEFAULT_REGION: 'us-east-1' }).region).toBe('eu-west-1');
    expect(load({ AWS_REGION: '', AWS_DEFAULT_REGION: 'us-east-1' }).region).toBe('us-east-1');
    expect(faultOf({ AWS_REGION: '', AWS_DEFAULT_REGION: 'x' }).setting).toBe('AWS_DEFAULT_REGION');
  });

  test.each(['eu-west-1a', 'eu_west_1', 'Ireland', 'auto'])('%s is refused for AWS', (region) => {
    expect(faultOf({ AWS_REGION: region })).toMatchObject({ setting: 'AWS_REGION', found: `"${region}"` });
  });

  test('another S3 server may name its regions as it likes, but not with spaces', () => {
    const AWS_ENDPOINT_URL_S3 = 'https://s3.example';
    expect(load({ AWS_ENDPOINT_URL_S3, AWS_REGION: 'auto' }).region).toBe('auto');
    expect(faultOf({ AWS_ENDPOINT_URL_S3, AWS_REGION: 'a b' }).setting).toBe('AWS_REGION');
  });
});

describe('endpoint', () => {
  test('the S3 endpoint is asked before the general one', () => {
    expect(load({ AWS_ENDPOINT_URL: 'http://127.0.0.1:9000' }).endpoint).toBe('http://127.0.0.1:9000');
    expect(
      load({ AWS_ENDPOINT_URL: 'http://127.0.0.1:9000', AWS_ENDPOINT_URL_S3: 'https://s3.example/base' })
        .endpoint,
    ).toBe('https://s3.example/base');
  });

  test.each(['s3.example', 'ftp://s3.example', 'https://', 'https://s3.example/#x', 'localhost:9000'])(
    '%s is refused',
    (endpoint) => {
      expect(faultOf({ AWS_ENDPOINT_URL_S3: endpoint }).setting).toBe('AWS_ENDPOINT_URL_S3');
    },
  );

  test.each([
    'https://AKIAEXAMPLE:topsecret@s3.example',
    'https://s3.example/?token=topsecret',
    'https://AKIAEXAMPLE:topsecret#x@s3.example',
    'x//u:top/topsecret@h',
  ])('credentials in %s are not shown', (endpoint) => {
    const fault = faultOf({ AWS_ENDPOINT_URL_S3: endpoint });
    expect(fault.setting).toBe('AWS_ENDPOINT_URL_S3');
    expect(JSON.stringify(fault)).not.toContain('topsecret');
  });
});

describe('KMS key', () => {
  const arn = (rest: string, region = 'eu-west-1') => `arn:aws:kms:${region}:111122223333:${rest}`;
  const id = '1234abcd-12ab-34cd-56ef-1234567890ab';

  test.each([
    arn(`key/${id}`),
    arn('key/mrk-1234abcd12ab34cd56ef1234567890ab'),
    arn(`key/${id}`).replace('arn:aws:', 'arn:aws-us-gov:'),
  ])('%s is accepted', (key) => {
    expect(load({ AUDIT_ANCHOR_KMS_KEY_ARN: key }).kmsKeyArn).toBe(key);
  });

  test.each([arn('alias/audit'), 'alias/audit', 'alias/aws/s3'])(
    'the alias %s is refused with the reason',
    (key) => {
      expect(faultOf({ AUDIT_ANCHOR_KMS_KEY_ARN: key })).toEqual({
        setting: 'AUDIT_ANCHOR_KMS_KEY_ARN',
        found: `"${key}"`,
        allowed: expect.stringContaining('an alias can be pointed at another key later'),
      });
    },
  );

  test.each([id, arn('key/'), `arn:aws:s3:eu-west-1:111122223333:key/${id}`, arn(`key/${id} `)])(
    '%j is refused',
    (key) => {
      expect(faultOf({ AUDIT_ANCHOR_KMS_KEY_ARN: key }).allowed).toContain('the full ARN of a key');
    },
  );

  test('a key of another Region is refused', () => {
    expect(faultsOf({ AUDIT_ANCHOR_KMS_KEY_ARN: arn(`key/${id}`, 'us-east-1') })).toEqual([
      {
        setting: 'AUDIT_ANCHOR_KMS_KEY_ARN',
        found: 'a key in us-east-1',
        allowed: 'a key in eu-west-1: S3 uses keys of the Region of the bucket only',
      },
    ]);
  });
});

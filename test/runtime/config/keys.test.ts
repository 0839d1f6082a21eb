import { faultOf, faultsOf, load, SECRET } from './environment';

const RING = JSON.stringify({ k1: SECRET, k2: Buffer.alloc(40, 'q').toString('base64') });
const onlyFile = (path: string) => ({ AUDIT_HMAC_KEYS: undefined, AUDIT_HMAC_KEYS_FILE: path });

describe('where the ring comes from', () => {
  test('the setting', () => {
    const { keyRing } = load({ AUDIT_HMAC_KEYS: RING });
    expect(keyRing?.ids).toEqual(['k1', 'k2']);
    expect(keyRing?.activeKeyId).toBeNull();
    expect(Buffer.from(keyRing?.secretFor('k1') ?? [])).toEqual(Buffer.alloc(32, 'k'));
  });

  test('a file', () => {
    const { keyRing } = load(
      { ...onlyFile('/run/keys.json'), AUDIT_HMAC_ACTIVE_KEY_ID: 'k2' },
      { '/run/keys.json': RING },
    );
    expect(keyRing).toMatchObject({ ids: ['k1', 'k2'], activeKeyId: 'k2' });
  });

  test('not both', () => {
    expect(faultOf({ AUDIT_HMAC_KEYS_FILE: '/run/keys.json' }, { '/run/keys.json': RING })).toMatchObject({
      setting: 'AUDIT_HMAC_KEYS',
      found: 'a value, and AUDIT_HMAC_KEYS_FILE is set too',
    });
  });

  test.each([
    ['ENOENT', 'which does not exist'],
    ['EACCES', 'which this user may not read'],
    ['EISDIR', 'which is a folder'],
    ['EIO', 'which cannot be read (EIO)'],
  ])('a file that fails with %s is named', (code, problem) => {
    expect(faultOf(onlyFile('/run/keys.json'), { '/run/keys.json': { code } })).toMatchObject({
      setting: 'AUDIT_HMAC_KEYS_FILE',
      found: `"/run/keys.json", ${problem}`,
    });
  });

  test.each([RING, ` ${RING}`, SECRET])('a secret in the place of the path is not shown', (text) => {
    const fault = faultOf(onlyFile(text));
    expect(fault.found).toBe('a value that looks like a secret (not shown), which does not exist');
    expect(JSON.stringify(fault)).not.toContain(SECRET);
  });

  test('a path in the place of the ring is recognised', () => {
    expect(faultOf({ AUDIT_HMAC_KEYS: '/run/keys.json' }).found).toBe(
      'text of 14 characters that is not JSON and looks like a path, which belongs in AUDIT_HMAC_KEYS_FILE',
    );
  });
});

test('faults of the ring stand among the others and name the setting that holds it', () => {
  const changes = { ...onlyFile('/keys'), AUDIT_HTTP_PORT: 'x', AUDIT_HMAC_ACTIVE_KEY_ID: 'k9' };
  expect(faultsOf(changes, { '/keys': '{"k1":"c2hvcnQ="}' })).toMatchObject([
    { setting: 'AUDIT_HTTP_PORT' },
    { setting: 'AUDIT_HMAC_KEYS_FILE', found: 'key "k1" with a secret of 5 bytes' },
    { setting: 'AUDIT_HMAC_ACTIVE_KEY_ID', found: '"k9"', allowed: 'an id of the ring: "k1"' },
  ]);
});

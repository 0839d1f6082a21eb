import { inspect } from 'node:util';
import { KeyRing, parseKeyRing } from '../../../../runtime/adapters/keys/key-ring';
import { ConfigError } from '../../../../runtime/errors';

const base64 = (bytes: number, fill = 'k') => Buffer.alloc(bytes, fill).toString('base64');
const A = base64(32, 'a');
const B = base64(1024, 'b');

function refusal(text: string, activeKeyId?: string): ConfigError {
  try {
    parseKeyRing(text, 'RING', activeKeyId);
  } catch (error) {
    if (error instanceof ConfigError && error.code === 'CONFIG_INVALID') return error;
    throw error;
  }
  throw new Error('the ring was accepted');
}

const founds = (text: string, activeKeyId?: string) =>
  refusal(text, activeKeyId).faults.map(({ found }) => found);

describe('a ring', () => {
  test('has its ids in order and their secrets', () => {
    const ring = parseKeyRing(JSON.stringify({ b: B, a: A }), 'RING');
    expect(ring.ids).toEqual(['b', 'a']);
    expect(Buffer.from(ring.secretFor('a') ?? [])).toEqual(Buffer.alloc(32, 'a'));
    expect(Buffer.from(ring.secretFor('b') ?? [])).toEqual(Buffer.alloc(1024, 'b'));
    expect(ring.secretFor('c')).toBeUndefined();
  });

  test('ids that are names of object properties are ids like others', () => {
    const ring = parseKeyRing(`{"__proto__":"${A}","constructor":"${B}"}`, 'RING');
    expect(ring.ids).toEqual(['__proto__', 'constructor']);
    expect(ring.secretFor('__proto__')).toHaveLength(32);
    expect(ring.secretFor('toString')).toBeUndefined();
  });

  test.each([
    [{ a: A }, undefined, 'a'],
    [{ a: A, b: B }, undefined, null],
    [{ a: A, b: B }, 'b', 'b'],
  ])('active key of %# ', (keys, named, expected) => {
    expect(parseKeyRing(JSON.stringify(keys), 'RING', named).activeKeyId).toBe(expected);
  });

  test('shows ids only', () => {
    const ring = parseKeyRing(JSON.stringify({ a: A, b: B }), 'RING', 'b');
    const shown = '{"ids":["a","b"],"activeKeyId":"b"}';
    expect(JSON.stringify(ring)).toBe(shown);
    expect(inspect({ ring }, { showHidden: true })).toContain(`KeyRing ${shown}`);
    expect(Object.keys(ring)).toEqual(['activeKeyId']);
  });

  test('is zeros after wiping, and refuses to be used', () => {
    const ring = parseKeyRing(JSON.stringify({ a: A }), 'RING');
    const secret = ring.secretFor('a');
    expect(secret?.buffer.byteLength).toBe(32);
    ring.wipe();
    expect(Array.from(secret ?? [])).toEqual(Array(32).fill(0));
    expect(() => ring.secretFor('a')).toThrow('wiped');
    expect(ring.ids).toEqual(['a']);
  });

  test('can be empty, for foreign chains', () => {
    expect(KeyRing.empty()).toMatchObject({ ids: [], activeKeyId: null });
  });
});

describe('refused', () => {
  test('one secret under two ids, naming both and never the secret', () => {
    const error = refusal(JSON.stringify({ old: A, other: B, new: A }));
    expect(error.faults).toEqual([
      {
        setting: 'RING',
        found: 'key "old" and key "new" with the same secret',
        allowed: 'another secret for each id',
      },
    ]);
    expect(`${error.message} ${error.hint ?? ''} ${JSON.stringify(error.faults)}`).not.toContain(A);
  });

  test('a byte order mark, by name', () => {
    expect(founds(`\uFEFF${JSON.stringify({ a: A })}`)).toEqual([
      'text that begins with a byte order mark (BOM)',
    ]);
  });

  test.each([
    ['', 'text of 0 characters that is not JSON'],
    ['{', 'text of 1 characters that is not JSON'],
    [`{a:"${A}"}`, 'text of 50 characters that is not JSON'],
    ['null', 'JSON null'],
    ['[]', 'a JSON array'],
    ['"x"', 'a JSON string'],
    ['7', 'a JSON number'],
    ['{}', 'nothing in the ring'],
  ])('%s', (text, found) => {
    const { faults } = refusal(text);
    expect(faults).toMatchObject([{ setting: 'RING', found }]);
  });

  test.each([
    ['"a" again', `{"a":"${A}","a":"${B}"}`, 'key "a" twice'],
    ['"a" again with the same secret', `{"a":"${A}","a":"${A}"}`, 'key "a" twice'],
    ['"a" again in another spelling', `{"a":"${A}","\\u0061":"${A}"}`, 'key "a" twice'],
    ['an empty id', `{"":"${A}"}`, 'key number 1 whose id is empty'],
    [
      'an id of 256 bytes',
      `{"${'ü'.repeat(128)}":"${A}"}`,
      'key number 1 (id of 128 characters) whose id has 256 bytes',
    ],
    [
      'an id with NUL',
      `{"a\\u0000":"${A}"}`,
      'key "a\\u0000" whose id has a control character or half a surrogate pair',
    ],
    [
      'an id with a newline',
      `{"a\\nb":"${A}"}`,
      'key "a\\nb" whose id has a control character or half a surrogate pair',
    ],
    [
      'half a surrogate',
      `{"\\ud800":"${A}"}`,
      'key "\\ud800" whose id has a control character or half a surrogate pair',
    ],
    ['a number', '{"a":7}', 'key "a" with a number as its secret'],
    ['null', '{"a":null}', 'key "a" with null as its secret'],
    ['an object with keys of its own', `{"a":{"b":"${A}"}}`, 'key "a" with an object as its secret'],
    ['an array', `{"a":["${A}"]}`, 'key "a" with an array as its secret'],
    ['an empty secret', '{"a":""}', 'key "a" with an empty secret'],
    ['31 bytes', `{"a":"${base64(31)}"}`, 'key "a" with a secret of 31 bytes'],
    ['1 byte', '{"a":"YQ=="}', 'key "a" with a secret of 1 byte'],
    ['1,025 bytes', `{"a":"${base64(1025)}"}`, 'key "a" with a secret of 1025 bytes'],
    ['white space', `{"a":"${A}\\n"}`, 'key "a" with white space in its secret (remove it)'],
    [
      'base64url',
      `{"a":"${Buffer.alloc(32, 0xff).toString('base64url')}"}`,
      'key "a" with a secret in base64url (replace "-" by "+" and "_" by "/")',
    ],
    [
      'no padding',
      `{"a":"${A.replace('=', '')}"}`,
      'key "a" with a secret in base64 without its padding or with bits after its end',
    ],
    ['hex', `{"a":"${'ab'.repeat(32)}"}`, 'key "a" with a secret in hex (write its bytes in base64)'],
    ['bits after the end', `{"a":"${A.slice(0, -2)}F="}`, 'key "a" with a secret that is not base64'],
    ['other text', '{"a":"correct horse!"}', 'key "a" with white space in its secret (remove it)'],
    ['punctuation', '{"a":"pass!"}', 'key "a" with a secret that is not base64'],
  ])('%s', (_, text, found) => {
    expect(founds(text)).toEqual([found]);
  });

  test('every fault at once', () => {
    const { message, faults } = refusal(`{"a":"x","b":7,"":"${B}","c":"${A}","c":"${A}"}`, 'd');
    expect(faults).toHaveLength(5);
    expect(message).toMatchInlineSnapshot(`
      "5 faults in the configuration
        RING: found key "a" with a secret in base64 without its padding or with bits after its end, allowed standard base64 of 32 to 1024 bytes
        RING: found key "b" with a number as its secret, allowed standard base64 of 32 to 1024 bytes
        RING: found key number 3 whose id is empty, allowed an id of 1 to 255 bytes
        RING: found key "c" twice, allowed each id once; two keys need two ids
        AUDIT_HMAC_ACTIVE_KEY_ID: found "d", allowed an id of the ring: "a", "b", "c""
    `);
  });

  test('an active key that is not in the ring, with the ids it could be', () => {
    const keys = Object.fromEntries(
      Array.from({ length: 12 }, (_, index) => [`k${index}`, base64(32, String(index).padStart(2))]),
    );
    expect(refusal(JSON.stringify(keys), 'k99').faults).toEqual([
      {
        setting: 'AUDIT_HMAC_ACTIVE_KEY_ID',
        found: '"k99"',
        allowed: 'an id of the ring: "k0", "k1", "k2", "k3", "k4", "k5", "k6", "k7", "k8", "k9" and 2 more',
      },
    ]);
  });

  test('id and secret swapped: the secret is not shown as an id', () => {
    const text = `{"${A}":"k1","k2":"${B}"}`;
    expect(JSON.stringify(refusal(text, 'other').faults)).not.toContain(A.slice(0, 8));
  });
});

import { inspect } from 'node:util';
import fc from 'fast-check';
import type { Config } from '../../../runtime/config/config';
import { load, refusal } from './environment';

/** Everything a careless log line could do with a value. */
function everyView(value: object): string {
  const error = value instanceof Error ? `${value.message}\n${value.stack ?? ''}\n${String(value)}` : '';
  return [
    error,
    JSON.stringify(value),
    inspect(value, { depth: 20, showHidden: true, getters: true }),
    JSON.stringify({ ...value }),
  ].join('\n');
}

/** Random text that cannot stand in a message by chance; every character that a URL or JSON treats specially. */
const secretText = fc
  .tuple(fc.stringMatching(/^[a-z]{9}$/), fc.string({ unit: fc.constantFrom(...'/?#@:%&=+ "\'\\{}[],;') }))
  .map(([word, rest]) => ({ word, text: word.slice(0, 3) + rest + word }));
const keyBytes = fc.uint8Array({ minLength: 32, maxLength: 64 });

describe('secrets are in no view', () => {
  test('of a configuration', () => {
    fc.assert(
      fc.property(secretText, keyBytes, ({ text }, bytes) => {
        const secret = Buffer.from(bytes).toString('base64');
        const config: Config = load({
          DATABASE_URL: `postgres://reader:${encodeURIComponent(text)}@db/audit`,
          AUDIT_HMAC_KEYS: JSON.stringify({ k1: secret }),
        });
        const view = everyView(config);
        for (const hidden of [text, encodeURIComponent(text), secret, Buffer.from(bytes).toString('hex')]) {
          expect(view).not.toContain(hidden);
        }
        expect(view).not.toContain(Array.from(bytes).join(', '));
        // It is there for those who ask.
        expect(config.database?.password?.()).toBe(text);
        expect(Buffer.from(config.keyRing?.secretFor('k1') ?? [])).toEqual(Buffer.from(bytes));
      }),
      { numRuns: 200 },
    );
  });

  test('of the error about a password that was not encoded in its URL', () => {
    fc.assert(
      fc.property(
        secretText,
        fc.constantFrom('postgres', 'postgresql', 'mysql', ''),
        fc.constantFrom('db/audit', 'db:99999/audit', 'a,b/audit', 'db/audit?sslmode=prefer', ''),
        ({ word, text }, scheme, rest) => {
          const error = refusal({
            AUDIT_HTTP_PORT: 'none',
            DATABASE_URL: `${scheme}://reader:${text}@${rest}`,
          });
          expect(everyView(error)).not.toContain(word);
        },
      ),
      { numRuns: 500 },
    );
  });

  test('of the error about a wrong ring', () => {
    const broken = keyBytes.chain((bytes) => {
      const secret = Buffer.from(bytes).toString('base64');
      return fc.record({
        secret: fc.constant(secret),
        text: fc.constantFrom(
          secret,
          `"${secret}"`,
          `["${secret}"]`,
          `{"k1":"${secret}"`,
          `{"k1":"${secret}\n"}`,
          `{"k1":"${secret} "}`,
          `{"k1":"${secret}!"}`,
          `{"k1":["${secret}"]}`,
          `{"${secret}":"k1"}`,
          `{"k1":"${secret}","k1":"${secret}"}`,
          `{"k1":"${secret}","":"${secret}"}`,
        ),
      });
    });
    fc.assert(
      fc.property(broken, fc.boolean(), ({ secret, text }, asFile) => {
        const place = asFile
          ? { AUDIT_HMAC_KEYS: undefined, AUDIT_HMAC_KEYS_FILE: '/keys' }
          : { AUDIT_HMAC_KEYS: text };
        const error = refusal({ ...place, AUDIT_HMAC_ACTIVE_KEY_ID: secret }, { '/keys': text });
        const view = everyView(error);
        // A part of a secret is as bad as the whole.
        for (let at = 0; at + 12 <= secret.length; at += 4)
          expect(view).not.toContain(secret.slice(at, at + 12));
      }),
      { numRuns: 300 },
    );
  });

  test('of the error about a URL with a password in a setting that has no secrets', () => {
    const url = 'postgres://reader:hun/ter2@db/audit';
    const settings = [
      'AUDIT_ANCHOR_BUCKET',
      'AUDIT_ANCHOR_CHAIN_ID',
      'AUDIT_ANCHOR_KMS_KEY_ARN',
      'AUDIT_ANCHOR_RETENTION_DAYS',
      'AUDIT_EVENTS_TABLE',
      'AUDIT_EVENTS_COLUMNS',
      'AUDIT_EVENTS_INDEX_COLUMN',
      'AUDIT_CHAIN_FORMAT',
      'AWS_REGION',
      'AWS_ENDPOINT_URL_S3',
    ];
    for (const setting of settings) {
      const view = everyView(refusal({ [setting]: url }));
      expect(view).toContain(setting);
      expect(view).not.toMatch(/hun|ter2/);
    }
  });
});

import fc from 'fast-check';
import { isChainId, MAX_CHAIN_ID_BYTES } from '../../../../runtime/contract/chain-id';
import {
  anchorKey,
  chainPrefix,
  classifyKey,
  hourPrefix,
  parseAnchorKey,
  requireChainId,
} from '../../../../runtime/domain/anchor/object-key';

const SECONDS = Date.parse('2025-01-15T14:00:09Z') / 1000;
const KEY = 'production/2025/01/15/14/anchor-20250115T140009Z.json';
const LAST_SECOND = Date.parse('9999-12-31T23:59:59Z') / 1000;

const part = fc.stringMatching(/^[A-Za-z0-9._-]{1,8}$/).filter((text) => text !== '.' && text !== '..');
const chainIds = fc
  .array(part, { minLength: 1, maxLength: 4 })
  .filter(([first]) => !first?.startsWith('_'))
  .map((parts) => parts.join('/'));

describe('chain ids', () => {
  test.each([
    'production',
    'a',
    'prod/eu-1',
    '2025/01',
    'A.b_c-9',
    '...',
    '.hidden',
    'a/..b',
    '-',
    'prod/_x',
    'prod/_leaves/eu',
    'a_',
  ])('allowed: %s', (id) => {
    expect(isChainId(id)).toBe(true);
  });

  test.each([
    '',
    '.',
    '..',
    'a/.',
    'a/..',
    './a',
    '../a',
    'a/../b',
    '/a',
    'a/',
    'a//b',
    'a b',
    'ä',
    'a\n',
    'a\0',
    '_',
    '_x',
    '_x/prod',
    '_leaves/prod',
    '_declarations/prod',
    '__',
  ])('refused: %j', (id) => {
    expect(isChainId(id)).toBe(false);
    expect(() => requireChainId(id)).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        faults: [{ setting: 'chainId', found: JSON.stringify(id), allowed: expect.any(String) as string }],
      }) as Error,
    );
  });

  test('at most 900 bytes, so that the longest key fits into S3', () => {
    const longest = 'x'.repeat(MAX_CHAIN_ID_BYTES);
    expect(isChainId(longest)).toBe(true);
    expect(isChainId(`${longest}x`)).toBe(false);
    expect(Buffer.byteLength(anchorKey(longest, SECONDS))).toBeLessThanOrEqual(1024);
  });
});

describe('keys', () => {
  test('formatter and parser', () => {
    expect(anchorKey('production', SECONDS)).toBe(KEY);
    expect(parseAnchorKey('production', KEY)).toBe(SECONDS);
    expect(KEY.startsWith(hourPrefix('production', SECONDS))).toBe(true);
    expect(hourPrefix('production', SECONDS).startsWith(chainPrefix('production'))).toBe(true);
  });

  test.each([
    ['month 13', 'production/2025/13/15/14/anchor-20251315T140009Z.json'],
    ['month 00', 'production/2025/00/15/14/anchor-20250015T140009Z.json'],
    ['30 February', 'production/2025/02/30/14/anchor-20250230T140009Z.json'],
    ['29 February of no leap year', 'production/2025/02/29/14/anchor-20250229T140009Z.json'],
    ['hour 24', 'production/2025/01/15/24/anchor-20250115T240009Z.json'],
    ['minute 60', 'production/2025/01/15/14/anchor-20250115T146009Z.json'],
    ['a leap second', 'production/2016/12/31/23/anchor-20161231T235960Z.json'],
    ['year 0', 'production/0000/01/01/00/anchor-00000101T000000Z.json'],
    ['a two-digit year', 'production/0025/01/15/14/anchor-00250115T140009Z.json'],
    ['another folder than its name', 'production/2025/01/15/15/anchor-20250115T140009Z.json'],
    ['a suffix', `${KEY}.bak`],
    ['a new line', `${KEY}\n`],
    ['no chain', KEY.slice('production/'.length)],
    ['lower-case z', KEY.replace('Z.json', 'z.json')],
    ['other digits', KEY.replace('2025/01', '２０２５/01')],
    ['a folder too many', KEY.replace('/14/', '/14/x/')],
    ['an empty folder', KEY.replace('/14/', '//14/')],
  ])('refused: %s', (_, key) => {
    expect(parseAnchorKey('production', key)).toBeNull();
    expect(classifyKey('production', key)).toEqual({ kind: 'foreign' });
  });

  test('29 February of a leap year', () => {
    expect(parseAnchorKey('p', 'p/2028/02/29/00/anchor-20280229T000000Z.json')).toBe(
      Date.parse('2028-02-29T00:00:00Z') / 1000,
    );
  });

  test.each(['prod/eu', 'prod/2025', 'prod/7', 'prod/2025/01', 'prod/2025/01/15', 'prod/2025/01/15/14'])(
    'chain prod and chain %s keep apart',
    (other) => {
      const theirs = anchorKey(other, SECONDS);
      expect(classifyKey('prod', theirs)).toEqual({ kind: 'other-chain', chainId: other });
      expect(classifyKey(other, theirs)).toEqual({ kind: 'anchor', seconds: SECONDS });
      expect(classifyKey(other, anchorKey('prod', SECONDS))).toEqual({ kind: 'foreign' });
    },
  );

  test.each([
    'prod/../2025/01/15/14/anchor-20250115T140009Z.json',
    'prod//2025/01/15/14/anchor-20250115T140009Z.json',
  ])('no chain can have the id in %s', (key) =>
    expect(classifyKey('prod', key)).toEqual({ kind: 'foreign' }),
  );

  test('property: every key of a chain parses back, and sorts as its time does', () => {
    const times = fc.integer({ min: 0, max: LAST_SECOND });
    fc.assert(
      fc.property(chainIds, times, times, (chainId, a, b) => {
        expect(parseAnchorKey(chainId, anchorKey(chainId, a))).toBe(a);
        expect(anchorKey(chainId, a) < anchorKey(chainId, b)).toBe(a < b);
      }),
    );
  });

  test('property: no key belongs to two chains', () => {
    fc.assert(
      fc.property(chainIds, chainIds, fc.integer({ min: 0, max: LAST_SECOND }), (one, other, time) => {
        fc.pre(one !== other);
        expect(classifyKey(one, anchorKey(other, time)).kind).not.toBe('anchor');
      }),
    );
  });
});

import { CHAIN_ID } from '../../../constructs/access/chain-id';
import { newAnchorsOf, objectsOf, prefixOf } from '../../../constructs/access/permissions';
import { anchorKey } from '../../../runtime/domain/anchor/object-key';

/** What IAM's `*` and `?` match: any characters, slashes too. */
function matches(pattern: string, key: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*/g, '.*')
    .replace(/\?/g, '.');
  return new RegExp(`^${source}$`).test(key);
}

test.each([
  ['prod', true],
  ['prod/_x', true],
  ['_prod', false],
  ['_leaves/prod', false],
  ['prod/', false],
])('"%s" may be the id of a chain: %s', (id, allowed) => {
  expect(CHAIN_ID.test(id)).toBe(allowed);
});

describe('resources of a chain', () => {
  const SECONDS = 1_736_949_600;
  const created = (chain: string) => newAnchorsOf('arn', chain);

  test.each(['prod', 'prod/eu', 'a.b_c'])(
    'the keys the runtime writes for %s are creatable and readable',
    (chain) => {
      const key = `arn/${anchorKey(chain, SECONDS)}`;
      expect(matches(created(chain), key)).toBe(true);
      expect(matches(objectsOf('arn', chain), key)).toBe(true);
    },
  );

  test('the writer of a chain creates nothing in a chain whose id begins with it, nor under other names', () => {
    expect(matches(created('prod'), `arn/${anchorKey('prod/eu', SECONDS)}`)).toBe(false);
    expect(matches(created('prod'), `arn/${anchorKey('production', SECONDS)}`)).toBe(false);
    expect(matches(created('prod'), 'arn/prod/latest.json')).toBe(false);
  });

  test('the prefix for listings takes the runtime from the chain to a single hour', () => {
    for (const prefix of ['prod/', 'prod/2025/', 'prod/2025/01/15/14/']) {
      expect(matches(prefixOf('prod'), prefix)).toBe(true);
    }
    for (const prefix of ['', 'prod', 'production/', 'other/'])
      expect(matches(prefixOf('prod'), prefix)).toBe(false);
  });
});

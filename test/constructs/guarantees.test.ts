import { access } from './guarantees/access';
import { bucketPolicies } from './guarantees/bucket-policies';
import { compute } from './guarantees/compute';
import { json } from './guarantees/full-stack';
import { keys } from './guarantees/keys';
import { replication } from './guarantees/replication';
import { storage } from './guarantees/storage';

/**
 * What the stack promises, each promise once. Every check runs on the synthesised JSON of the full stack, and
 * again on a copy that breaks the promise, so that no check passes whatever it is given.
 */
describe.each([...storage, ...bucketPolicies, ...keys, ...access, ...replication, ...compute])(
  '$promise',
  ({ holds, breakIt }) => {
    test('holds', () => {
      expect(holds(json)).toBe(true);
    });

    test('is missed when it is broken', () => {
      const broken = structuredClone(json);
      breakIt(broken);
      expect(broken).not.toEqual(json);
      expect(holds(broken)).toBe(false);
    });
  },
);

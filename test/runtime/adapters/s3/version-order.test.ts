import fc from 'fast-check';
import type { ObjectVersion } from '../../../../runtime/application/ports';
import { compareKeys, inVersionOrder } from '../../../../runtime/adapters/s3/version-order';

const keys = fc.uniqueArray(fc.string({ unit: 'binary', minLength: 1, maxLength: 4 }), { maxLength: 5 });

/** Keys in S3's order, each with its versions newest first, written at different seconds. */
const listings = keys.chain((names) =>
  fc
    .array(fc.array(fc.constantFrom('version', 'delete-marker'), { minLength: 1, maxLength: 4 }), {
      minLength: names.length,
      maxLength: names.length,
    })
    .map((kinds) =>
      [...names].sort(compareKeys).flatMap((key, name) =>
        (kinds[name] ?? []).map((kind, age): ObjectVersion => {
          return {
            kind,
            key,
            versionId: `${name}.${age}`,
            isLatest: age === 0,
            lastModified: -age * 1_000,
            size: 0,
          };
        }),
      ),
    ),
);

test('an order that S3 can have given is kept', () => {
  fc.assert(fc.property(listings, (entries) => expect(inVersionOrder(entries)).toEqual(entries)));
});

test('versions printed before delete markers are put back by key, and nothing is lost', () => {
  const check = (entries: readonly ObjectVersion[]): void => {
    const isVersion = ({ kind }: ObjectVersion): boolean => kind === 'version';
    const printed = [...entries.filter(isVersion), ...entries.filter((entry) => !isVersion(entry))];
    const found = inVersionOrder(printed);
    expect(found.map((entry) => entry.key)).toEqual(entries.map((entry) => entry.key));
    expect(new Set(found)).toEqual(new Set(entries));
  };
  fc.assert(fc.property(listings, check));
});

test('the latest entry of a key comes first, the others by time', () => {
  const entry = (versionId: string, second: number, isLatest = false): ObjectVersion => {
    return { kind: 'version', key: 'k', versionId, isLatest, lastModified: second * 1_000, size: 0 };
  };
  const printed = [entry('b', 2), entry('a', 1), entry('d', 3, true), entry('c', 3)];
  expect(inVersionOrder(printed).map(({ versionId }) => versionId)).toEqual(['d', 'c', 'b', 'a']);
});

test('keys are ordered by their UTF-8 bytes', () => {
  expect(compareKeys('\uffee', '\u{1f600}')).toBeLessThan(0);
  expect('\uffee' < '\u{1f600}').toBe(false);
});

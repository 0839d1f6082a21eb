import { unnameableTypes } from './support/public-types';

jest.setTimeout(120_000);

test.each([
  ['runtime/index.ts', 80],
  ['constructs/index.ts', 60],
])('every type that the declarations of %s name can be imported from it', (entry, least) => {
  const { exported, missing } = unnameableTypes(entry);
  expect(missing).toEqual([]);
  expect(exported).toBeGreaterThan(least);
});

test('a type that is not exported is found: as a member, in a union and behind an import', () => {
  const { missing } = unnameableTypes('runtime/application/anchoring.ts');
  expect(missing).toEqual(
    expect.arrayContaining([
      'Anchor (runtime/domain/anchor/anchor.d.ts)',
      'Finding (runtime/domain/findings/finding.d.ts)',
      'Trigger (runtime/domain/anchor/anchor.d.ts)',
    ]),
  );
  expect(missing.join()).not.toContain('WrittenAnchor ');
});

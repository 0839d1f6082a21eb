import fc from 'fast-check';
import { BUCKET, sizes, TABLE, verify, world } from './worlds';

test('an untouched world is verified', async () => {
  await fc.assert(
    fc.asyncProperty(sizes, async (ranges) => {
      const report = await verify(world(ranges));
      expect(report).toMatchObject({ verdict: 'verified', contents: 'verified', findings: [] });
    }),
    { numRuns: 60 },
  );
});

test.each(Object.entries({ ...TABLE, ...BUCKET }))('never verified: %s', async (_name, mutate) => {
  await fc.assert(
    fc.asyncProperty(sizes, fc.gen(), async (ranges, generate) => {
      const mutated = world(ranges);
      mutate(mutated, (below) => generate(fc.nat, { max: below - 1 }));
      const report = await verify(mutated);
      expect(report.verdict).not.toBe('verified');
      expect(report.findings.length).toBeGreaterThan(0);
      expect(report.findings[0]?.explainedBy).toBeUndefined();
    }),
    { numRuns: 40 },
  );
});

test('1,050 anchors, on pages of 1,000 that split the versions of one key', async () => {
  const large = world([3, ...Array.from({ length: 1049 }, () => 0)]);
  const laidOver = large.store.versions[998];
  if (!laidOver) throw new Error('the world is too small');
  // Five versions of the key at the end of the first page.
  for (let over = 0; over < 4; over++)
    large.store.put({ ...laidOver, versionId: `over-${over}`, lock: null });
  const report = await verify(large);
  expect(report.coverage).toMatchObject({ anchors: 1050, anchorsRead: 1050, anchoredHashes: 1 });
  expect(report.newestAnchor?.anchorSeq).toBe(1050);
  const places = report.findings.map(({ code, place }) => [code, place.kind === 'object' ? place.key : null]);
  expect(places).toEqual(Array.from({ length: 4 }, () => ['ANCHOR_OVERLAID', laidOver.key]));
});

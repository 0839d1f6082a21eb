import type { AnchorStore } from '../../runtime/application/ports';
import type { AnchorStoreHarness } from './harness';
import { listingCases } from './listing-cases';
import { readingCases } from './reading-cases';
import { refusalCases } from './refusal-cases';
import { writingCases } from './writing-cases';

/** Titles of cases an implementation is known to fail, each with the documented defect. */
export type KnownDefects = Readonly<Record<string, string>>;

const CASE_TIMEOUT_MS = 60_000;

/** What every implementation of `AnchorStore` has to do. Cases in `defects` are skipped, by name and visibly. */
export function describeAnchorStore(
  name: string,
  open: () => Promise<AnchorStoreHarness>,
  defects: KnownDefects = {},
): void {
  describe(name, () => {
    const titles = new Set<string>();
    let opened: { readonly harness: AnchorStoreHarness; readonly store: AnchorStore } | undefined;
    const during = (): NonNullable<typeof opened> => {
      if (opened === undefined) throw new Error('the harness of the suite could not be opened');
      return opened;
    };

    beforeAll(async () => {
      const harness = await open();
      opened = { harness, store: harness.store() };
    }, CASE_TIMEOUT_MS);
    afterAll(() => opened?.harness.stop());

    const suite = {
      get harness() {
        return during().harness;
      },
      get store() {
        return during().store;
      },
      conforms(title: string, check: () => Promise<void>): void {
        titles.add(title);
        const defect = defects[title];
        if (defect === undefined) test(title, check, CASE_TIMEOUT_MS);
        else test.skip(`${title} (known defect: ${defect})`, check);
      },
    };
    listingCases(suite);
    writingCases(suite);
    readingCases(suite);
    refusalCases(suite);

    test('every known defect names a case of this suite', () => {
      expect(Object.keys(defects).filter((title) => !titles.has(title))).toEqual([]);
    });
  });
}

import type { AnchorStore } from '../../runtime/application/ports';
import type { AnchorStoreHarness } from './harness';

/** What a file of cases is given. `harness` and `store` exist once the cases run, not while they are declared. */
export interface Suite {
  readonly harness: AnchorStoreHarness;
  /** A store over the suite's own bucket. */
  readonly store: AnchorStore;
  /** Declares one case; a known defect of the implementation turns it into a visible skip. */
  conforms(title: string, check: () => Promise<void>): void;
}

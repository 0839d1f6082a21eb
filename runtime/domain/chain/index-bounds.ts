/** The highest index that an event can have: beyond it, JSON and JavaScript round. */
export const MAX_INDEX = Number.MAX_SAFE_INTEGER;

/**
 * A chain of format `v1` ends before the first event whose index is further above that of its predecessor: one row with
 * a huge index could otherwise end all appending and anchoring.
 */
export const MAX_INDEX_STEP = 1_000_000;

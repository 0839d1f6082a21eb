/** A batch is one transaction: large enough to be fast, small enough to hold the append lock briefly. */
export const BATCH_EVENTS = 1_000;
export const BATCH_BYTES = 4 * 1024 * 1024;

/** What the module offers. The caller owns the memory above `heapBase` and lays out everything in it. */
export { digests, leaves, macs, nodes, prepareKey } from './batches';
export { scanTuples } from './tuple-scan';

/** First address that belongs to the caller. */
export const heapBase: usize = __heap_base;

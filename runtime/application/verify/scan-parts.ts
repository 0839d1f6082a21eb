import type { Finding } from '../../domain/findings/finding';
import type { PartResult } from '../../domain/sharding/part-result';
import type { AuditLogSnapshot } from '../ports';
import type { PartListener, PartRequest } from './scan-part';

/** Reads parts one after another, on a connection of its own. */
export interface PartScanner {
  scan(request: PartRequest, listener: PartListener): Promise<PartResult>;
  /** Stops whatever it does and closes its connection. */
  stop(): Promise<void>;
}

/** Where more than one reader comes from. */
export interface ScanWorkers {
  /** Readers at the same time, the caller included; at least 2. */
  readonly count: number;
  /**
   * @param exported name of the snapshot that every reader has to take
   * @param eventsPerSecond at most so many for this reader; null for no limit
   */
  start(exported: string, eventsPerSecond: number | null): PartScanner;
}

export interface PartsQuestion {
  readonly requests: readonly PartRequest[];
  readonly workers: ScanWorkers | null;
  /** Events per second over all readers; null for no limit. */
  readonly maxRate: number | null;
  /** Reads on the caller's own snapshot. */
  readonly scanHere: (
    request: PartRequest,
    options: PartListener & { readonly signal: AbortSignal; readonly eventsPerSecond: number | null },
  ) => Promise<PartResult>;
  /** Events over all parts so far. */
  readonly onProgress: (events: number) => void;
  /** Called as each part is done, in any order; awaited before the reader goes on. */
  readonly onPart: (at: number, result: PartResult) => Promise<void>;
  /** What was found in each of the requests when not everything could be read: it stands all the same. */
  readonly onUnfinished: (found: readonly (readonly Finding[])[]) => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads every part, several at once when there are workers, all on one snapshot.
 * @returns the results in the order of the requests
 * @throws the first failure of a reader, once all have stopped: a part that was not read is never left out
 */
export async function scanParts(snapshot: AuditLogSnapshot, question: PartsQuestion): Promise<PartResult[]> {
  const { requests, workers, maxRate } = question;
  const readers = Math.max(1, Math.min(workers?.count ?? 1, requests.length));
  const eventsPerSecond = maxRate === null ? null : maxRate / readers;
  const stop = new AbortController();
  const interrupt = (): void => stop.abort(question.signal?.reason);
  if (question.signal?.aborted) interrupt();
  question.signal?.addEventListener('abort', interrupt, { once: true });
  const here: PartScanner = {
    scan: (request, listener) =>
      question.scanHere(request, { ...listener, signal: stop.signal, eventsPerSecond }),
    stop: () => Promise.resolve(),
  };
  const scanners = [here];
  const stopAll = async (): Promise<void> => {
    await Promise.all(scanners.map((scanner) => scanner.stop()));
  };
  stop.signal.addEventListener('abort', () => void stopAll(), { once: true });
  try {
    if (workers && readers > 1) {
      const exported = await snapshot.export();
      stop.signal.throwIfAborted();
      while (scanners.length < readers) scanners.push(workers.start(exported, eventsPerSecond));
    }
    return await share(scanners, question, stop);
  } finally {
    question.signal?.removeEventListener('abort', interrupt);
    await stopAll();
  }
}

/** Every scanner takes the next part that nobody has taken yet, until one fails. */
async function share(
  scanners: readonly PartScanner[],
  { requests, onProgress, onPart, onUnfinished, signal }: PartsQuestion,
  stop: AbortController,
): Promise<PartResult[]> {
  const results = new Array<PartResult>(requests.length);
  const found = new Array<readonly Finding[]>(requests.length).fill([]);
  const read = new Array<number>(requests.length).fill(0);
  let total = 0;
  let next = 0;
  const work = async (scanner: PartScanner): Promise<void> => {
    while (next < requests.length) {
      stop.signal.throwIfAborted();
      const at = next++;
      const result = await scanner.scan(requests[at]!, {
        onProgress: (events) => {
          total += events - read[at]!;
          read[at] = events;
          onProgress(total);
        },
        onUnfinished: (findings) => (found[at] = findings),
      });
      results[at] = result;
      found[at] = result.findings;
      await onPart(at, result);
    }
  };
  let failure: { readonly error: unknown } | null = null;
  const lanes = scanners.map(async (scanner) => {
    try {
      await work(scanner);
    } catch (error) {
      failure ??= { error };
      stop.abort(error);
    }
  });
  await Promise.all(lanes);
  if (failure || signal?.aborted) onUnfinished(found);
  // What a stopped reader says is only the consequence.
  signal?.throwIfAborted();
  if (failure) throw (failure as { readonly error: unknown }).error;
  return results;
}

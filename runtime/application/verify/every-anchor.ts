import type { AnchorPolicy } from '../../domain/anchor/policy';
import type { ChainLayout } from '../../domain/chain/columns';
import type { FindingLog } from '../../domain/findings/finding-log';
import type { AnchorStore, Clock } from '../ports';
import { serverClock } from '../server-clock';
import type { BucketEvidence } from './bucket-evidence';
import { collectBucketEvidence } from './bucket-evidence';
import { checkBucketSettings } from './bucket-settings';

/** What a long verification is doing; `total` is null when it is not known. */
export type VerifyProgress = (
  phase: 'listing' | 'anchors' | 'events',
  done: number,
  total: number | null,
) => void;

export interface BucketQuestion {
  readonly store: AnchorStore;
  readonly clock: Clock;
  readonly policy: AnchorPolicy;
  /** Null when nobody looks at the table. */
  readonly layout: ChainLayout | null;
  readonly progress: VerifyProgress;
  readonly signal?: AbortSignal;
}

/** The settings of the bucket, every anchor in it, and the chain they make. */
export async function collectEveryAnchor(
  { store, clock, policy, layout, progress, signal }: BucketQuestion,
  findings: FindingLog,
): Promise<BucketEvidence> {
  await checkBucketSettings(store, findings, signal);
  // Whoever does not look at the table cannot know whether a foreign chain began at 0.
  const firstSeqs = layout?.format === 'v1' ? [1] : [0, 1];
  const report = {
    onListed: (listed: number): void => progress('listing', listed, null),
    onRead: (read: number, total: number): void => progress('anchors', read, total),
  };
  // Settings were asked for already, so S3 has told its time.
  const now = Math.floor(serverClock(store, clock).now() / 1000);
  return collectBucketEvidence(store, policy, now, firstSeqs, findings, report, signal);
}

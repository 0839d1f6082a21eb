import type { AnchorPolicy } from '../../domain/anchor/policy';
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
  readonly progress: VerifyProgress;
  readonly signal?: AbortSignal;
}

/** The settings of the bucket, every anchor in it, and the chain they make. */
export async function collectEveryAnchor(
  { store, clock, policy, progress, signal }: BucketQuestion,
  findings: FindingLog,
): Promise<BucketEvidence> {
  await checkBucketSettings(store, findings, signal);
  const report = {
    onListed: (listed: number): void => progress('listing', listed, null),
    onRead: (read: number, total: number): void => progress('anchors', read, total),
  };
  // Settings were asked for already, so S3 has told its time.
  const now = Math.floor(serverClock(store, clock).now() / 1000);
  return collectBucketEvidence(store, policy, now, findings, report, signal);
}

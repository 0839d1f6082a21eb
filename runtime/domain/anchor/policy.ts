const SECONDS_PER_DAY = 86_400;

/** What anchors of a chain are held against. */
export interface AnchorPolicy {
  readonly chainId: string;
  /** Days from `ts_utc` that anchors are locked for when they are written now. */
  readonly retentionDays: number;
  /**
   * Days from `ts_utc` that every anchor must be locked for. Fewer than `retentionDays` where that was lengthened:
   * anchors from before keep their locks.
   *
   * @default retentionDays
   */
  readonly leastRetentionDays?: number;
  /** Seconds by which `ts_utc` and S3's LastModified may differ. */
  readonly clockToleranceSeconds: number;
  readonly intervalMinutes: number;
}

/**
 * Until when an anchor must be locked, seconds since 1970.
 * @param seconds its `ts_utc`
 */
export function lockedAtLeastUntil(seconds: number, policy: AnchorPolicy): number {
  return seconds + (policy.leastRetentionDays ?? policy.retentionDays) * SECONDS_PER_DAY;
}

/**
 * Until when an anchor that is written now is locked, seconds since 1970.
 * @param seconds its `ts_utc`
 */
export function lockedUntil(seconds: number, { retentionDays }: AnchorPolicy): number {
  return seconds + retentionDays * SECONDS_PER_DAY;
}

import type { Dated } from '../domain/anchor/check-time';
import { checkTime } from '../domain/anchor/check-time';
import type { FindingLog } from '../domain/findings/finding-log';

/** How an anchorer sees objects dated ahead of S3's time of their writing: each is reported once. */
export class MisdatedWatch {
  private readonly seen = new Set<string>();

  constructor(private readonly clockToleranceSeconds: number) {}

  /**
   * @param since milliseconds since 1970; whoever wrote the anchor that was stored then has reported what is older
   * @param findings takes those that were not reported before
   */
  report(found: readonly Dated[], since: number, findings: FindingLog): void {
    for (const dated of found) {
      if (this.seen.has(dated.key)) continue;
      this.seen.add(dated.key);
      if (dated.storedAt >= since) checkTime(dated, this.clockToleranceSeconds, findings);
    }
  }
}

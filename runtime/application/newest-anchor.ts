import { UnavailableError } from '../errors';
import { MAX_ANCHOR_BYTES } from '../domain/anchor/anchor-body';
import { checkAnchorObject } from '../domain/anchor/check-object';
import type { Dated } from '../domain/anchor/check-time';
import type { AnchorEvidence } from '../domain/anchor/evidence';
import { requireChainId } from '../domain/anchor/object-key';
import type { AnchorPolicy } from '../domain/anchor/policy';
import { FindingLog } from '../domain/findings/finding-log';
import type { KnownAnchor } from '../domain/anchor/known-anchor';
import { knownFrom } from '../domain/anchor/known-anchor';
import { findNewestKey } from './newest-key';
import type { AnchorStore } from './ports';
import { evidenceOf } from './read-anchor';

/** Faults of the newest anchor that leave nothing to continue from. */
const FATAL = ['ANCHOR_MALFORMED', 'ANCHOR_CHECKSUM', 'ANCHOR_MISPLACED'] as const;

/** The newest anchor of a chain, remembered, so that a look costs one request while nothing is new. */
export class NewestAnchor {
  private current: KnownAnchor | null = null;
  private found = false;

  /** @throws ConfigError `CONFIG_INVALID` for a chain id that no chain can have */
  constructor(
    private readonly store: AnchorStore,
    private readonly policy: AnchorPolicy,
  ) {
    requireChainId(policy.chainId);
  }

  get known(): KnownAnchor | null {
    return this.current;
  }

  /** Whether a look came to an answer; before that, null does not mean that there is no anchor. */
  get isKnown(): boolean {
    return this.found;
  }

  /** Remembers an anchor just written. */
  learn(anchor: KnownAnchor): void {
    this.current = anchor;
    this.found = true;
  }

  /** The newest anchor as the last look read it; null when it was not read but written. */
  evidence: AnchorEvidence | null = null;

  /** What the last look passed over, since it is dated ahead of S3's time of its writing. */
  misdated: readonly Dated[] = [];

  /**
   * Looks for a newer anchor. One that cannot be continued from becomes a finding and is not remembered.
   * @param now seconds since 1970
   * @throws UnavailableError when the bucket or the anchor could not be read
   */
  async refresh(now: number, findings: FindingLog, signal?: AbortSignal): Promise<KnownAnchor | null> {
    const search = { store: this.store, ...this.policy, signal };
    const { newest, misdated } = await findNewestKey(search, now, this.current?.key ?? null);
    this.misdated = misdated;
    if (!newest || newest.key === this.current?.key) {
      this.found = true;
      return this.current;
    }
    const seen = new FindingLog();
    const stored = await this.store.read(newest.key, newest.versionId, MAX_ANCHOR_BYTES, signal);
    const evidence = evidenceOf(newest, stored, seen);
    checkAnchorObject(evidence, this.policy, seen);
    const fatal = seen.all().filter(({ code }) => (FATAL as readonly string[]).includes(code));
    if (fatal.length > 0) {
      fatal.forEach((found) => findings.add(found));
      return null;
    }
    const known = knownFrom(evidence);
    if (!known) {
      const [reason] = seen.all();
      throw new UnavailableError(
        'S3_ERROR',
        `the newest anchor ${newest.key} cannot be read: ${reason?.message ?? 'no links'}`,
      );
    }
    this.learn(known);
    this.evidence = evidence;
    return known;
  }
}

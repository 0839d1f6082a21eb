import { UnavailableError } from '../errors';
import { linksOfBody } from '../domain/anchor/evidence';
import { siblingsAmong } from '../domain/anchor/order-of-truth';
import type { Finding } from '../domain/findings/finding';
import { FindingLog } from '../domain/findings/finding-log';
import type { KnownAnchor } from '../domain/anchor/known-anchor';
import { MisdatedWatch } from './misdated';
import { knownFrom } from '../domain/anchor/known-anchor';
import { NewestAnchor } from './newest-anchor';
import type { AnchorStore, AuditLog, AuditLogSnapshot, ObjectVersion } from './ports';
import type { ChainReading } from './scan-chain';
import { SiblingWatch } from './siblings';
import type { StoredAnchor } from './store-anchor';
import type { Around } from './surroundings';
import { Surroundings } from './surroundings';

export interface ChainTipOptions {
  readonly store: AnchorStore;
  readonly auditLog: AuditLog;
  readonly reading: ChainReading;
  readonly retentionDays: number;
  readonly intervalMinutes: number;
  readonly clockToleranceSeconds: number;
}

/** The anchor that the next one has to name: the newest, or of several with its number the one that counts. */
export class ChainTip {
  private readonly newest: NewestAnchor;
  private readonly surroundings: Surroundings;
  private readonly siblings: SiblingWatch;
  private readonly misdated: MisdatedWatch;
  private noticed = new FindingLog();
  /** An anchor was found or written, and not yet looked around. */
  private unexplored = false;

  constructor(private readonly options: ChainTipOptions) {
    const { store, reading, retentionDays, intervalMinutes, clockToleranceSeconds } = options;
    const { chainId } = reading;
    this.newest = new NewestAnchor(store, { chainId, retentionDays, intervalMinutes, clockToleranceSeconds });
    this.surroundings = new Surroundings(store, chainId, clockToleranceSeconds);
    this.siblings = new SiblingWatch(reading);
    this.misdated = new MisdatedWatch(clockToleranceSeconds);
  }

  get known(): KnownAnchor | null {
    return this.newest.known;
  }

  /** Whether a look came to an answer; before that, null does not mean that there is no anchor. */
  get isKnown(): boolean {
    return this.newest.isKnown;
  }

  /**
   * Findings about anchors of one number, and about misdated ones, since the last call: they do not keep the next
   * anchor from being written.
   */
  takeNoticed(): readonly Finding[] {
    const found = this.noticed.all();
    this.noticed = new FindingLog();
    return found;
  }

  /**
   * Looks for a newer anchor.
   * @param now seconds since 1970
   * @param findings takes what makes the newest anchor one that cannot be continued from
   * @throws UnavailableError when the bucket or the anchor could not be read
   */
  async refresh(
    snapshot: AuditLogSnapshot,
    now: number,
    findings: FindingLog,
    signal?: AbortSignal,
  ): Promise<KnownAnchor | null> {
    const before = this.newest.known;
    const newest = await this.newest.refresh(now, findings, signal);
    if (newest !== before) this.unexplored = true;
    const { evidence } = this.newest;
    const since = before ? -Infinity : (evidence?.head?.lastModified ?? -Infinity);
    this.misdated.report(this.newest.misdated, since, this.noticed);
    if (!newest || !this.unexplored) return newest;
    if (evidence) this.surroundings.note(evidence);
    const around = await this.surroundings.look(newest.seconds, signal);
    this.misdated.report(around.misdated, since, this.noticed);
    await this.follow(snapshot, newest, around, signal);
    this.unexplored = false;
    return this.newest.known;
  }

  /**
   * Takes in an anchor just stored, and looks once more around it: another writer may have stored one of the same
   * number meanwhile.
   * @returns what a listing shows under its key, newest first; empty when the bucket could not be listed
   */
  async wrote(
    { anchor, known }: StoredAnchor,
    signal: AbortSignal | undefined,
  ): Promise<readonly ObjectVersion[]> {
    const { key, versionId, seconds, hash } = known;
    this.newest.learn(known);
    this.surroundings.note({
      key,
      versionId,
      seconds,
      hash,
      head: null,
      anchor,
      links: linksOfBody(anchor, hash),
    });
    this.unexplored = true;
    try {
      const around = await this.surroundings.look(known.seconds, signal);
      this.misdated.report(around.misdated, -Infinity, this.noticed);
      if (siblingsAmong(around.neighbours).length > 0) {
        // Of its own: the session of the chain's lock may be gone.
        const follow = (snapshot: AuditLogSnapshot): Promise<void> =>
          this.follow(snapshot, known, around, signal);
        await this.options.auditLog.snapshot(follow, { signal });
      }
      this.unexplored = false;
      return around.versionsOf(known.key);
    } catch (error) {
      // The anchor is stored; the next attempt looks around it.
      if (error instanceof UnavailableError || (signal?.aborted && error === signal.reason)) return [];
      throw error;
    }
  }

  private async follow(
    snapshot: AuditLogSnapshot,
    from: KnownAnchor,
    { neighbours }: Around,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const start = neighbours.find(({ key }) => key === from.key);
    if (!start) return;
    const tip = await this.siblings.follow(snapshot, start, neighbours, this.noticed, signal);
    const known = tip.links.hash === from.hash ? null : knownFrom(tip.evidence);
    if (known) this.newest.learn(known);
  }
}

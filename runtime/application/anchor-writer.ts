import { AuditAnchorError, ConfigError, UnavailableError } from '../errors';
import type { Anchor } from '../domain/anchor/anchor';
import { anchorSeconds, formatAnchorTime } from '../domain/anchor/anchor';
import { bucketUnfit } from './bucket-fitness';
import type { AnchorStore, Clock, ObjectVersion } from './ports';
import { LONGEST_CREATE_SECONDS, serverTimeAt } from './server-clock';
import type { AnchorObject, StoredAnchor } from './store-anchor';
import { anchorObject, findStored, storeAnchor } from './store-anchor';

/**
 * How long one PUT can still take effect after it was sent, seconds: S3 refuses a request that was signed longer ago.
 */
export const PUT_LIFETIME_SECONDS = 15 * 60;

export interface AnchorWriterOptions {
  readonly store: AnchorStore;
  readonly clock: Clock;
  readonly retentionDays: number;
  /** Seconds by which `ts_utc` and S3's LastModified may differ before verifiers report the anchor. */
  readonly clockToleranceSeconds: number;
}

interface Unsettled {
  readonly put: AnchorObject;
  /** When the last request for it ended, milliseconds since 1970. */
  readonly triedAt: number;
}

/**
 * Writes anchors to one bucket, one after the other. A write without a definite answer is settled before the next one:
 * it could otherwise take effect behind an anchor of the same number. A bucket that does not keep what it is sent is
 * not written to again.
 */
export class AnchorWriter {
  private unsettled: Unsettled | null = null;
  private unfit: ConfigError | null = null;
  private seenKept = false;

  constructor(private readonly options: AnchorWriterOptions) {}

  /**
   * Writes an anchor.
   * @throws UnavailableError `PUT_UNRESOLVED` when there was no definite answer: call `settle` before the next write
   * @throws ConfigError `BUCKET_UNFIT` when the endpoint cannot do what was asked, or the bucket was found unfit before
   */
  write(anchor: Anchor, signal: AbortSignal | undefined): Promise<StoredAnchor> {
    this.requireFit();
    return this.put(anchorObject(anchor, this.options.retentionDays), signal);
  }

  /** @throws ConfigError `BUCKET_UNFIT` when the bucket was found not to keep what it is sent */
  requireFit(): void {
    if (this.unfit) throw this.unfit;
  }

  /**
   * Settles a write that has had no definite answer: sends the same bytes under the same key again while an anchor of
   * that time is still acceptable to verifiers, and looks for it after that until it can no longer take effect.
   * @returns the anchor if it was stored, null if there is nothing to settle or it never will be stored
   * @throws UnavailableError `PUT_UNRESOLVED` while neither is certain
   */
  async settle(signal: AbortSignal | undefined): Promise<StoredAnchor | null> {
    const { unsettled } = this;
    if (!unsettled) return null;
    const { store, clock, clockToleranceSeconds } = this.options;
    const { put, triedAt } = unsettled;
    // By S3's time, which verifiers hold the anchor against.
    const age = serverTimeAt(store, clock.now()) / 1000 - anchorSeconds(put.anchor);
    if (age + LONGEST_CREATE_SECONDS <= clockToleranceSeconds) return this.put(put, signal);
    const stored = await findStored(store, put, signal);
    const settledAt = triedAt + PUT_LIFETIME_SECONDS * 1000;
    if (stored === null && clock.now() < settledAt) {
      const until = formatAnchorTime(Math.ceil(settledAt / 1000));
      throw new UnavailableError(
        'PUT_UNRESOLVED',
        `the write of ${put.object.key} had no definite answer; it is not in the bucket, but can still take effect until ${until}`,
        { hint: 'Wait until then; the next anchor is written after it.' },
      );
    }
    this.unsettled = null;
    return stored;
  }

  /**
   * Compares an anchor just stored with what the bucket shows of it.
   * @param versions what a listing shows under its key, newest first
   * @returns why nothing more may be written; null when the bucket keeps anchors as they are sent
   */
  async confirm(
    stored: StoredAnchor,
    versions: readonly ObjectVersion[],
    signal: AbortSignal | undefined,
  ): Promise<ConfigError | null> {
    const missing: string[] = [...stored.lacking, ...(await this.missingFromHead(stored, signal))];
    if (versions.filter(({ kind }) => kind === 'version').length > 1) {
      missing.push('If-None-Match, so that its key has more than one version');
    }
    const { bucket } = this.options.store;
    if (missing.length > 0) this.unfit = bucketUnfit(bucket, stored.known.key, [...new Set(missing)]);
    return this.unfit;
  }

  private async put(put: AnchorObject, signal: AbortSignal | undefined): Promise<StoredAnchor> {
    const { store, clock } = this.options;
    const repeated = this.unsettled !== null;
    this.unsettled = { put, triedAt: clock.now() };
    try {
      const stored = await storeAnchor(store, put, signal);
      this.unsettled = null;
      return stored;
    } catch (error) {
      if (error instanceof ConfigError && error.code === 'BUCKET_UNFIT') this.unfit = error;
      this.unsettled = isDefinite(error, repeated) ? null : { put, triedAt: clock.now() };
      throw error;
    }
  }

  /** What the first anchor of this process shows of itself; those after it are kept alike. */
  private async missingFromHead(stored: StoredAnchor, signal: AbortSignal | undefined): Promise<string[]> {
    if (this.seenKept) return [];
    const { key, versionId, hash } = stored.known;
    try {
      const { lock, checksumSha256, metadata } = await this.options.store.head(key, versionId, signal);
      this.seenKept = true;
      const { object } = anchorObject(stored.anchor, this.options.retentionDays);
      const kept = Object.entries(object.metadata).every(([name, value]) => metadata[name] === value);
      return [
        ...(lock?.mode === 'COMPLIANCE' && lock.retainUntil >= object.retainUntil ? [] : ['COMPLIANCE lock']),
        ...(checksumSha256 === hash ? [] : ['SHA-256 checksum']),
        ...(kept ? [] : ['metadata']),
      ];
    } catch (error) {
      // The anchor is written; whether it can be looked at is no reason to call that a failure.
      if (error instanceof AuditAnchorError || error === signal?.reason) return [];
      throw error;
    }
  }
}

/**
 * True when a failed write has certainly stored nothing and never will.
 * @param repeated an earlier request for the same bytes had no answer; a refusal of this one says nothing about that
 */
function isDefinite(error: unknown, repeated: boolean): boolean {
  if (!(error instanceof AuditAnchorError)) return false;
  if (error.code === 'ANCHOR_CONFLICT') return true;
  return !repeated && error.code !== 'PUT_UNRESOLVED';
}

import type { Anchor } from './anchor';
import type { AnchorAddress, AnchorEvidence, AnchorLinks } from './evidence';

/** What the next anchor and the cadence need to know of the newest one. */
export interface KnownAnchor {
  readonly key: string;
  readonly versionId: string;
  /** `ts_utc` in seconds since 1970. */
  readonly seconds: number;
  /** SHA-256 of its body, hex. */
  readonly hash: string;
  readonly anchorSeq: number;
  readonly lastSeq: number;
  readonly lastHash: string;
  /** Null for an empty chain, and unknown when only the head of an archived anchor could be read. */
  readonly keyId: string | null;
  /** Format and column list of the chain; null when only the head of an archived anchor could be read. */
  readonly chainFormat: Anchor['chain_format'] | null;
  readonly columns: string | null;
  readonly systemId: string | null;
  readonly timeline: number | null;
  readonly lsn: string | null;
  /** When its lock ends, milliseconds since 1970; null when it has none or S3 does not show it. */
  readonly retainUntil: number | null;
}

/** Null when not even the head of an archived anchor told its links. */
export function knownFrom({ anchor, head, links, ...address }: AnchorEvidence): KnownAnchor | null {
  return links && knownOf(address, links, anchor, head?.lock?.retainUntil ?? null);
}

/**
 * @param anchor null when only the head of an archived anchor could be read
 * @param retainUntil milliseconds since 1970; null when it is not known
 */
export function knownOf(
  { key, versionId, seconds }: AnchorAddress,
  { hash, anchorSeq, lastSeq, lastHash }: AnchorLinks,
  anchor: Anchor | null,
  retainUntil: number | null,
): KnownAnchor {
  return {
    key,
    versionId,
    seconds,
    hash,
    anchorSeq,
    lastSeq,
    lastHash,
    keyId: anchor?.key_id ?? null,
    chainFormat: anchor?.chain_format ?? null,
    columns: anchor?.columns ?? null,
    systemId: anchor?.db_system_id ?? null,
    timeline: anchor?.db_timeline ?? null,
    lsn: anchor?.db_snapshot_lsn ?? null,
    retainUntil,
  };
}

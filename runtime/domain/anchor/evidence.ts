import type { Anchor } from './anchor';

/** What S3 says about a version; the part of `ObjectHead` that anchors are judged by. */
export interface AnchorHead {
  readonly lastModified: number;
  readonly size: number;
  readonly checksumSha256: string | null;
  readonly lock: { readonly mode: 'COMPLIANCE' | 'GOVERNANCE'; readonly retainUntil: number } | null;
  readonly legalHold: boolean;
  readonly metadata: Readonly<Record<string, string>>;
  readonly storageClass: string;
  /** How far its copy has come; null where no rule of replication applied to it. */
  readonly replication: 'PENDING' | 'COMPLETED' | 'FAILED' | 'REPLICA' | null;
}

/** What links an anchor to its neighbours and to the chain, from the body or, when that is archived, from a HEAD. */
export interface AnchorLinks {
  readonly anchorSeq: number;
  readonly lastSeq: number;
  readonly lastHash: string;
  readonly prevAnchorHash: string;
  /** SHA-256 of the body, hex. */
  readonly hash: string;
  /** Null when only a HEAD was possible. */
  readonly firstSeq: number | null;
  readonly merkleRoot: string | null;
  readonly chainFormat: Anchor['chain_format'] | null;
  readonly columns: string | null;
}

/** The first version of an anchor key. */
export interface AnchorAddress {
  readonly key: string;
  readonly versionId: string;
  /** Seconds since 1970, from the key. */
  readonly seconds: number;
}

/** An anchor, as far as it could be read. */
export interface AnchorEvidence extends AnchorAddress {
  /** Null when S3 would not show even the head. */
  readonly head: AnchorHead | null;
  /** The parsed body, null when it could not be read or is malformed. */
  readonly anchor: Anchor | null;
  /** SHA-256 of the body as read or, without a body, as stored by S3; null when neither is known. */
  readonly hash: string | null;
  readonly links: AnchorLinks | null;
}

/** Links of an anchor whose body was read. */
export function linksOfBody(anchor: Anchor, hash: string): AnchorLinks {
  return {
    anchorSeq: anchor.anchor_seq,
    lastSeq: anchor.last_seq,
    lastHash: anchor.last_hash,
    prevAnchorHash: anchor.prev_anchor_hash,
    hash,
    firstSeq: anchor.first_seq,
    merkleRoot: anchor.merkle_root,
    chainFormat: anchor.chain_format,
    columns: anchor.columns,
  };
}

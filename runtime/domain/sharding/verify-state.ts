import type { ChainKeys } from '../chain/chain-keys';
import { isCount, isDigest, isIndex, isText, Members, orNull } from './members';
import type { PartResult } from './part-result';
import type { LookUp } from './plan';
import { readLookUp } from './plan';
import type { SnapshotSeen } from './read-parts';
import { readPartResult, readSnapshotSeen } from './read-parts';
import type { OpenDocument } from './sealed-document';
import { seal, unseal } from './sealed-document';

/** A stretch of the chain that was verified, by one run or by several, each of which went on behind the one before. */
export interface VerifiedStretch {
  /** Its first chain index. */
  readonly from: number;
  /** The anchor at its end. Its hash binds every anchor before it, since each one names its predecessor's. */
  readonly through: LookUp & { readonly sha256: string };
  /** Anchored ranges in it. */
  readonly anchors: number;
  /**
   * ISO 8601, when the run began that read the oldest of it. A run that did not read those events again says nothing
   * new of them, so it keeps this time.
   */
  readonly readAt: string;
  readonly systemId: string | null;
  readonly timeline: number | null;
  /** Of the table, as PostgreSQL numbers it. */
  readonly oid: number;
}

/** A part that an unfinished run has read. */
export interface DonePart {
  /** Digest of what the anchors attested of it. */
  readonly attested: string;
  readonly result: PartResult;
}

/** A run that has not come to its end. */
export interface UnfinishedRun {
  readonly scope: 'full' | 'since-last';
  /** First chain index it was to read, null for the beginning. */
  readonly from: number | null;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly snapshot: SnapshotSeen;
  readonly parts: readonly DonePart[];
}

/** What verification remembers from one run to the next. */
export interface VerifyState {
  readonly chainId: string;
  readonly bucket: string;
  readonly verified: VerifiedStretch | null;
  readonly run: UnfinishedRun | null;
}

export function sealState(state: VerifyState, keys: ChainKeys): object {
  return seal('audit-anchor/state', state, keys);
}

function readScope(members: Members): UnfinishedRun['scope'] {
  return members.get(
    'scope',
    (value): value is UnfinishedRun['scope'] => value === 'full' || value === 'since-last',
  );
}

/**
 * Reads a state that is sealed with the chain's keys.
 * @throws FormatError `DOCUMENT_MALFORMED`
 */
export function openState(document: OpenDocument, keys: ChainKeys): VerifyState {
  const members = Members.of(unseal(document, keys));
  return {
    chainId: members.get('chainId', isText),
    bucket: members.get('bucket', isText),
    verified: members.optional('verified', (verified) => {
      const through = verified.child('through');
      return {
        from: verified.get('from', isIndex),
        through: { ...readLookUp(through), sha256: through.get('sha256', isDigest) },
        anchors: verified.get('anchors', isCount),
        readAt: verified.get('readAt', isText),
        systemId: verified.get('systemId', orNull(isText)),
        timeline: verified.get('timeline', orNull(isCount)),
        oid: verified.get('oid', isCount),
      };
    }),
    run: members.optional('run', (run) => ({
      scope: readScope(run),
      from: run.get('from', orNull(isIndex)),
      startedAt: run.get('startedAt', isText),
      snapshot: readSnapshotSeen(run.child('snapshot')),
      parts: run.list('parts', (part) => ({
        attested: part.get('attested', isDigest),
        result: readPartResult(part.child('result')),
      })),
    })),
  };
}

/** Which chain and bucket an unread state says it is of; for refusing a wrong file only. */
export function claimedChain({ members }: OpenDocument): {
  readonly chainId: unknown;
  readonly bucket: unknown;
} {
  return { chainId: members.chainId, bucket: members.bucket };
}

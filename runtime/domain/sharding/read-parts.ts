import { FormatError } from '../../errors';
import type { Checkpoint } from '../chain/checkpoint';
import type { Finding, FindingCode, Place } from '../findings/finding';
import { FINDINGS } from '../findings/finding';
import type { ReadRelation } from '../findings/report';
import type { Members } from './members';
import { isCount, isDigest, isIndex, isText, orNull } from './members';
import type { PartResult } from './part-result';

/** Readers of what plans, partial reports and states have in common. Each throws `DOCUMENT_MALFORMED`. */

function refuse(what: string): FormatError {
  return new FormatError('DOCUMENT_MALFORMED', what);
}

export function readCheckpoint(members: Members): Checkpoint {
  return {
    firstSeq: members.get('firstSeq', isCount),
    lastSeq: members.get('lastSeq', isCount),
    lastHash: members.get('lastHash', orNull(isDigest)),
    merkleRoot: members.get('merkleRoot', orNull(isDigest)),
    anchor: members.optional('anchor', readAddress),
  };
}

function readAddress(members: Members): { key: string; versionId: string; seq: number } {
  return {
    key: members.get('key', isText),
    versionId: members.get('versionId', isText),
    seq: members.get('seq', isCount),
  };
}

function readPlace(members: Members): Place {
  const kind = members.get('kind', isText);
  switch (kind) {
    case 'events': {
      const [from, to] = [members.get('from', isIndex), members.get('to', isIndex)];
      if (from > to) throw refuse('a place ends before it begins');
      return { kind, from, to };
    }
    case 'object':
      return { kind, key: members.get('key', isText), versionId: members.get('versionId', isText) };
    case 'bucket':
    case 'file':
      return { kind, name: members.get('name', isText) };
    case 'database':
      return { kind };
    default:
      throw refuse('a place is of a kind that does not exist');
  }
}

const isPossible = (value: unknown): value is string | undefined => value === undefined || isText(value);
const isAny = (_value: unknown): _value is unknown => true;

export function readFinding(members: Members): Finding {
  const code = members.get('code', isText);
  if (!Object.hasOwn(FINDINGS, code)) throw refuse('a finding has a code that does not exist');
  const expected = members.get('expected', isPossible);
  const actual = members.get('actual', isPossible);
  const anchor =
    members.get('anchor', isAny) === undefined ? undefined : readAddress(members.child('anchor'));
  return {
    code: code as FindingCode,
    severity: FINDINGS[code as FindingCode],
    place: readPlace(members.child('place')),
    message: members.get('message', isText),
    expected,
    actual,
    anchor,
    count: members.get('count', isCount),
  };
}

export function readPartResult(members: Members): PartResult {
  return {
    from: members.get('from', orNull(isIndex)),
    to: members.get('to', orNull(isIndex)),
    events: members.get('events', isCount),
    recomputed: members.get('recomputed', isCount),
    firstIndex: members.get('firstIndex', orNull(isIndex)),
    lastIndex: members.get('lastIndex', orNull(isIndex)),
    lastHash: members.get('lastHash', orNull(isDigest)),
    first: members.optional('first', (first) => ({
      index: first.get('index', isIndex),
      prevHash: first.get('prevHash', orNull(isDigest)),
    })),
    anchoredHashes: members.get('anchoredHashes', isCount),
    rangeRoots: members.get('rangeRoots', isCount),
    findings: members.list('findings', readFinding),
  };
}

/** Which database and which table of it a snapshot was of, and where its chain ended. */
export interface SnapshotSeen {
  readonly systemId: string | null;
  readonly timeline: number | null;
  readonly relation: ReadRelation;
  readonly head: { readonly index: number; readonly hash: string } | null;
}

const KINDS: readonly string[] = [
  'table',
  'partitioned table',
  'view',
  'materialized view',
  'foreign table',
] satisfies readonly ReadRelation['kind'][];
const isKind = (value: unknown): value is ReadRelation['kind'] => isText(value) && KINDS.includes(value);

function readName(members: Members): Pick<ReadRelation, 'schema' | 'name' | 'kind'> {
  return {
    schema: members.get('schema', isText),
    name: members.get('name', isText),
    kind: members.get('kind', isKind),
  };
}

function readRelation(members: Members): ReadRelation {
  return {
    ...readName(members),
    oid: members.get('oid', isCount),
    nonTableChild: members.optional('nonTableChild', readName),
  };
}

export function readSnapshotSeen(members: Members): SnapshotSeen {
  return {
    systemId: members.get('systemId', orNull(isText)),
    timeline: members.get('timeline', orNull(isCount)),
    relation: readRelation(members.child('relation')),
    head: members.optional('head', (head) => ({
      index: head.get('index', isIndex),
      hash: head.get('hash', isText),
    })),
  };
}

/** Why a later snapshot is not of the same table of the same database as an earlier one; null when it is. */
export function otherDatabase(earlier: SnapshotSeen, later: SnapshotSeen): string | null {
  if (earlier.systemId === later.systemId && earlier.timeline === later.timeline) {
    return otherTable(earlier.relation, later.relation);
  }
  const show = ({ systemId, timeline }: SnapshotSeen): string =>
    `system ${systemId ?? '?'} timeline ${timeline ?? '?'}`;
  return `it is of another database: ${show(later)}, not ${show(earlier)}`;
}

/** A table made anew has another oid, also under the same name. */
function otherTable(earlier: ReadRelation, later: ReadRelation): string | null {
  if (earlier.oid === later.oid) return null;
  const show = ({ schema, name, oid }: ReadRelation): string => `${schema}.${name} (oid ${oid})`;
  return `it is of another table: ${show(later)}, not ${show(earlier)}`;
}

/** Why a snapshot of the same database is of an older state than an earlier one; null when it is not. */
export function olderThan(earlier: SnapshotSeen, later: SnapshotSeen): string | null {
  const [was, is] = [earlier.head?.index ?? null, later.head?.index ?? null];
  if (was === null || (is !== null && is >= was)) return null;
  return `it is of an older state of the database: the last event was ${is ?? 'none'}, not ${was} or later`;
}

/** Why a later snapshot cannot be of the same database as an earlier one; null when it can. */
export function strangeAfter(earlier: SnapshotSeen, later: SnapshotSeen): string | null {
  return otherDatabase(earlier, later) ?? olderThan(earlier, later);
}

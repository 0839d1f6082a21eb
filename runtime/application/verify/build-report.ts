import { formatAnchorTime } from '../../domain/anchor/anchor';
import type { AnchorEvidence } from '../../domain/anchor/evidence';
import { explainFindings } from '../../domain/findings/explain';
import type { FindingLog } from '../../domain/findings/finding-log';
import type {
  CoveredTime,
  Coverage,
  NotRead,
  ReadRelation,
  UnanchoredTail,
  VerificationReport,
} from '../../domain/findings/report';
import { decideVerdict } from '../../domain/findings/verdict';
import type { ScanTotals } from '../../domain/sharding/part-result';
import type { KnownAnchor } from '../../domain/anchor/known-anchor';
import { knownFrom } from '../../domain/anchor/known-anchor';
import { contentsVerdict } from './contents';

/** What a report needs to know of the database's side. */
export interface DatabaseSide {
  readonly identity: { readonly systemId: string | null; readonly timeline: number | null };
  readonly relation: ReadRelation;
  readonly scan: ScanTotals;
  readonly tail: UnanchoredTail | null;
  /** Anchored hashes looked up one by one, outside of the scan. */
  readonly lookedUp: number;
  /** Parts of the chain that were not read this time. */
  readonly notRead: readonly NotRead[];
}

export interface ReportParts {
  readonly scope: VerificationReport['scope'];
  readonly chainId: string;
  readonly bucket: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly finishedAt: number;
  readonly anchors: readonly AnchorEvidence[];
  /** Anchors of a number that one of `anchors` has too, and that do not count. */
  readonly beside: readonly AnchorEvidence[];
  /** The newest anchor that the events were held against. */
  readonly newest: KnownAnchor | null;
  /** Null when no database was asked, or it could not be read. */
  readonly database: DatabaseSide | null;
  readonly findings: FindingLog;
}

/** The verdict over everything that was found, and what it rests on. */
export function buildReport(parts: ReportParts): VerificationReport {
  const { scope, chainId, bucket, anchors, newest, database } = parts;
  const findings = explainFindings(parts.findings.all());
  return {
    verdict: decideVerdict(findings, anchors.length),
    scope,
    chainId,
    bucket,
    startedAt: new Date(parts.startedAt).toISOString(),
    finishedAt: new Date(parts.finishedAt).toISOString(),
    contents: contentsVerdict(findings, database?.scan ?? null),
    coverage: coverageOf(parts),
    newestAnchor: newest && {
      key: newest.key,
      versionId: newest.versionId,
      anchorSeq: newest.anchorSeq,
      lastSeq: newest.lastSeq,
      time: formatAnchorTime(newest.seconds),
      lockedUntil: newest.retainUntil === null ? null : new Date(newest.retainUntil).toISOString(),
    },
    tail: database?.tail ?? null,
    database: database && {
      systemId: database.identity.systemId,
      timeline: database.identity.timeline,
      relation: database.relation,
    },
    findings,
  };
}

/** The newest anchor whose links are known. */
export function newestKnown(anchors: readonly AnchorEvidence[]): KnownAnchor | null {
  for (let at = anchors.length - 1; at >= 0; at--) {
    const known = knownFrom(anchors[at]!);
    if (known) return known;
  }
  return null;
}

/** Anchors are in the order of their time. */
function timeOf(
  { from, to }: { readonly from: number; readonly to: number },
  anchors: readonly AnchorEvidence[],
): CoveredTime {
  const before = anchors.findLast(({ links }) => links !== null && links.lastSeq < from);
  const over = anchors.find(({ links }) => links !== null && links.lastSeq >= to);
  return {
    after: before ? formatAnchorTime(before.seconds) : null,
    until: over ? formatAnchorTime(over.seconds) : null,
  };
}

function coverageOf({ scope, anchors, beside, database }: ReportParts): Coverage {
  const all = [...anchors, ...beside];
  const scan = database?.scan;
  const notRead = database?.notRead ?? [];
  const range =
    scan && scan.firstIndex !== null && scan.lastIndex !== null
      ? { from: scan.firstIndex, to: scan.lastIndex }
      : null;
  return {
    anchors: all.length,
    anchorsRead: all.filter(({ anchor }) => anchor !== null).length,
    events: scan?.events ?? 0,
    eventsRecomputed: scan?.recomputed ?? 0,
    range,
    time: range && scope !== 'latest' ? timeOf(range, anchors) : null,
    anchoredHashes: (scan?.anchoredHashes ?? 0) + (database?.lookedUp ?? 0),
    rangeRoots: scan?.rangeRoots ?? 0,
    ...(notRead.length > 0 ? { notRead } : {}),
  };
}

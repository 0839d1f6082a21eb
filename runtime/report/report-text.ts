import type { CoveredTime, NotRead, ReadRelation, VerificationReport } from '../domain/findings/report';
import type { Verdict } from '../domain/findings/verdict';
import { printable } from '../printable';
import type { Colors } from '../terminal/colors';
import { counted, formatCount, formatDuration } from '../terminal/duration';
import { keyValueLines, UNLIMITED } from '../terminal/table';
import { findingsText } from './findings-text';

const SCOPES: Readonly<Record<VerificationReport['scope'], string>> = {
  full: 'every anchor and every event',
  latest: 'the newest anchor, its events and those since',
  'anchors-only': 'every anchor; events not evaluated (no database was asked)',
  range: 'every anchor, and the events of a range',
  'since-last': 'every anchor, and the events that were not verified before; nothing is said of the others',
};

function verdictText(verdict: Verdict, colors: Colors): string {
  if (verdict === 'verified') return colors.good('✔ VERIFIED');
  return verdict === 'tampered' ? colors.bad('✘ TAMPERED') : colors.warn('? NOT EVALUATED');
}

function tailText(report: VerificationReport): string {
  const { tail } = report;
  if (!tail) return report.coverage.events === 0 ? 'no event' : 'none: every event is anchored';
  const age = tail.ageSeconds === null ? '' : `, the oldest ${formatDuration(tail.ageSeconds)} old`;
  return `${counted(tail.events, 'event')} from index ${formatCount(tail.fromIndex)}${age}`;
}

const WHY: Readonly<Record<NotRead['reason'], string>> = {
  'read before the interruption': 'read by the interrupted run that began',
  'verified before': 'verified before; the oldest of it was read by a run that began',
  'anchored after the plan': 'read, but not held against these anchors: the plan was made',
};

function notReadText({ from, to, anchors, reason, at }: NotRead): string {
  const covered = counted(anchors, 'anchor');
  return `${formatCount(from)} to ${formatCount(to)} (${covered}): ${WHY[reason]} ${at}`;
}

function relationText({ schema, name, kind, oid }: ReadRelation): string {
  return printable(`${kind} ${schema}.${name}, oid ${oid}`);
}

function timeText({ after, until }: CoveredTime): string {
  const begin = after === null ? 'from the beginning' : `anchored after ${after}`;
  const end = until === null ? 'to the end, which no anchor covers yet' : `up to ${until}`;
  return `${begin} ${end} (by the time of the anchors, UTC)`;
}

function coverageRows(report: VerificationReport): [string, string][] {
  const { coverage, newestAnchor } = report;
  const rows: [string, string][] = [
    ['chain', printable(`${report.chainId} in s3://${report.bucket}`)],
    ['scope', SCOPES[report.scope]],
    ['anchors', `${formatCount(coverage.anchors)} found, ${formatCount(coverage.anchorsRead)} read`],
  ];
  if (newestAnchor) {
    const { anchorSeq, lastSeq, time, key } = newestAnchor;
    rows.push([
      'newest',
      `#${formatCount(anchorSeq)} of ${time}, up to event ${formatCount(lastSeq)}: ${key}`,
    ]);
  }
  if (report.scope === 'anchors-only' || !report.database) return rows;
  const range = coverage.range
    ? ` (${formatCount(coverage.range.from)} to ${formatCount(coverage.range.to)})`
    : '';
  rows.push(
    [
      'events',
      `${formatCount(coverage.events)} read${range}, ${formatCount(coverage.eventsRecomputed)} recomputed`,
    ],
    ...(coverage.time ? [['time', timeText(coverage.time)] as [string, string]] : []),
    [
      'compared',
      `${counted(coverage.anchoredHashes, 'anchored hash', 'anchored hashes')}, ${counted(coverage.rangeRoots, 'Merkle root', 'Merkle roots')}`,
    ],
    ...(coverage.notRead ?? []).map((each): [string, string] => ['not read', notReadText(each)]),
    ['contents', report.contents],
    ['unanchored', tailText(report)],
    ['read from', relationText(report.database.relation)],
    [
      'database',
      `system ${report.database.systemId ?? 'unknown'}, timeline ${report.database.timeline ?? 'unknown'}`,
    ],
  );
  return rows;
}

/** A verification report for people: the verdict, what it rests on, and the finding that explains the others. */
export function reportText(report: VerificationReport, colors: Colors): string[] {
  const findings = findingsText(report.findings, colors, report.coverage.eventsRecomputed);
  return [
    verdictText(report.verdict, colors),
    ...keyValueLines(coverageRows(report), { width: UNLIMITED, indent: 2 }),
    ...(findings.length > 0 ? ['', ...findings] : []),
  ];
}

import type { Finding, FindingCode, Place, Severity } from '../domain/findings/finding';
import { remedyFor } from '../domain/findings/remedy';
import { printable } from '../printable';
import type { Colors } from '../terminal/colors';
import { counted, formatCount } from '../terminal/duration';

const LABELS: Readonly<Record<Severity, string>> = {
  tampering: 'TAMPERING',
  unproven: 'NOT EVALUATED',
  warning: 'WARNING',
  info: 'NOTE',
};

/** Findings of one report that are shown as text; the rest is counted, and complete in JSON. */
const MAX_SHOWN = 25;

/** Where it is, with its preposition. */
function placeText(place: Place): string {
  switch (place.kind) {
    case 'object':
      return `at ${objectText(place)}`;
    case 'events':
      return place.from === place.to
        ? `at event ${formatCount(place.from)}`
        : `at events ${formatCount(place.from)} to ${formatCount(place.to)}`;
    case 'bucket':
      return `in bucket ${printable(place.name)}`;
    case 'file':
      return `in file ${printable(place.name)}`;
    case 'database':
      return 'in the database';
  }
}

function paint(severity: Severity, colors: Colors): (text: string) => string {
  if (severity === 'tampering') return colors.bad;
  return severity === 'info' ? colors.dim : colors.warn;
}

/** A key or a version id can hold whatever a writer to the bucket chose. */
function objectText({ key, versionId }: { readonly key: string; readonly versionId: string }): string {
  return `${printable(key)} (version ${printable(versionId)})`;
}

/** Findings that stand for anchored ranges, not for single events. */
const RANGES: readonly FindingCode[] = ['CHAIN_TRUNCATED', 'ANCHORED_HASH', 'RANGE_ROOT'];

function countText({ code, place, count }: Finding): string {
  if (count === 1) return '';
  if (RANGES.includes(code)) return `, ${counted(count, 'anchored range')}`;
  return place.kind === 'events' && count === place.to - place.from + 1
    ? ''
    : `, ${formatCount(count)} in all`;
}

function findingLines(found: Finding, colors: Colors, remedy: string | undefined): string[] {
  const lines = [
    `${paint(found.severity, colors)(LABELS[found.severity])} ${colors.strong(found.code)} ${placeText(found.place)}${countText(found)}`,
    `  ${printable(found.message)}`,
  ];
  if (found.expected !== undefined) lines.push(`  expected  ${printable(found.expected)}`);
  if (found.actual !== undefined) lines.push(`  found     ${printable(found.actual)}`);
  if (found.anchor) {
    lines.push(`  anchor    #${formatCount(found.anchor.seq)} ${objectText(found.anchor)}`);
  }
  if (remedy !== undefined) lines.push(`  to do     ${remedy}`);
  return lines;
}

/**
 * Findings as text: causes in full, their consequences as one line each.
 * @param recomputed events whose HMAC was recomputed, 0 where that says nothing of the findings
 */
export function findingsText(findings: readonly Finding[], colors: Colors, recomputed = 0): string[] {
  const causes = findings.filter(({ explainedBy }) => explainedBy === undefined);
  const consequences = findings.filter(({ explainedBy }) => explainedBy !== undefined);
  const lines = causes
    .slice(0, MAX_SHOWN)
    .flatMap((found) => findingLines(found, colors, remedyFor(found, findings, recomputed)));
  const left = causes.length - MAX_SHOWN;
  if (left > 0) lines.push(colors.dim(`… and ${counted(left, 'further finding')}; --json lists all`));
  for (const { code, place, explainedBy } of consequences.slice(0, MAX_SHOWN)) {
    lines.push(colors.dim(`follows from ${explainedBy ?? ''}: ${code} ${placeText(place)}`));
  }
  const further = consequences.length - MAX_SHOWN;
  if (further > 0) lines.push(colors.dim(`… and ${counted(further, 'further consequence')}`));
  return lines;
}

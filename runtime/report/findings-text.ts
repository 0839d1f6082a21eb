import type { Finding, Place, Severity } from '../domain/findings/finding';
import type { Colors } from '../terminal/colors';
import { formatCount } from '../terminal/duration';

const LABELS: Readonly<Record<Severity, string>> = {
  tampering: 'TAMPERING',
  unproven: 'NOT EVALUATED',
  warning: 'WARNING',
  info: 'NOTE',
};

/** Findings of one report that are shown as text; the rest is counted, and complete in JSON. */
const MAX_SHOWN = 25;

export function placeText(place: Place): string {
  switch (place.kind) {
    case 'object':
      return `${place.key} (version ${place.versionId})`;
    case 'events':
      return place.from === place.to
        ? `event ${formatCount(place.from)}`
        : `events ${formatCount(place.from)} to ${formatCount(place.to)}`;
    case 'bucket':
      return `bucket ${place.name}`;
    case 'database':
      return 'database';
  }
}

function paint(severity: Severity, colors: Colors): (text: string) => string {
  if (severity === 'tampering') return colors.bad;
  return severity === 'info' ? colors.dim : colors.warn;
}

function findingLines(found: Finding, colors: Colors): string[] {
  const times = found.count > 1 ? `, ${formatCount(found.count)} in all` : '';
  const lines = [
    `${paint(found.severity, colors)(LABELS[found.severity])} ${colors.strong(found.code)} at ${placeText(found.place)}${times}`,
    `  ${found.message}`,
  ];
  if (found.expected !== undefined) lines.push(`  expected  ${found.expected}`);
  if (found.actual !== undefined) lines.push(`  found     ${found.actual}`);
  if (found.anchor) {
    lines.push(`  anchor    #${found.anchor.seq} ${found.anchor.key} (version ${found.anchor.versionId})`);
  }
  return lines;
}

/** Findings as text: causes in full, their consequences as one line each. */
export function findingsText(findings: readonly Finding[], colors: Colors): string[] {
  const causes = findings.filter(({ explainedBy }) => explainedBy === undefined);
  const consequences = findings.filter(({ explainedBy }) => explainedBy !== undefined);
  const lines = causes.slice(0, MAX_SHOWN).flatMap((found) => findingLines(found, colors));
  const left = causes.length - MAX_SHOWN;
  if (left > 0) lines.push(colors.dim(`… and ${formatCount(left)} further findings; --json lists them`));
  for (const { code, place, explainedBy } of consequences.slice(0, MAX_SHOWN)) {
    lines.push(colors.dim(`  follows from ${explainedBy ?? ''}: ${code} at ${placeText(place)}`));
  }
  return lines;
}

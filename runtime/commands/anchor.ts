import type { Anchorer, AnchorOutcome, BusyOutcome, WrittenAnchor } from '../application/anchorer';
import type { Gauges } from '../application/gauges';
import { gaugesOf } from '../application/gauges';
import type { Clock } from '../application/ports';
import { EXIT } from '../contract';
import { anchorHash, coversNothing, serializeAnchor } from '../domain/anchor/anchor';
import { findingsText } from '../report/findings-text';
import type { Colors } from '../terminal/colors';
import { formatCount } from '../terminal/duration';
import { keyValueLines, UNLIMITED } from '../terminal/table';
import type { Outcome } from './outcome';
import { exitOfFindings } from './outcome';

function iso(millis: number): string {
  return `${new Date(millis).toISOString().slice(0, 19)}Z`;
}

function writtenDocument(written: WrittenAnchor, bucket: string): unknown {
  const { anchor, trigger, key, versionId, retainUntil, alreadyStored } = written;
  return {
    outcome: 'written',
    trigger,
    bucket,
    key,
    versionId,
    retainUntil: iso(retainUntil),
    sha256: anchorHash(serializeAnchor(anchor)),
    alreadyStored,
    anchor,
  };
}

function writtenText(written: WrittenAnchor, bucket: string, colors: Colors): string[] {
  const { anchor, trigger, key, versionId, retainUntil } = written;
  const range = coversNothing(anchor)
    ? 'none since the previous anchor'
    : `${formatCount(anchor.first_seq)} to ${formatCount(anchor.last_seq)}`;
  return [
    colors.good(`✔ anchor #${formatCount(anchor.anchor_seq)} written`),
    ...keyValueLines(
      [
        ['trigger', trigger],
        ['object', `s3://${bucket}/${key}`],
        ['version', versionId],
        ['locked until', iso(retainUntil)],
        ['events', range],
        ['last_seq', String(anchor.last_seq)],
        ['last_hash', anchor.last_hash],
      ],
      { width: UNLIMITED, indent: 2 },
    ),
  ];
}

/** What came of an attempt to anchor, in both forms. */
export function anchorOutcome(outcome: AnchorOutcome | BusyOutcome, bucket: string): Outcome {
  switch (outcome.kind) {
    case 'written':
      return {
        exitCode: EXIT.ok,
        document: writtenDocument(outcome, bucket),
        text: (colors) => writtenText(outcome, bucket, colors),
      };
    case 'not due': {
      const nextInterval = iso(outcome.nextInterval);
      return {
        exitCode: EXIT.ok,
        document: { outcome: 'not due', nextInterval, unanchoredEvents: outcome.unanchored },
        text: () => [
          `no anchor is due: ${formatCount(outcome.unanchored)} unanchored events, next interval at ${nextInterval} (--force writes one now)`,
        ],
      };
    }
    case 'busy':
      return {
        exitCode: EXIT.ok,
        document: { outcome: 'busy', message: outcome.message },
        text: () => [
          `another anchorer of this chain is at work, which leaves nothing to do: ${outcome.message} (--force waits for it)`,
        ],
      };
    case 'refused':
      return {
        exitCode: exitOfFindings(outcome.findings),
        document: { outcome: 'refused', findings: outcome.findings },
        text: (colors) => [
          colors.bad('✘ no anchor was written: it would certify what does not hold'),
          ...findingsText(outcome.findings, colors),
        ],
      };
  }
}

/** How things stand behind an attempt; null when it did not look. */
function gaugesBehind(
  outcome: AnchorOutcome | BusyOutcome,
  newest: Anchorer['newestKnown'],
  now: number,
): Gauges | null {
  switch (outcome.kind) {
    case 'written':
      return gaugesOf(newest, 0, now);
    case 'not due':
      return gaugesOf(newest, outcome.unanchored, now);
    case 'refused':
      // It did not get so far as to count the events.
      return gaugesOf(newest, null, now);
    case 'busy':
      return null;
  }
}

/** Writes an anchor now if a trigger is due and nobody else is at it, or in any case. */
export async function anchorCommand(
  anchorer: Anchorer,
  bucket: string,
  options: { readonly force: boolean; readonly clock: Clock; readonly signal: AbortSignal },
): Promise<Outcome> {
  const { force, clock, signal } = options;
  const outcome = force
    ? await anchorer.anchor({ force: 'manual', signal })
    : await anchorer.anchorUnlessBusy({ signal });
  return {
    ...anchorOutcome(outcome, bucket),
    tell: (sink) => {
      sink.anchored(outcome);
      const gauges = gaugesBehind(outcome, anchorer.newestKnown, clock.now());
      if (gauges) sink.gauges(gauges);
    },
  };
}

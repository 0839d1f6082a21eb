import type { Anchorer, AnchorOutcome, WrittenAnchor } from '../application/anchorer';
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
export function anchorOutcome(outcome: AnchorOutcome, bucket: string): Outcome {
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

/** Events that the attempt left without an anchor; null when it did not get so far. */
function leftUnanchored(outcome: AnchorOutcome): number | null {
  switch (outcome.kind) {
    case 'written':
      return 0;
    case 'not due':
      return outcome.unanchored;
    case 'refused':
      return null;
  }
}

/** Writes an anchor now if a trigger is due, or in any case. */
export async function anchorCommand(
  anchorer: Anchorer,
  bucket: string,
  options: {
    readonly force: boolean;
    readonly clock: Clock;
    readonly signal: AbortSignal;
    readonly onProgress: (events: number) => void;
  },
): Promise<Outcome> {
  const { force, clock, signal, onProgress } = options;
  const outcome = await anchorer.anchor({
    ...(force ? { force: 'manual' as const } : {}),
    signal,
    onProgress,
  });
  return {
    ...anchorOutcome(outcome, bucket),
    tell: (sink) => {
      sink.anchored(outcome);
      sink.gauges(gaugesOf(anchorer.newestKnown, leftUnanchored(outcome), clock.now()));
    },
  };
}

import type { Anchorer } from '../application/anchorer';
import type { AnchoringSeen, AnchorOutcome, BusyOutcome, WrittenAnchor } from '../application/anchoring';
import type { Gauges } from '../application/gauges';
import { gaugesOf } from '../application/gauges';
import type { Clock } from '../application/ports';
import type { ExitCode } from '../contract';
import { EXIT } from '../contract';
import { anchorHash, coversNothing } from '../domain/anchor/anchor';
import { serializeAnchor } from '../domain/anchor/anchor-body';
import type { Finding } from '../domain/findings/finding';
import { findingsText } from '../report/findings-text';
import type { Colors } from '../terminal/colors';
import { counted, formatCount } from '../terminal/duration';
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
    ...(written.findings ? { findings: written.findings } : {}),
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

/** A warning does not change the exit code of what was done; tampering does. */
function exitOfNoticed(findings: readonly Finding[] = []): ExitCode {
  return findings.some(({ severity }) => severity === 'tampering') ? EXIT.tampered : EXIT.ok;
}

/** What came of an attempt to anchor, in both forms. */
export function anchorOutcome(outcome: AnchorOutcome | BusyOutcome, bucket: string): Outcome {
  switch (outcome.kind) {
    case 'written':
      return {
        exitCode: exitOfNoticed(outcome.findings),
        document: writtenDocument(outcome, bucket),
        text: (colors) => [
          ...writtenText(outcome, bucket, colors),
          ...findingsText(outcome.findings ?? [], colors),
        ],
      };
    case 'not due': {
      const nextInterval = iso(outcome.nextInterval);
      return {
        exitCode: exitOfNoticed(outcome.findings),
        document: {
          outcome: 'not due',
          nextInterval,
          unanchoredEvents: outcome.unanchored,
          ...(outcome.findings ? { findings: outcome.findings } : {}),
        },
        text: (colors) => [
          `no anchor is due: ${counted(outcome.unanchored, 'unanchored event')}, next interval at ${nextInterval} (--force writes one now)`,
          ...findingsText(outcome.findings ?? [], colors),
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
          ...findingsText(outcome.findings, colors, outcome.eventsRecomputed),
        ],
      };
  }
}

/** Anchors that were written before the last one, in short. */
export function backlogText(backlog: readonly WrittenAnchor[]): string[] {
  return backlog.map(({ anchor }) => {
    const { anchor_seq: number, first_seq: first, last_seq: last } = anchor;
    return `anchor #${formatCount(number)} written: events ${formatCount(first)} to ${formatCount(last)} of the backlog`;
  });
}

function withBacklog(outcome: Outcome, backlog: readonly WrittenAnchor[], bucket: string): Outcome {
  if (backlog.length === 0) return outcome;
  const earlier = backlog.map((written) => writtenDocument(written, bucket));
  return {
    ...outcome,
    document: { ...(outcome.document as object), backlog: earlier },
    text: (colors) => [
      ...backlogText(backlog).map((line) => `${colors.good('✔')} ${line}`),
      ...outcome.text(colors),
    ],
  };
}

export interface AnchorCommandOptions {
  readonly force: boolean;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Called before the error is thrown, with what the attempt saw until then, and the anchors that it wrote. */
  readonly failed: (seen: Gauges, backlog: readonly WrittenAnchor[]) => void;
  /** Called now and then while new events are verified, with their number so far. */
  readonly onProgress?: (events: number) => void;
}

/** Writes an anchor now if a trigger is due and nobody else is at it, or in any case. */
export async function anchorCommand(
  anchorer: Pick<Anchorer, 'anchor' | 'anchorUnlessBusy'>,
  bucket: string,
  { force, clock, signal, failed, onProgress }: AnchorCommandOptions,
): Promise<Outcome> {
  let seen: AnchoringSeen = { newest: null, unanchored: null };
  const gauges = (): Gauges => gaugesOf(seen.newest, seen.unanchored, clock.now());
  const backlog: WrittenAnchor[] = [];
  try {
    const request = {
      signal,
      onSeen: (each: AnchoringSeen) => void (seen = each),
      onBacklog: (written: WrittenAnchor) => void backlog.push(written),
      onProgress,
    };
    const outcome = force
      ? await anchorer.anchor({ force: 'manual', ...request })
      : await anchorer.anchorUnlessBusy(request);
    return {
      ...withBacklog(anchorOutcome(outcome, bucket), backlog, bucket),
      tell: (sink) => {
        for (const written of backlog) sink.anchored(written);
        sink.anchored(outcome);
        // A run that found another one at work has not looked.
        if (outcome.kind !== 'busy') sink.gauges(gauges());
      },
    };
  } catch (error) {
    failed(gauges(), backlog);
    throw error;
  }
}

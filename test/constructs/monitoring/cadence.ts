import { gaugesOf } from '../../../runtime/application/gauges';
import type { AnchorOutcome } from '../../../runtime/application/anchorer';
import { reportOf, truncated } from '../../support/daemon';
import { CHAIN, QUEUE, REPLICATION } from './alarms-under-test';
import { Recording } from './recording';

/**
 * Streams of metrics as the program and S3 write them. The cadence is the runtime's own:
 *
 * - the daemon: gauges every minute; an attempt on the wall-clock grid of the interval and at the threshold; a
 *   failed attempt again within a minute; `AnchorFailures` per attempt, also when it is 0
 * - the scheduled writer: an attempt and gauges per run, every 5 minutes and up to a minute late; a run that finds
 *   the chain's lock taken has neither anchor nor gauges
 * - the verifier: `latest` about 7 minutes past the hour, `full` that ends at about 04:00; age and retention of
 *   the newest anchor with each, but not the number of unanchored events
 * - S3: latency while something waits and some minutes after it; failures only when something was copied
 *
 * Minute 0 is midnight of the first day; two ordinary days lie before it.
 */

export const DAY = 1_440;
export const HISTORY = -2 * DAY;

export type Attempt = 'written' | 'failed' | 'refused' | 'hangs';
export type Verdict = 'verified' | 'tampered' | 'not evaluated';

/** What is out of the ordinary; the rest is an ordinary day of a daemon. All times in minutes. */
export interface Course {
  readonly mode?: 'service' | 'scheduled';
  readonly intervalMinutes?: number;
  readonly retentionDays?: number;
  readonly eventsPerMinute?: number;
  readonly writerRuns?: (minute: number) => boolean;
  /** Whether another anchorer holds the chain's lock; for the scheduled writer. */
  readonly busy?: (minute: number) => boolean;
  readonly attempt?: (minute: number) => Attempt;
  readonly verifierRuns?: (minute: number) => boolean;
  readonly verdict?: (minute: number, scope: 'latest' | 'full') => Verdict;
  /** Seconds until a copy of an anchor is there; Infinity for never. */
  readonly copySeconds?: (minute: number) => number;
  readonly copyFails?: (minute: number) => boolean;
  readonly deadLetters?: (minute: number) => number;
  /** First minute in which anything exists; the history by default. */
  readonly from?: number;
}

const EVENT_THRESHOLD = 10_000;

/** Up to a minute late, the same in every run. */
function jitter(minute: number): number {
  return Math.abs(Math.imul(minute + 7, 2_654_435_761) >> 8) % 55;
}

export function record(course: Course, until: number): Recording {
  return new Cadence(course, until).recording;
}

class Cadence {
  readonly recording = new Recording(CHAIN);
  private newest: { readonly seconds: number; readonly retainUntil: number } | null = null;
  private waiting = 0;
  private latencyUntil = -Infinity;
  private waitingForCopySince: number | null = null;

  constructor(
    private readonly course: Course,
    until: number,
  ) {
    for (let minute = course.from ?? HISTORY; minute < until; minute += 1) {
      this.waiting += course.eventsPerMinute ?? 20;
      if (course.writerRuns?.(minute) ?? true) this.write(minute);
      if (course.verifierRuns?.(minute) ?? true) this.verify(minute);
      this.replicate(minute);
      if (course.deadLetters) {
        const queued = course.deadLetters(minute);
        const dimensions = { QueueName: QUEUE };
        const name = 'ApproximateNumberOfMessagesVisible';
        this.recording.add(minute * 60, 'AWS/SQS', name, dimensions, queued);
      }
    }
  }

  private write(minute: number): void {
    if (this.course.mode === 'scheduled') {
      if (minute % 5 === 0) this.run(minute, minute * 60 + jitter(minute));
      return;
    }
    if (this.isDue(minute)) this.anchor(minute, minute * 60 + 2);
    this.gauges(minute * 60 + 30);
  }

  private run(minute: number, at: number): void {
    if (this.course.busy?.(minute)) {
      this.recording.emit(at, (metrics) => metrics.anchored({ kind: 'busy', message: 'held' }));
      return;
    }
    if (this.isDue(minute)) this.anchor(minute, at);
    else {
      const outcome: AnchorOutcome = { kind: 'not due', nextInterval: 0, unanchored: this.waiting };
      this.recording.emit(at, (metrics) => metrics.anchored(outcome));
    }
    this.gauges(at + 1);
  }

  private isDue(minute: number): boolean {
    if (this.waiting >= EVENT_THRESHOLD) return true;
    const interval = (this.course.intervalMinutes ?? 60) * 60;
    const grid = Math.floor((minute * 60) / interval) * interval;
    return this.newest === null || this.newest.seconds < grid;
  }

  private anchor(minute: number, at: number): void {
    const attempt = this.course.attempt?.(minute) ?? 'written';
    if (attempt === 'hangs') return;
    this.recording.emit(at, (metrics) => {
      if (attempt === 'failed') metrics.anchorFailed();
      else if (attempt === 'refused') metrics.anchored({ kind: 'refused', findings: [truncated(1)] });
      else
        metrics.anchored({
          kind: 'written',
          anchor: { first_seq: 1, last_seq: this.waiting },
        } as AnchorOutcome);
    });
    if (attempt !== 'written') return;
    const days = this.course.retentionDays ?? 400;
    this.newest = { seconds: at, retainUntil: (at + days * 86_400) * 1000 };
    this.waiting = 0;
    this.waitingForCopySince ??= at;
  }

  private gauges(at: number): void {
    this.recording.gauges(at, gaugesOf(this.newest, this.waiting, at * 1000));
  }

  private verify(minute: number): void {
    const day = ((minute % DAY) + DAY) % DAY;
    const scope = day === 240 ? 'full' : day % 60 === 7 ? 'latest' : undefined;
    if (!scope) return;
    const at = minute * 60 + jitter(minute);
    const verdict = this.course.verdict?.(minute, scope) ?? 'verified';
    const findings = verdict === 'tampered' ? [truncated(1)] : [];
    this.recording.verified(at, { ...reportOf(verdict, scope), findings });
    this.recording.gauges(at, gaugesOf(this.newest, null, at * 1000));
  }

  private replicate(minute: number): void {
    const now = minute * 60 + 59;
    const since = this.waitingForCopySince;
    if (since !== null) {
      this.latencyUntil = now + 300;
      if (this.course.copyFails?.(minute)) {
        this.recording.add(now, 'AWS/S3', 'OperationsFailedReplication', REPLICATION, 1);
        this.waitingForCopySince = null;
      } else if (now - since >= (this.course.copySeconds?.(minute) ?? 20)) {
        this.recording.add(now, 'AWS/S3', 'OperationsFailedReplication', REPLICATION, 0);
        this.waitingForCopySince = null;
      }
    }
    if (now > this.latencyUntil) return;
    const latency = this.waitingForCopySince === null ? 0 : now - this.waitingForCopySince;
    this.recording.add(now, 'AWS/S3', 'ReplicationLatency', REPLICATION, latency);
  }
}

import type { Failure } from '../../../runtime/application/failure';
import { type Gauges, gaugesOf } from '../../../runtime/application/gauges';
import { Service, type ServiceSink } from '../../../runtime/application/service';
import { anchorCommand } from '../../../runtime/commands/anchor';
import { finding } from '../../../runtime/domain/findings/finding';
import type { VerificationReport } from '../../../runtime/domain/findings/report';
import { reportOf, truncated } from '../../support/daemon';
import { CHAIN, QUEUE, REPLICATION } from './alarms-under-test';
import { type Attempt, CourseAnchorer, MinuteClock, World } from './course-anchorer';
import { Recording } from './recording';

/**
 * Streams of metrics as the program and S3 write them. Who writes anchors is the runtime itself:
 *
 * - the daemon is the real `Service`, and stops in the middle when it dies
 * - the scheduled writer is the real command, every 5 minutes and up to a minute late; a run that finds the chain's lock
 *   taken has neither anchor nor gauges
 * - the verifier: `latest` about 7 minutes past the hour, `full` that ends at about 04:00; age and retention of
 *   the newest anchor with each, but not the number of unanchored events
 * - S3: latency while something waits and some minutes after it; failures only when something was copied
 *
 * Minute 0 is midnight of the first day; two ordinary days lie before it.
 */

export const DAY = 1_440;
export const HISTORY = -2 * DAY;

/** `verified` is the best that a chain can have: of a foreign one that nothing but its contents is not evaluated. */
export type Verdict = 'verified' | 'tampered' | 'not evaluated' | 'broke off';

/** What is out of the ordinary; the rest is an ordinary day of a daemon. All times in minutes. */
export interface Course {
  readonly mode?: 'service' | 'scheduled';
  readonly chainFormat?: 'v1' | 'links';
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

/** Up to a minute late, the same in every run. */
function jitter(minute: number): number {
  return Math.abs(Math.imul(minute + 7, 2_654_435_761) >> 8) % 55;
}

export async function record(course: Course, until: number): Promise<Recording> {
  const cadence = new Cadence(course, until);
  await cadence.run();
  return cadence.recording;
}

class Cadence {
  readonly recording: Recording;
  private readonly clock: MinuteClock;
  private readonly world: World;
  /** Aborts when the process dies that writes. */
  private process = new AbortController();
  private latencyUntil = -Infinity;
  private waitingForCopySince: number | null = null;

  constructor(
    private readonly course: Course,
    private readonly until: number,
  ) {
    this.recording = new Recording(CHAIN, course.chainFormat === 'links');
    const from = course.from ?? HISTORY;
    this.clock = new MinuteClock(from, (minute) => this.pass(minute));
    this.world = new World(this.clock, from, course);
  }

  async run(): Promise<void> {
    for (let minute = this.clock.minute; minute < this.until; minute = this.clock.minute) {
      if (!this.writes(minute)) await this.clock.nextMinute();
      else if (this.course.mode === 'scheduled') await this.start(minute);
      else await this.serve();
    }
  }

  private writes(minute: number): boolean {
    if (this.course.mode === 'scheduled' && minute % 5 !== 0) return false;
    return minute < this.until && (this.course.writerRuns?.(minute) ?? true);
  }

  /** The daemon, until it is killed. */
  private async serve(): Promise<void> {
    this.process = new AbortController();
    const service = new Service({
      anchorer: new CourseAnchorer(this.world),
      clock: this.clock,
      sink: this.sink(this.process.signal),
      verify: () => Promise.reject(new Error('it does not verify')),
      verifyIntervalMinutes: 0,
      verifyFullIntervalHours: 24,
      intervalMinutes: this.course.intervalMinutes ?? 60,
      pollSeconds: 30,
    });
    await service.run(this.process.signal);
  }

  /** One scheduled run. */
  private async start(minute: number): Promise<void> {
    const { signal } = new AbortController();
    const sink = this.sink(signal);
    await this.clock.sleep(jitter(minute) * 1000);
    try {
      const anchorer = new CourseAnchorer(this.world);
      const failed = (seen: Gauges): void => sink.gauges(seen);
      const outcome = await anchorCommand(anchorer, 'bucket', {
        force: false,
        clock: this.clock,
        signal,
        failed,
      });
      outcome.tell?.(sink);
    } catch (error) {
      sink.anchorFailed(error as Failure);
    }
    await this.clock.nextMinute();
  }

  /** What the process says goes into its metrics, for as long as it lives. */
  private sink(signal: AbortSignal): ServiceSink {
    const emit = (say: Parameters<Recording['emit']>[1]): void => {
      if (!signal.aborted) this.recording.emit(this.clock.now() / 1000, say);
    };
    return {
      anchored: (outcome) => {
        emit((metrics) => metrics.anchored(outcome));
        if (outcome.kind === 'written') this.waitingForCopySince ??= this.clock.now() / 1000;
      },
      anchorFailed: (failure) => emit((metrics) => metrics.anchorFailed(failure)),
      gauges: (values) => emit((metrics) => metrics.gauges(values)),
      verified: () => undefined,
      verificationFailed: () => undefined,
    };
  }

  /** Everything else that happened in a minute that is over. */
  private pass(minute: number): void {
    if (this.course.verifierRuns?.(minute) ?? true) this.verify(minute);
    this.replicate(minute);
    if (this.course.deadLetters) {
      const queued = this.course.deadLetters(minute);
      const dimensions = { QueueName: QUEUE };
      const name = 'ApproximateNumberOfMessagesVisible';
      this.recording.add(minute * 60, 'AWS/SQS', name, dimensions, queued);
    }
    if (this.course.mode !== 'scheduled' && !this.writes(minute + 1)) this.process.abort();
  }

  private verify(minute: number): void {
    const day = ((minute % DAY) + DAY) % DAY;
    const scope = day === 240 ? 'full' : day % 60 === 7 ? 'latest' : undefined;
    if (!scope) return;
    const at = minute * 60 + jitter(minute);
    const verdict = this.course.verdict?.(minute, scope) ?? 'verified';
    if (verdict === 'broke off') {
      this.recording.brokeOff(at, scope);
      return;
    }
    this.recording.verified(at, this.report(verdict, scope));
    this.recording.gauges(at, gaugesOf(this.world.newest, null, at * 1000));
  }

  private report(verdict: Exclude<Verdict, 'broke off'>, scope: 'latest' | 'full'): VerificationReport {
    const place = { kind: 'database' } as const;
    const unread = finding({ code: 'DATABASE_UNREADABLE', place, message: 'no database' });
    const byDesign = finding({ code: 'CONTENTS_NOT_EVALUATED', place, message: 'not recomputed' });
    const foreign = this.course.chainFormat === 'links';
    switch (verdict) {
      case 'tampered':
        return { ...reportOf('tampered', scope), findings: [truncated(1), ...(foreign ? [byDesign] : [])] };
      case 'not evaluated':
        // A database that was not read has no contents either.
        return { ...reportOf('not evaluated', scope), findings: [unread] };
      case 'verified':
        return foreign
          ? { ...reportOf('not evaluated', scope), findings: [byDesign] }
          : reportOf('verified', scope);
    }
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

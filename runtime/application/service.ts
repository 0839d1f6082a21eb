import { AuditAnchorError } from '../errors';
import { nextGridTime } from '../domain/cadence';
import type { VerificationReport } from '../domain/findings/report';
import type { Anchorer, AnchorOutcome } from './anchorer';
import type { Clock } from './ports';
import type { VerifyScope } from './verify/scope';

/** Where the daemon tells what it does. Implementations must not throw. */
export interface ServiceSink {
  anchored(outcome: AnchorOutcome): void;
  anchorFailed(error: AuditAnchorError): void;
  verified(report: VerificationReport): void;
  verificationFailed(error: AuditAnchorError): void;
  /** About once a minute. Age of the newest anchor in seconds; null while there is none. */
  gauges(values: {
    readonly anchorAgeSeconds: number | null;
    readonly unanchoredEvents: number | null;
  }): void;
}

export interface ServiceOptions {
  readonly anchorer: Anchorer;
  readonly verify: (scope: VerifyScope, signal: AbortSignal) => Promise<VerificationReport>;
  readonly clock: Clock;
  readonly sink: ServiceSink;
  readonly intervalMinutes: number;
  readonly pollSeconds: number;
  /** 0 switches verification off. */
  readonly verifyIntervalMinutes: number;
  readonly verifyFullIntervalHours: number;
}

/** What the health endpoints show. */
export interface ServiceState {
  /** When the loop last came round, milliseconds since 1970. */
  readonly lastTick: number;
  /** Why anchors cannot be written at the moment; null when they can. */
  readonly anchorProblem: string | null;
  readonly newestAnchor: {
    readonly key: string;
    readonly anchorSeq: number;
    readonly lastSeq: number;
    readonly ageSeconds: number;
  } | null;
  readonly lastVerification: { readonly verdict: string; readonly at: string } | null;
}

export interface ServiceSummary {
  readonly anchorsWritten: number;
  readonly verifications: number;
  /** True when the last anchoring or verification found tampering. */
  readonly tampered: boolean;
  /** Why the last anchor on the way out could not be written; null when none was needed or it was. */
  readonly shutdownProblem: string | null;
}

const GAUGE_MILLIS = 60_000;
const MAX_BACKOFF_MILLIS = 60_000;
/** ECS gives a stopping task 30 s by default; the last anchor has to be written before. */
const SHUTDOWN_MILLIS = 25_000;

/**
 * The daemon: anchors when a trigger is due, verifies on its own grid beside that, and writes a last anchor when it
 * is asked to stop. One failure never ends it.
 */
export class Service {
  private lastTick: number;
  private lastGauge = 0;
  private failures = 0;
  private looked = false;
  private anchorProblem: string | null = null;
  private refused = false;
  private anchorsWritten = 0;
  private verifications = 0;
  private lastReport: VerificationReport | null = null;
  private unanchored: number | null = null;
  private running: Promise<void> | null = null;
  private lastVerify: number | null = null;
  private lastFull: number | null = null;
  private defect: unknown = null;

  constructor(private readonly options: ServiceOptions) {
    this.lastTick = options.clock.now();
  }

  /** Runs until `signal` aborts; then finishes what is under way and writes the last anchor. */
  async run(signal: AbortSignal): Promise<ServiceSummary> {
    while (!signal.aborted) {
      if (this.defect !== null) throw this.defect as Error;
      this.lastTick = this.options.clock.now();
      await this.anchorIfDue(signal);
      this.verifyIfDue(signal);
      this.emitGauges();
      if (!signal.aborted) await this.options.clock.sleep(this.pause(), signal);
    }
    await this.running;
    const shutdownProblem = await this.lastAnchor();
    const tampered = this.refused || this.lastReport?.verdict === 'tampered';
    return {
      anchorsWritten: this.anchorsWritten,
      verifications: this.verifications,
      tampered,
      shutdownProblem,
    };
  }

  get state(): ServiceState {
    const newest = this.options.anchorer.newestKnown;
    return {
      lastTick: this.lastTick,
      anchorProblem: this.anchorProblem,
      newestAnchor: newest && {
        key: newest.key,
        anchorSeq: newest.anchorSeq,
        lastSeq: newest.lastSeq,
        ageSeconds: this.age(newest.seconds),
      },
      lastVerification: this.lastReport && {
        verdict: this.lastReport.verdict,
        at: this.lastReport.finishedAt,
      },
    };
  }

  private age(seconds: number): number {
    return Math.max(0, Math.floor(this.options.clock.now() / 1000) - seconds);
  }

  private async anchorIfDue(signal: AbortSignal): Promise<void> {
    try {
      const { anchorer } = this.options;
      // The first look also reads the newest anchor, which `isDue` relies on.
      if (!this.looked || this.refused || (await anchorer.isDue()))
        this.note(await anchorer.anchor({ signal }));
      this.looked = true;
      this.failures = 0;
      if (!this.refused) this.anchorProblem = null;
    } catch (error) {
      if (signal.aborted) return;
      this.fail(error);
    }
  }

  private note(outcome: AnchorOutcome): void {
    const refusedBefore = this.refused;
    this.refused = outcome.kind === 'refused';
    this.unanchored = outcome.kind === 'not due' ? outcome.unanchored : outcome.kind === 'written' ? 0 : null;
    if (outcome.kind === 'written') this.anchorsWritten += 1;
    if (outcome.kind === 'refused') {
      this.anchorProblem = outcome.findings[0]?.message ?? 'refused';
      this.failures += 1;
      if (refusedBefore) return;
    }
    if (outcome.kind !== 'not due') this.options.sink.anchored(outcome);
  }

  private fail(error: unknown): void {
    // A defect of this program must not look like trouble with S3.
    if (!(error instanceof AuditAnchorError)) throw error;
    this.failures += 1;
    this.anchorProblem = error.message;
    this.options.sink.anchorFailed(error);
  }

  /** Until the next look: the poll interval, sooner at the next full step of the grid, later after failures. */
  private pause(): number {
    const { clock, pollSeconds, intervalMinutes } = this.options;
    const now = clock.now();
    if (this.failures > 0)
      return Math.min(pollSeconds * 1000 * 2 ** Math.min(this.failures, 10), MAX_BACKOFF_MILLIS);
    const grid = nextGridTime(Math.floor(now / 1000), intervalMinutes) * 1000 - now;
    return Math.max(1, Math.min(pollSeconds * 1000, grid));
  }

  private verifyIfDue(signal: AbortSignal): void {
    const { clock, verifyIntervalMinutes, verifyFullIntervalHours } = this.options;
    if (verifyIntervalMinutes === 0 || this.running) return;
    const now = clock.now();
    const step = Math.floor(now / (verifyIntervalMinutes * 60_000));
    if (this.lastVerify === step) return;
    this.lastVerify = step;
    // Nothing is remembered over a restart, so the first one is a full one.
    const full = this.lastFull === null || now - this.lastFull >= verifyFullIntervalHours * 3_600_000;
    if (full) this.lastFull = now;
    this.running = this.verify({ kind: full ? 'full' : 'latest' }, signal).finally(() => {
      this.running = null;
    });
  }

  /** Beside anchoring: a long verification never delays an anchor. */
  private async verify(scope: VerifyScope, signal: AbortSignal): Promise<void> {
    try {
      const report = await this.options.verify(scope, signal);
      this.verifications += 1;
      this.lastReport = report;
      this.options.sink.verified(report);
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof AuditAnchorError) this.options.sink.verificationFailed(error);
      // Nobody awaits this promise while the loop runs: the loop raises it.
      else this.defect = error;
    }
  }

  private emitGauges(): void {
    const now = this.options.clock.now();
    if (now - this.lastGauge < GAUGE_MILLIS) return;
    this.lastGauge = now;
    const newest = this.options.anchorer.newestKnown;
    this.options.sink.gauges({
      anchorAgeSeconds: newest ? this.age(newest.seconds) : null,
      unanchoredEvents: this.unanchored,
    });
  }

  private async lastAnchor(): Promise<string | null> {
    try {
      const signal = AbortSignal.timeout(SHUTDOWN_MILLIS);
      this.note(await this.options.anchorer.anchor({ force: 'shutdown', signal }));
      return this.refused ? this.anchorProblem : null;
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      if (error instanceof AuditAnchorError) this.options.sink.anchorFailed(error);
      return problem;
    }
  }
}

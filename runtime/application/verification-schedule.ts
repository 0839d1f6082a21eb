import { AuditAnchorError } from '../errors';
import type { VerificationReport } from '../domain/findings/report';
import type { Failure } from './failure';
import { isInterruption } from './interruption';
import type { Clock } from './ports';
import { RefusedLogin } from './refused-login';
import type { VerifyScope } from './verify/scope';

const MINUTE_MILLIS = 60_000;
const HOUR_MILLIS = 3_600_000;

/** What is verified how often. */
export interface VerificationScheduleOptions {
  readonly verify: (scope: VerifyScope, signal: AbortSignal) => Promise<VerificationReport>;
  readonly clock: Clock;
  /** Minutes between two verifications of the newest anchor, on the wall-clock grid; 0 for none at all. */
  readonly verifyIntervalMinutes: number;
  /** Hours after which one of them is a full one. */
  readonly verifyFullIntervalHours: number;
  /** Where reports and failures go. Must not throw. */
  readonly sink: {
    verified(report: VerificationReport): void;
    verificationFailed(failure: Failure, scope: VerificationReport['scope'] | null): void;
  };
}

/** Verifies on its own grid, beside anchoring: one verification at a time, which never delays an anchor. */
export class VerificationSchedule {
  private running: Promise<void> | null = null;
  private lastStep: number | null = null;
  private lastFull: number | null = null;
  private done = 0;
  private report: VerificationReport | null = null;
  private defect: unknown = null;
  private readonly login = new RefusedLogin();

  constructor(private readonly options: VerificationScheduleOptions) {}

  /** Verifications that came to a report. */
  get count(): number {
    return this.done;
  }

  get lastReport(): VerificationReport | null {
    return this.report;
  }

  /** Since when the login of verifications is refused, milliseconds since 1970; null while it is not. */
  get loginRefusedSince(): number | null {
    return this.login.since;
  }

  /**
   * Starts a verification if one is due; does not wait for it.
   * @throws whatever a verification before threw that is no error of the outside world
   */
  tick(signal: AbortSignal): void {
    this.raiseDefect();
    const { clock, verifyIntervalMinutes, verifyFullIntervalHours } = this.options;
    if (verifyIntervalMinutes === 0 || this.running) return;
    const now = clock.now();
    const step = Math.floor(now / (verifyIntervalMinutes * MINUTE_MILLIS));
    if (this.lastStep === step) return;
    this.lastStep = step;
    // Nothing is remembered over a restart, so the first one is a full one.
    const full = this.lastFull === null || now - this.lastFull >= verifyFullIntervalHours * HOUR_MILLIS;
    this.running = this.run(full, now, signal).finally(() => {
      this.running = null;
    });
  }

  /** Waits for the verification under way. */
  async settle(): Promise<void> {
    await this.running;
  }

  /** Nobody awaits a verification while the loop turns, so the loop asks for what went wrong inside of it. */
  raiseDefect(): void {
    if (this.defect !== null) throw this.defect as Error;
  }

  private async run(full: boolean, started: number, signal: AbortSignal): Promise<void> {
    const { verify, sink } = this.options;
    const scope = full ? 'full' : 'latest';
    try {
      this.report = await verify({ kind: scope }, signal);
      this.done += 1;
      this.login.accepted();
      // Only now: a full one that failed is tried again at the next step.
      if (full) this.lastFull = started;
      sink.verified(this.report);
    } catch (error) {
      if (isInterruption(error, signal)) return;
      if (!(error instanceof AuditAnchorError)) {
        this.defect = error;
        return;
      }
      this.login.failed(error, started);
      sink.verificationFailed(error, scope);
    }
  }
}

import { AuditAnchorError, UnavailableError } from '../errors';
import { nextGridTime } from '../domain/cadence';
import type { Finding } from '../domain/findings/finding';
import type { VerificationReport } from '../domain/findings/report';
import type { Anchorer } from './anchorer';
import type { AnchoringSeen, AnchorOutcome, AnchorRequest, BusyOutcome, WrittenAnchor } from './anchoring';
import type { Failure } from './failure';
import type { Gauges } from './gauges';
import { ageSeconds, gaugesOf } from './gauges';
import { isInterruption, unlessAborted } from './interruption';
import type { KnownAnchor } from '../domain/anchor/known-anchor';
import { RefusedLogin } from './refused-login';
import { VerificationSchedule } from './verification-schedule';
import type { VerificationScheduleOptions } from './verification-schedule';

/** Where the program tells what it does. Implementations must not throw. */
export interface ServiceSink {
  /**
   * Every attempt that came to an end.
   * @param repeated true for a refusal with the same findings as the one before
   */
  anchored(outcome: AnchorOutcome | BusyOutcome, repeated?: boolean): void;
  anchorFailed(failure: Failure): void;
  verified(report: VerificationReport): void;
  /** @param scope what was to be verified; null when not even that is known */
  verificationFailed(failure: Failure, scope: VerificationReport['scope'] | null): void;
  /** About once a minute, and when the daemon starts. */
  gauges(values: Gauges): void;
}

/** What the daemon works with, and how often. */
export interface ServiceOptions extends VerificationScheduleOptions {
  readonly anchorer: Pick<Anchorer, 'anchor' | 'pending'>;
  readonly sink: ServiceSink;
  readonly intervalMinutes: number;
  /** Seconds between two looks at the head of the chain. */
  readonly pollSeconds: number;
  /**
   * Milliseconds from the request to stop until the last anchor has to be written. Orchestrators kill a task that does
   * not stop: ECS after 30 s, or after the 90 s of the task definition here.
   *
   * @default 25,000
   */
  readonly lastAnchorMillis?: number;
}

/** What the health endpoints show. */
export interface ServiceState {
  /** When the loop last came round, milliseconds since 1970. */
  readonly lastTick: number;
  /** Why anchors cannot be written at the moment; null when they can. */
  readonly anchorProblem: string | null;
  /** Since when PostgreSQL or S3 refuses the login, milliseconds since 1970; null while neither does. */
  readonly loginRefusedSince: number | null;
  readonly newestAnchor: {
    readonly key: string;
    readonly anchorSeq: number;
    readonly lastSeq: number;
    readonly ageSeconds: number;
  } | null;
  readonly lastVerification: { readonly verdict: string; readonly at: string } | null;
}

/** What the daemon has done when it stops. */
export interface ServiceSummary {
  readonly anchorsWritten: number;
  readonly verifications: number;
  /** True when the last anchoring or the last verification found tampering, or any anchoring a fork. */
  readonly tampered: boolean;
  /** Why the last anchor on the way out could not be written; null when none was needed or it was. */
  readonly shutdownProblem: string | null;
}

const GAUGE_MILLIS = 60_000;
const MAX_BACKOFF_MILLIS = 60_000;
const DEFAULT_LAST_ANCHOR_MILLIS = 25_000;
/** What a last anchor that is given up may take to say what became of it; a database is told to cancel meanwhile. */
const GIVE_UP_MILLIS = 2_000;

/**
 * The daemon: anchors when a trigger is due, verifies on its own grid beside that, and writes a last anchor when it
 * is asked to stop. One failure never ends it.
 */
export class Service {
  private readonly verification: VerificationSchedule;
  private readonly login = new RefusedLogin();
  private lastTick: number;
  private lastGauge: number | null = null;
  private failures = 0;
  private looked = false;
  private anchorProblem: string | null = null;
  /** Findings of the last attempt, when it was refused. */
  private refused: readonly Finding[] | null = null;
  /** Anchoring goes on after it. */
  private noticedTampering = false;
  private anchorsWritten = 0;
  private newest: KnownAnchor | null = null;
  /** Null when the last look could not tell. */
  private unanchored: number | null = null;

  constructor(private readonly options: ServiceOptions) {
    this.verification = new VerificationSchedule(options);
    this.lastTick = options.clock.now();
  }

  /**
   * Runs until `signal` aborts; then gives up what is under way and writes the last anchor. Ends in time also when
   * bucket and database are silent.
   * @throws only what is a defect of this program: trouble with bucket or database goes to the sink
   */
  async run(signal: AbortSignal): Promise<ServiceSummary> {
    const { lastAnchorMillis = DEFAULT_LAST_ANCHOR_MILLIS } = this.options;
    const deadline = later(signal, lastAnchorMillis);
    const end = later(deadline, GIVE_UP_MILLIS);
    const work = unlessAborted(() => this.work(signal, deadline), end);
    const shutdownProblem = await work.catch((error: unknown) => {
      if (error !== deadline.reason && error !== end.reason) throw error;
      const late = `not done after ${lastAnchorMillis / 1000} s`;
      this.fail(new UnavailableError('INTERRUPTED', `the last anchor was ${late}`));
      return late;
    });
    this.verification.raiseDefect();
    const { count: verifications, lastReport } = this.verification;
    const contradicted = isTampering(this.refused ?? []);
    const tampered = contradicted || this.noticedTampering || lastReport?.verdict === 'tampered';
    return { anchorsWritten: this.anchorsWritten, verifications, tampered, shutdownProblem };
  }

  /** @returns why there are unanchored events left; null when there are none */
  private async work(signal: AbortSignal, deadline: AbortSignal): Promise<string | null> {
    while (!signal.aborted) {
      this.lastTick = this.options.clock.now();
      await this.anchorIfDue(signal);
      this.verification.tick(signal);
      this.emitGauges();
      if (!signal.aborted) await this.options.clock.sleep(this.pause(), signal);
    }
    await this.verification.settle();
    return this.lastAnchor(deadline);
  }

  get state(): ServiceState {
    const { newest } = this;
    const { lastReport } = this.verification;
    return {
      lastTick: this.lastTick,
      anchorProblem: this.anchorProblem,
      loginRefusedSince: this.login.since ?? this.verification.loginRefusedSince,
      newestAnchor: newest && {
        key: newest.key,
        anchorSeq: newest.anchorSeq,
        lastSeq: newest.lastSeq,
        ageSeconds: ageSeconds(newest, this.options.clock.now()),
      },
      lastVerification: lastReport && { verdict: lastReport.verdict, at: lastReport.finishedAt },
    };
  }

  private async anchorIfDue(signal: AbortSignal): Promise<void> {
    try {
      if (await this.shouldAnchor(signal)) await this.anchor({ signal });
      this.looked = true;
      this.login.accepted();
      if (!this.refused) this.succeed();
    } catch (error) {
      if (isInterruption(error, signal)) return;
      this.fail(error);
    }
  }

  private async shouldAnchor(signal: AbortSignal): Promise<boolean> {
    // What was known is of the look before.
    this.unanchored = null;
    // The first look also reads the newest anchor, which the next ones rely on.
    if (!this.looked) return true;
    const { trigger, unanchored } = await this.options.anchorer.pending(signal);
    this.unanchored = unanchored;
    return trigger !== null || this.refused !== null;
  }

  private async anchor(request: AnchorRequest): Promise<void> {
    // To verify a long range before its anchor is no standstill, and must not look like one.
    const onProgress = (): void => {
      this.lastTick = this.options.clock.now();
      // Before the first look came to its end too little is known.
      if (this.looked) this.emitGauges();
    };
    const onBacklog = (written: WrittenAnchor): void => {
      this.anchorsWritten += 1;
      this.noticedTampering ||= isTampering(written.findings ?? []);
      this.options.sink.anchored(written);
    };
    // An attempt that fails or is refused has mostly seen all the same how many events wait.
    const onSeen = ({ newest, unanchored }: AnchoringSeen): void => {
      this.newest = newest;
      this.unanchored = unanchored ?? this.unanchored;
    };
    const outcome = await this.options.anchorer.anchor({ ...request, onProgress, onSeen, onBacklog });
    if (outcome.kind !== 'refused') this.noticedTampering ||= isTampering(outcome.findings ?? []);
    const before = this.refused;
    this.refused = outcome.kind === 'refused' ? outcome.findings : null;
    if (outcome.kind === 'written') this.anchorsWritten += 1;
    if (outcome.kind === 'refused') {
      this.failures += 1;
      this.anchorProblem = outcome.findings[0]?.message ?? 'refused';
    }
    const { refused } = this;
    const repeated = before !== null && refused !== null && codesOf(before) === codesOf(refused);
    this.options.sink.anchored(outcome, repeated);
  }

  private succeed(): void {
    this.failures = 0;
    this.anchorProblem = null;
  }

  private fail(error: unknown): void {
    // A defect of this program must not look like trouble with S3.
    if (!(error instanceof AuditAnchorError)) throw error;
    this.failures += 1;
    this.anchorProblem = error.message;
    this.login.failed(error, this.options.clock.now());
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

  private emitGauges(): void {
    const now = this.options.clock.now();
    if (this.lastGauge !== null && now - this.lastGauge < GAUGE_MILLIS) return;
    this.lastGauge = now;
    this.options.sink.gauges(gaugesOf(this.newest, this.unanchored, now));
  }

  private async lastAnchor(deadline: AbortSignal): Promise<string | null> {
    try {
      await this.anchor({ force: 'shutdown', signal: deadline });
      return this.refused ? this.anchorProblem : null;
    } catch (error) {
      if (!(error instanceof AuditAnchorError)) throw error;
      this.fail(error);
      return error.message;
    }
  }
}

/** Aborts so long after `signal` did; does not keep the process alive for it. */
function later(signal: AbortSignal, millis: number): AbortSignal {
  const late = new AbortController();
  const wait = (): void =>
    AbortSignal.timeout(millis).addEventListener('abort', () => late.abort(), { once: true });
  if (signal.aborted) wait();
  else signal.addEventListener('abort', wait, { once: true });
  return late.signal;
}

function isTampering(findings: readonly Finding[]): boolean {
  return findings.some(({ severity }) => severity === 'tampering');
}

function codesOf(findings: readonly Finding[]): string {
  return findings.map(({ code }) => code).join();
}

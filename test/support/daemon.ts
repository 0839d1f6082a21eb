import { DEFAULT_COLUMN_LIST } from '../../runtime/domain/chain/columns';
import type { Anchorer } from '../../runtime/application/anchorer';
import type { AnchorOutcome, AnchorRequest, Pending } from '../../runtime/application/anchoring';
import type { Gauges } from '../../runtime/application/gauges';
import type { KnownAnchor } from '../../runtime/domain/anchor/known-anchor';
import type { ServiceOptions, ServiceSummary } from '../../runtime/application/service';
import { Service } from '../../runtime/application/service';
import type { Trigger } from '../../runtime/domain/anchor/anchor';
import type { CadencePolicy } from '../../runtime/domain/cadence';
import { dueTrigger, nextGridTime, unanchoredEvents } from '../../runtime/domain/cadence';
import { finding } from '../../runtime/domain/findings/finding';
import type { Finding } from '../../runtime/domain/findings/finding';
import type { VerificationReport } from '../../runtime/domain/findings/report';
import type { Verdict } from '../../runtime/domain/findings/verdict';
import { UnavailableError } from '../../runtime/errors';
import { SettableClock } from './settable-clock';

const START = '2030-01-15T14:00:00Z';

/** A clock with a plan: what is due while somebody sleeps happens at its time, before they wake. */
export class PlannedClock extends SettableClock {
  private plan: { readonly at: number; readonly act: () => void }[] = [];

  at(iso: string, act: () => void): void {
    this.plan = [...this.plan, { at: Date.parse(iso), act }].sort((a, b) => a.at - b.at);
  }

  override async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    const wake = this.now() + ms;
    for (let [next] = this.plan; next && next.at <= wake && !signal?.aborted; [next] = this.plan) {
      this.plan.shift();
      this.advance(Math.max(0, next.at - this.now()));
      next.act();
    }
    await super.sleep(Math.max(0, wake - this.now()), signal);
  }
}

/** Anchors a chain of numbers, by the real rules of the cadence; fails or refuses on demand. */
export class FakeAnchorer implements Pick<Anchorer, 'anchor' | 'pending'> {
  newest: KnownAnchor | null = null;
  head = { index: 10, hash: 'a'.repeat(64), keyId: 'k1' };
  /** Thrown by the next attempts, one each. */
  failures: Error[] = [];
  /** Attempts end like this while it is set. */
  refusal: readonly Finding[] | null = null;
  /** Days that anchors are locked for; null when S3 does not show it. */
  lockedForDays: number | null = null;
  /** Every look fails while it is set. */
  unreachable = false;
  attempts = 0;
  readonly written: { readonly trigger: Trigger; readonly time: string; readonly lastSeq: number }[] = [];

  constructor(
    private readonly clock: SettableClock,
    private readonly policy: CadencePolicy,
  ) {}

  pending(): Promise<Pending> {
    if (this.unreachable) return Promise.reject(new UnavailableError('DB_UNREACHABLE', 'no database'));
    return Promise.resolve({ trigger: this.due(), unanchored: unanchoredEvents(this.state()) });
  }

  anchor(request: AnchorRequest = {}): Promise<AnchorOutcome> {
    this.attempts += 1;
    const failure = this.failures.shift();
    if (failure) return Promise.reject(failure);
    const unanchored = unanchoredEvents(this.state());
    this.tell(request, unanchored);
    if (this.refusal) return Promise.resolve({ kind: 'refused', findings: this.refusal });
    const trigger = this.due() ?? (request.force === 'shutdown' && unanchored > 0 ? 'shutdown' : null);
    if (trigger === null) {
      const nextInterval = nextGridTime(this.state().now, this.policy.intervalMinutes) * 1000;
      return Promise.resolve({ kind: 'not due', nextInterval, unanchored });
    }
    const written = this.write(trigger);
    this.tell(request, 0);
    return Promise.resolve(written);
  }

  /** What an attempt has seen, which the real one tells whatever becomes of it. */
  protected tell({ onSeen }: AnchorRequest, unanchored: number | null): void {
    onSeen?.({ newest: this.newest, unanchored });
  }

  private state(): Parameters<typeof dueTrigger>[1] {
    return { now: Math.floor(this.clock.now() / 1000), newest: this.newest, head: this.head };
  }

  private due(): Trigger | null {
    return dueTrigger(this.policy, this.state());
  }

  private write(trigger: Trigger): AnchorOutcome {
    const { now, newest } = this.state();
    const time = new Date(now * 1000).toISOString().slice(11, 19);
    const { index: lastSeq, hash: lastHash, keyId } = this.head;
    this.written.push({ trigger, time, lastSeq });
    const anchorSeq = this.written.length;
    const place = { key: `anchor-${anchorSeq}`, versionId: `v${anchorSeq}` };
    const origin = { chainFormat: null, columns: null, systemId: null, timeline: null, lsn: null };
    const days = this.lockedForDays;
    const retainUntil = days === null ? null : (now + days * 86_400) * 1000;
    this.newest = {
      ...place,
      ...origin,
      retainUntil,
      seconds: now,
      hash: lastHash,
      anchorSeq,
      lastSeq,
      lastHash,
      keyId,
    };
    const body = {
      chain_id: 'production',
      last_seq: lastSeq,
      last_hash: lastHash,
      ts_utc: `2030-01-15T${time}Z`,
      prev_anchor_hash: lastHash,
      format: 1,
      anchor_seq: anchorSeq,
      first_seq: (newest?.lastSeq ?? 0) + 1,
      events: lastSeq - (newest?.lastSeq ?? 0),
      merkle_root: lastHash,
      faults: 0,
      chain_format: 'v1',
      columns: DEFAULT_COLUMN_LIST,
      key_id: keyId,
      trigger,
      db_snapshot_lsn: null,
      db_system_id: null,
      db_timeline: null,
      leaves_sha256: null,
      declared: null,
    } as const;
    return {
      kind: 'written',
      anchor: body,
      trigger,
      ...place,
      retainUntil: 0,
      alreadyStored: false,
      durationMs: 0,
    };
  }
}

export function reportOf(verdict: Verdict, scope: 'full' | 'latest' = 'full'): VerificationReport {
  const coverage = { anchors: 1, anchorsRead: 1, events: 12, eventsRecomputed: 12 };
  return { verdict, scope, finishedAt: START, findings: [], coverage } as unknown as VerificationReport;
}

export function truncated(from: number): Finding {
  return finding({ code: 'CHAIN_TRUNCATED', place: { kind: 'events', from, to: from }, message: 'cut off' });
}

/** A daemon on fakes, from 14:00 on, and what it told. */
export class Daemon {
  readonly clock = new PlannedClock(START);
  readonly anchorer: FakeAnchorer;
  readonly service: Service;
  readonly told: string[] = [];
  readonly gauges: Gauges[] = [];
  readonly verifications: { readonly kind: string; readonly time: string }[] = [];
  verify: (kind: string, signal: AbortSignal) => Promise<VerificationReport> = () =>
    Promise.resolve(reportOf('verified'));
  private readonly stop = new AbortController();

  constructor(options: Partial<ServiceOptions> & Partial<CadencePolicy> = {}) {
    const { intervalMinutes = 60, eventThreshold = 100 } = options;
    this.anchorer = new FakeAnchorer(this.clock, { intervalMinutes, eventThreshold });
    this.service = new Service({
      anchorer: this.anchorer,
      clock: this.clock,
      verify: (scope, signal) => {
        this.verifications.push({ kind: scope.kind, time: this.time() });
        return this.verify(scope.kind, signal);
      },
      sink: {
        anchored: ({ kind }, repeated) => this.told.push(repeated ? `${kind} again` : kind),
        anchorFailed: ({ code }) => this.told.push(code),
        verified: ({ verdict }) => this.told.push(verdict),
        verificationFailed: ({ code }) => this.told.push(`verification: ${code}`),
        gauges: (values) => this.gauges.push(values),
      },
      intervalMinutes,
      pollSeconds: 5,
      verifyIntervalMinutes: 0,
      verifyFullIntervalHours: 24,
      ...options,
    });
  }

  time(): string {
    return new Date(this.clock.now()).toISOString().slice(11, 19);
  }

  at(time: string, act: () => void): this {
    this.clock.at(`2030-01-15T${time}Z`, act);
    return this;
  }

  /** Runs until it is asked to stop at a time of that day. */
  until(time: string): Promise<ServiceSummary> {
    this.at(time, () => this.stop.abort());
    return this.service.run(this.stop.signal);
  }
}

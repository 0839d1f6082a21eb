import type { AnchorOutcome, BusyOutcome } from '../../application/anchoring';
import type { Failure } from '../../application/failure';
import type { Gauges } from '../../application/gauges';
import { DIMENSIONS, EXIT, METRICS, SEVERITIES } from '../../contract';
import type { Anchor } from '../../domain/anchor/anchor';
import type { Finding, FindingCode, Severity } from '../../domain/findings/finding';
import type { VerificationReport } from '../../domain/findings/report';
import type { MetricGroup, MetricValue } from './emf';
import { emfLine } from './emf';
import { causeOf } from './failure-cause';

type Scope = VerificationReport['scope'];

const CHAIN = [DIMENSIONS.chainId];
const CHAIN_AND_CAUSE = [DIMENSIONS.chainId, DIMENSIONS.cause];
const CHAIN_AND_SCOPE = [DIMENSIONS.chainId, DIMENSIONS.scope];
const CHAIN_AND_SEVERITY = [DIMENSIONS.chainId, DIMENSIONS.severity];
const CHAIN_SEVERITY_AND_SCOPE = [DIMENSIONS.chainId, DIMENSIONS.severity, DIMENSIONS.scope];

const [TAMPERING, UNPROVEN] = SEVERITIES;
/** Every verification of a foreign chain finds it, so it says nothing. */
const BY_DESIGN: FindingCode = 'CONTENTS_NOT_EVALUATED';

const RESULTS = { verified: EXIT.ok, tampered: EXIT.tampered, 'not evaluated': EXIT.notEvaluated } as const;

function count(name: string, value: number): MetricValue {
  return { name, unit: 'Count', value };
}

function newAnchor({ first_seq, last_seq }: Anchor): MetricValue[] {
  return [count(METRICS.anchorsWritten, 1), count(METRICS.anchoredEvents, last_seq - first_seq + 1)];
}

function of(severity: Severity, findings: readonly Finding[]): number {
  return findings.filter((each) => each.severity === severity && each.code !== BY_DESIGN).length;
}

/** Turns what happened into the metrics of the contract. */
export class Metrics {
  /**
   * @param now milliseconds since 1970
   * @param write takes one line, without its end
   * @param foreign whether the contents of the chain cannot be recomputed (`AUDIT_CHAIN_FORMAT` `links`)
   */
  constructor(
    private readonly chainId: string,
    private readonly now: () => number,
    private readonly write: (line: string) => void,
    private readonly foreign = false,
  ) {}

  /** One attempt to anchor that came to an end. */
  anchored(outcome: AnchorOutcome | BusyOutcome): void {
    const written = outcome.kind === 'written' ? newAnchor(outcome.anchor) : [];
    const failures = count(METRICS.anchorFailures, outcome.kind === 'refused' ? 1 : 0);
    this.emit([{ dimensions: [CHAIN], metrics: [...written, failures] }]);
    const tampering = outcome.kind === 'busy' ? 0 : of(TAMPERING, outcome.findings ?? []);
    // Of an attempt without it nothing is told: it looks at less than a verification, which it must not call off.
    if (tampering > 0) this.found(TAMPERING, tampering, null);
  }

  anchorFailed({ code }: Pick<Failure, 'code'>): void {
    const cause = causeOf(code);
    const dimensions = cause === null ? [CHAIN] : [CHAIN, CHAIN_AND_CAUSE];
    const metrics = [count(METRICS.anchorFailures, 1)];
    this.emit([{ dimensions, metrics }], cause === null ? {} : { [DIMENSIONS.cause]: cause });
  }

  verified({ verdict, scope, coverage, findings }: VerificationReport): void {
    const events = count(METRICS.verifiedEvents, coverage.events);
    this.emit([this.result(RESULTS[verdict], scope), { dimensions: [CHAIN], metrics: [events] }], {
      [DIMENSIONS.scope]: scope,
    });
    // A line has one value for each dimension, so every severity needs its own.
    for (const severity of SEVERITIES) {
      this.found(severity, of(severity, findings), scope);
    }
  }

  /** @param scope null when the command line did not say what to verify */
  verificationFailed(scope: Scope | null): void {
    this.emit([this.result(EXIT.notEvaluated, scope)], scope === null ? {} : { [DIMENSIONS.scope]: scope });
    // The result is that of a sound foreign chain, so this alone tells that nothing was looked at.
    if (this.foreign) this.found(UNPROVEN, 1, scope);
  }

  /** What is null is not known, and no value is better than a wrong one. */
  gauges({ anchorAgeSeconds, unanchoredEvents, retentionDaysLeft }: Gauges): void {
    const metrics: MetricValue[] = [];
    if (anchorAgeSeconds !== null)
      metrics.push({ name: METRICS.anchorAgeSeconds, unit: 'Seconds', value: anchorAgeSeconds });
    if (unanchoredEvents !== null) metrics.push(count(METRICS.unanchoredEvents, unanchoredEvents));
    if (retentionDaysLeft !== null)
      metrics.push({ name: METRICS.retentionDaysLeft, unit: 'None', value: retentionDaysLeft });
    if (metrics.length > 0) this.emit([{ dimensions: [CHAIN], metrics }]);
  }

  private found(severity: Severity, found: number, scope: Scope | null): void {
    const scoped = this.foreign && severity === UNPROVEN && scope !== null;
    this.emit(
      [
        {
          dimensions: scoped ? [CHAIN_AND_SEVERITY, CHAIN_SEVERITY_AND_SCOPE] : [CHAIN_AND_SEVERITY],
          metrics: [count(METRICS.findingsBySeverity, found)],
        },
      ],
      { [DIMENSIONS.severity]: severity, ...(scoped ? { [DIMENSIONS.scope]: scope } : {}) },
    );
  }

  private result(value: number, scope: Scope | null): MetricGroup {
    const dimensions = scope === null ? [CHAIN] : [CHAIN, CHAIN_AND_SCOPE];
    return { dimensions, metrics: [{ name: METRICS.verificationResult, unit: 'None', value }] };
  }

  private emit(groups: readonly MetricGroup[], more: Readonly<Record<string, string>> = {}): void {
    this.write(emfLine(groups, { [DIMENSIONS.chainId]: this.chainId, ...more }, this.now()));
  }
}

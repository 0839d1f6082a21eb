import { LIMITS } from '../../runtime/contract';
import type { PropCheck } from '../validation';

/** What is known of the program that anchors where no task made here does. */
export interface GatewayOptions {
  /**
   * Whether it emits the metrics of the runtime, as `audit-anchor run` does, and `anchor` with `AUDIT_OUTPUT=log`, and
   * has its stdout in a log group of the bucket's account and region. Alarms then watch its chains.
   *
   * @default true - "no anchor" fires until there are metrics
   */
  readonly emitsMetrics?: boolean;

  /**
   * Minutes between interval anchors, 1 to 1,440: its `AUDIT_ANCHOR_INTERVAL_MINUTES`.
   *
   * @default 60
   */
  readonly intervalMinutes?: number;

  /**
   * Events that make an anchor due: its `AUDIT_ANCHOR_EVENT_THRESHOLD`.
   *
   * @default 10000
   */
  readonly eventThreshold?: number;
}

/** Faults of the options, under their own names. */
export function checkGateway(check: PropCheck, { intervalMinutes, eventThreshold }: GatewayOptions): void {
  const fix = 'give the value of the gateway';
  check
    .wholeNumber('intervalMinutes', intervalMinutes, LIMITS.intervalMinutes, 'minutes', fix)
    .wholeNumber('eventThreshold', eventThreshold, LIMITS.eventThreshold, 'events', fix);
}

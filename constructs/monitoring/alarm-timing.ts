import { Fn, Op, Token } from 'cdktf';
import { isUnknownAtSynth } from '../validation';

/**
 * Numbers of alarms that follow from settings. A setting may be a token; then Terraform does the sum.
 *
 * A period has to be a multiple of 60 seconds; all periods together may last a day, or seven days when one
 * lasts an hour or longer.
 */

const MINUTE = 60;
const HOUR = 60 * MINUTE;

/** Anchors may be missing for this long, whatever the interval: the source document's two hours. */
const SHORTEST_ANCHOR_GAP_SECONDS = 2 * HOUR;

/** Periods into which a silence is cut: CloudWatch is late by two or three periods, so they should be short. */
export const ANCHOR_GAP_PERIODS = 8;
export const LATEST_SILENCE_PERIODS = 12;
export const WRITER_SILENCE_PERIODS = 6;

/** A daily run that is late or takes longer than the day before is no fault yet. */
const FULL_GRACE_HOURS = 2;

/** Evidence that can be deleted in less than a month is about to be lost. */
const RETENTION_WARNING_DAYS = 30;

/** How long anchors may be missing: two hours, or two intervals when that is longer. */
export function anchorGapSeconds(intervalMinutes: number): number {
  return larger(SHORTEST_ANCHOR_GAP_SECONDS, times(intervalMinutes, 2 * MINUTE));
}

/** `ANCHOR_GAP_PERIODS` of these are the gap, rounded up to whole minutes. */
export function anchorGapPeriod(intervalMinutes: number): number {
  const minutes = roundedUpQuotient(intervalMinutes, ANCHOR_GAP_PERIODS / 2);
  return larger(SHORTEST_ANCHOR_GAP_SECONDS / ANCHOR_GAP_PERIODS, times(minutes, MINUTE));
}

/** `LATEST_SILENCE_PERIODS` of these are three intervals between verifications. */
export function latestSilencePeriod(verifyIntervalMinutes: number): number {
  return times(roundedUpQuotient(verifyIntervalMinutes, LATEST_SILENCE_PERIODS / 3), MINUTE);
}

/** Hours without a full verification that are too many. */
export function fullSilenceHours(verifyFullIntervalHours: number): number {
  return isUnknownAtSynth(verifyFullIntervalHours)
    ? Token.asNumber(Op.add(verifyFullIntervalHours, FULL_GRACE_HOURS))
    : verifyFullIntervalHours + FULL_GRACE_HOURS;
}

/** Days left of the newest anchor's lock that are too few: a month, or half of a shorter retention. */
export function fewestRetentionDays(retentionDays: number): number {
  return isUnknownAtSynth(retentionDays)
    ? Token.asNumber(Fn.min([RETENTION_WARNING_DAYS, Op.div(retentionDays, 2)]))
    : Math.min(RETENTION_WARNING_DAYS, retentionDays / 2);
}

/** A period that holds at least one value of a gauge that is written every so many minutes. */
export function gaugePeriod(everyMinutes: number): number {
  return larger(5 * MINUTE, times(everyMinutes, MINUTE));
}

export function times(value: number, factor: number): number {
  return isUnknownAtSynth(value) ? Token.asNumber(Op.mul(value, factor)) : value * factor;
}

export function larger(one: number, other: number): number {
  return isUnknownAtSynth(one) || isUnknownAtSynth(other)
    ? Token.asNumber(Fn.max([one, other]))
    : Math.max(one, other);
}

function roundedUpQuotient(value: number, divisor: number): number {
  return isUnknownAtSynth(value)
    ? Token.asNumber(Fn.ceil(Token.asNumber(Op.div(value, divisor))))
    : Math.ceil(value / divisor);
}

import { FormatError } from '../../errors';

/** Microseconds from 1970-01-01 to 2000-01-01, PostgreSQL's epoch. */
const POSTGRES_EPOCH_MICROS = 946_684_800_000_000n;
const POSTGRES_EPOCH_MILLIS = 946_684_800_000;
/** After so many years the calendar repeats; the milliseconds that they take. */
const CALENDAR_YEARS = 400;
const CALENDAR_MILLIS = 146_097 * 86_400_000;

/** PostgreSQL's int8 for `infinity` and `-infinity`; the chain format refuses both. */
export const TIMESTAMP_INFINITY = 0x7fff_ffff_ffff_ffffn;
export const TIMESTAMP_MINUS_INFINITY = -0x8000_0000_0000_0000n;

const TIMESTAMP =
  /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(Z|z|[+-]\d{2}(?::?\d{2})?)$/;

function invalid(text: string, why: string): FormatError {
  return new FormatError('VALUE_INVALID', `time "${text.slice(0, 64)}" ${why}`);
}

function offsetMinutes(text: string): number {
  if (text === 'Z' || text === 'z') return 0;
  const hours = Number(text.slice(1, 3));
  const minutes = Number(text.slice(3).replace(':', '') || '0');
  if (hours > 15 || minutes > 59) return Number.NaN;
  return (text.startsWith('-') ? -1 : 1) * (hours * 60 + minutes);
}

/**
 * Parses an ISO 8601 time with an offset into microseconds since 2000-01-01T00:00:00Z. Digits beyond
 * microseconds are cut off: what is stored is what is hashed.
 * @throws FormatError `VALUE_INVALID`
 */
export function parseTimestamp(text: string): bigint {
  const match = TIMESTAMP.exec(text);
  if (!match) throw invalid(text, 'is not ISO 8601 with an offset, such as 2025-01-15T14:00:00.123456Z');
  const year = Number(match[1]);
  const month = Number(match[2]);
  const day = Number(match[3]);
  const hour = Number(match[4]);
  const minute = Number(match[5]);
  const second = Number(match[6]);
  const offset = offsetMinutes(match[8] ?? 'Z');
  // Date.UTC takes the years 0 to 99 for those of the 20th century.
  const local = Date.UTC(year + CALENDAR_YEARS, month - 1, day, hour, minute, second);
  const exists =
    year >= 1 &&
    month >= 1 &&
    month <= 12 &&
    day >= 1 &&
    (day <= 28 || new Date(local).getUTCDate() === day) &&
    hour < 24 &&
    minute < 60 &&
    second < 60 &&
    !Number.isNaN(offset);
  if (!exists) throw invalid(text, 'does not exist in the calendar');
  const fraction = Number((match[7] ?? '').slice(0, 6).padEnd(6, '0'));
  return BigInt(local - CALENDAR_MILLIS - offset * 60_000 - POSTGRES_EPOCH_MILLIS) * 1000n + BigInt(fraction);
}

/** Milliseconds since 1970 of a PostgreSQL timestamp, rounded down. */
export function timestampToMillis(micros: bigint): number {
  const sinceEpoch = micros + POSTGRES_EPOCH_MICROS;
  const millis = sinceEpoch / 1000n;
  return Number(sinceEpoch % 1000n < 0n ? millis - 1n : millis);
}

/** Microseconds since 2000 of a JavaScript time in milliseconds since 1970. */
export function millisToTimestamp(millis: number): bigint {
  return BigInt(Math.floor(millis)) * 1000n - POSTGRES_EPOCH_MICROS;
}

/** `YYYY-MM-DDTHH:MM:SS.ffffffZ`. */
export function formatTimestamp(micros: bigint): string {
  const millis = timestampToMillis(micros);
  const fraction = ((micros % 1_000_000n) + 1_000_000n) % 1_000_000n;
  return `${new Date(millis).toISOString().slice(0, 19)}.${fraction.toString().padStart(6, '0')}Z`;
}

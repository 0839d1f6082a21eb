import type { EventValues } from '../adapters/postgres/append/event-values';
import { formatTimestamp, millisToTimestamp } from '../domain/chain/timestamp';

const ACTORS = ['alice@example.com', 'bob@example.com', 'carol@example.com', 'svc-deploy', 'svc-backup'];
const ACTIONS = [
  'session.login',
  'document.read',
  'document.update',
  'user.invite',
  'secret.rotate',
  'export.start',
];
const OUTCOMES = ['success', 'success', 'success', 'success', 'denied', 'error'];

function pick<T>(list: readonly T[], at: number): T {
  return list[at % list.length]!;
}

/** The same small generator everywhere, so that every demo tells the same story. */
function mix(seed: number): number {
  let value = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}

/**
 * Audit events as a gateway writes them.
 * @param first number of the first one
 * @param start time of the first one, milliseconds since 1970; the others follow `stepMicros` apart
 */
export function* demoEvents(
  first: number,
  count: number,
  start: number,
  stepMicros: number,
): Generator<EventValues> {
  for (let position = 0; position < count; position++) {
    const number = first + position;
    const dice = mix(number);
    const details =
      dice % 3 === 0
        ? null
        : JSON.stringify({
            request_id: `req-${dice.toString(16)}`,
            ip: `10.0.${dice % 256}.${(dice >>> 8) % 256}`,
            bytes: dice % 50_000,
          });
    yield {
      occurred_at: formatTimestamp(millisToTimestamp(start) + BigInt(position) * BigInt(stepMicros)),
      actor: pick(ACTORS, dice),
      action: pick(ACTIONS, dice >>> 4),
      resource: dice % 5 === 0 ? null : `document/${dice % 4096}`,
      outcome: pick(OUTCOMES, dice >>> 7),
      details,
    };
  }
}

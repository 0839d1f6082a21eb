import type { ClientBase, DatabaseError } from 'pg';
import { AuditAnchorError, ConfigError, type ErrorOptionsWithHint, UnavailableError } from '../../../errors';
import { isServerError } from '../failure';
import { clientFailure } from '../goodbye';

/**
 * Classes of SQLSTATE that pass: lost connection, rollback by the server (deadlock), resources, operator (restart,
 * cancelled statement), I/O.
 */
const PASSING_CLASSES = ['08', '40', '53', '57', '58'];
/**
 * A lock that was not to be had; a transaction that took too long; a primary that became a standby, or a connection
 * that led to one: the next may lead to the primary.
 */
const PASSING = ['55P03', '25P03', '25P04', '25006'];
/** Classes of SQLSTATE that are about an event wherever they come from: data, constraints, view checks, triggers, limits. */
const ABOUT_AN_EVENT = ['22', '23', '44', 'P0', '54'];
export const UNIQUE_VIOLATION = '23505';
/** The table or an index is damaged. */
const DAMAGED = ['XX001', 'XX002'];
/** Classes of SQLSTATE that leave open whether a COMMIT happened: the server, or something before it, was lost. */
const OPEN_CLASSES = ['08', '25', '53', '57', '58', 'XX'];
const COMPLETION_UNKNOWN = '40003';

/** The database refuses one of the events sent, or changes it; whoever knows the event words the error. */
export class EventRefused extends ConfigError {
  constructor(
    code: 'EVENT_INVALID' | 'EVENT_ALTERED',
    private readonly what: string,
    /** Of the event in its batch, from 0; null when it is not known. */
    readonly position: number | null,
    private readonly options: ErrorOptionsWithHint,
  ) {
    super(code, what, options);
  }

  /** @param hint what else an error says about the other events */
  about(subject: string, hint?: string): ConfigError {
    const hints = [this.options.hint, hint].filter((text) => text !== undefined);
    return new ConfigError(this.code, `${subject}: ${this.what}`, {
      ...this.options,
      hint: hints.length === 0 ? undefined : hints.join(' '),
    });
  }
}

/** SQLSTATE behind an error of this program or of pg, null when no server spoke. */
function stateOf(error: unknown): string | null {
  if (isServerError(error)) return error.code ?? null;
  const cause = error instanceof Error ? error.cause : undefined;
  return isServerError(cause) ? (cause.code ?? null) : null;
}

function isIn(classes: readonly string[], state: string): boolean {
  return classes.includes(state.slice(0, 2));
}

function passes(state: string): boolean {
  return PASSING.includes(state) || isIn(PASSING_CLASSES, state);
}

/**
 * A server that refuses table, login or statement says so before it looks at an event. What it says with a context
 * was found at work on one: in a line of the COPY, or in the function of a trigger, with whatever SQLSTATE.
 */
function isAboutEvents({ code = '', where }: DatabaseError): boolean {
  if (passes(code) || DAMAGED.includes(code)) return false;
  return isIn(ABOUT_AN_EVENT, code) || where !== undefined;
}

/**
 * Number of the line of a COPY into `table` that a context names, from 0: its outermost line says
 * `COPY audit_events, line 2`, in the server's language.
 */
function lineIn(where: string | undefined, table: string): number | null {
  const copy = where?.split('\n').at(-1) ?? '';
  if (!copy.includes('COPY') || !copy.includes(table)) return null;
  const [, digits] = /^\D*(\d+)/.exec(copy.slice(copy.indexOf(table) + table.length)) ?? [];
  return digits === undefined ? null : Number(digits) - 1;
}

/** What pg threw while events were sent or committed, as an error of this program. */
export function appendFailure(error: unknown, client: ClientBase, table = ''): Error {
  if (!isServerError(error) || !isAboutEvents(error)) return clientFailure(error, client);
  // Only the message: detail and context can quote whole rows.
  const what = `the database refused it: ${error.message} (SQLSTATE ${error.code})`;
  return new EventRefused('EVENT_INVALID', what, lineIn(error.where, table), { cause: error });
}

/** The same batch may succeed a moment later, on this or another connection. */
export function isPassing(error: unknown): boolean {
  if (!(error instanceof UnavailableError) || error.code === 'COPY_INCOMPLETE') return false;
  const state = stateOf(error);
  return state === null || passes(state);
}

/** Without one of its events the batch may be stored; behind an index that was taken meanwhile, in any case. */
export function isAboutAnEvent(error: unknown): boolean {
  return error instanceof EventRefused || stateOf(error) === UNIQUE_VIOLATION;
}

/** The server answered this COMMIT by rolling back. */
export function isRolledBack(error: unknown): boolean {
  const state = stateOf(error);
  return state !== null && state !== COMPLETION_UNKNOWN && !isIn(OPEN_CLASSES, state);
}

/** The connection is in order: the server refused a statement, or this program did not like its answer. */
export function isUsableAfter(error: unknown): boolean {
  if (error instanceof AuditAnchorError && error.cause === undefined) return true;
  const state = stateOf(error);
  return state !== null && !isIn(['08', '57', '58', 'XX'], state);
}

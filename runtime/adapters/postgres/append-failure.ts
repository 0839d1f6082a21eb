import { AuditAnchorError, UnavailableError } from '../../errors';
import { isServerError } from './failure';

/**
 * Classes of SQLSTATE that pass: lost connection, rollback by the server (deadlock), resources, operator (restart,
 * cancelled statement), I/O; and the lock that was not to be had.
 */
const PASSING = ['08', '40', '53', '57', '58', '55'];
/** A primary that became a standby, or a connection that led to one: the next may lead to the primary. */
const READ_ONLY = '25006';
/** Classes of SQLSTATE in which one event of a batch is what is wrong: data, constraints, view checks, triggers. */
const ABOUT_AN_EVENT = ['22', '23', '44', 'P0'];
/** Classes of SQLSTATE with which a server says that a COMMIT did not happen; all others leave it open. */
const ROLLED_BACK = [...ABOUT_AN_EVENT, '40', '42'];

/** SQLSTATE behind an error of this program or of pg, null when no server spoke. */
function stateOf(error: unknown): string | null {
  if (isServerError(error)) return error.code ?? null;
  const cause = error instanceof Error ? error.cause : undefined;
  return isServerError(cause) ? (cause.code ?? null) : null;
}

function isIn(classes: readonly string[], state: string | null): boolean {
  return state !== null && classes.includes(state.slice(0, 2));
}

/** The same batch may succeed a moment later, on this or another connection. */
export function isPassing(error: unknown): boolean {
  if (!(error instanceof UnavailableError) || error.code === 'COPY_INCOMPLETE') return false;
  const state = stateOf(error);
  return state === null || state === READ_ONLY || isIn(PASSING, state);
}

/** Without one of its events the batch may be stored. */
export function isAboutAnEvent(error: unknown): boolean {
  const dropped = error instanceof UnavailableError && error.code === 'COPY_INCOMPLETE';
  return dropped || isIn(ABOUT_AN_EVENT, stateOf(error));
}

/** The server answered this COMMIT by rolling back. */
export function isRolledBack(error: unknown): boolean {
  return isIn(ROLLED_BACK, stateOf(error));
}

/** The connection is in order: the server refused a statement, or this program did not like its answer. */
export function isUsableAfter(error: unknown): boolean {
  if (error instanceof AuditAnchorError && error.cause === undefined) return true;
  const state = stateOf(error);
  return state !== null && !isIn(['08', '57', '58', 'XX'], state);
}

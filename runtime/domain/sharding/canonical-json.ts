import { FormatError } from '../../errors';
import { sha256Hex } from '../digests';

/** Our own documents are far flatter; what is hostile must not exhaust the stack. */
const MOST_LEVELS = 32;

/**
 * JSON with the keys of every object in order and no white space: one text for one value.
 * @throws FormatError `DOCUMENT_MALFORMED` when the value has more than 32 levels
 */
export function canonicalJson(value: unknown): string {
  return textOf(value, 0);
}

function textOf(value: unknown, level: number): string {
  if (level > MOST_LEVELS) {
    throw new FormatError('DOCUMENT_MALFORMED', `it is nested more than ${MOST_LEVELS} levels deep`);
  }
  if (Array.isArray(value)) return `[${value.map((each) => textOf(each, level + 1)).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${textOf(member, level + 1)}`);
  return `{${members.join(',')}}`;
}

/** Hex SHA-256 of the canonical JSON of a value. */
export function digestOf(value: unknown): string {
  return sha256Hex(Buffer.from(canonicalJson(value), 'utf8'));
}

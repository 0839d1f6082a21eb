import { FormatError } from '../errors';

/** Half of a pair that stands alone: no text, so no two readers need agree on its bytes. */
const LONE_SURROGATE = /\p{Cs}/u;

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/**
 * JSON without white space in printable ASCII: `\"`, `\\`, `\b \f \n \r \t`, and every other character below 0x20 or
 * above 0x7E as lower-case `\uXXXX` per UTF-16 unit. Members stand in the order of the object.
 * @throws FormatError `VALUE_INVALID` when a string holds half of a surrogate pair
 */
export function asciiJson(value: unknown): string {
  const json = JSON.stringify(value, (_name, member: unknown) => {
    if (typeof member !== 'string' || !LONE_SURROGATE.test(member)) return member;
    throw new FormatError('VALUE_INVALID', 'a text holds half of a surrogate pair, which is no character');
  });
  return json.replace(/[\u007f-\uffff]/g, escapeUnit);
}

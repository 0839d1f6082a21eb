/** One member of a JSON object: its name, and its value as it was written. */
export interface JsonMember {
  readonly name: string;
  readonly raw: string;
}

const WHITE_SPACE = /[ \t\r\n]*/y;
/** What a value is made of between strings and brackets. */
const PLAIN = /[^"[\]{},]+/y;

function match(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}

/** Index after the closing quote; a loop, because a pattern runs out of stack on strings of many megabytes. */
function endOfString(text: string, start: number): number {
  for (let quote = text.indexOf('"', start + 1); quote >= 0; quote = text.indexOf('"', quote + 1)) {
    let before = quote - 1;
    while (text.charAt(before) === '\\') before -= 1;
    if ((quote - before) % 2 === 1) return quote + 1;
  }
  return text.length;
}

function endOfValue(text: string, start: number): number {
  let at = start;
  for (let depth = 0; at < text.length;) {
    const character = text.charAt(at);
    if (depth === 0 && (character === ',' || character === '}')) return at;
    if (character === '"') at = endOfString(text, at);
    else if (character === '[' || character === '{') {
      depth += 1;
      at += 1;
    } else if (character === ']' || character === '}') {
      depth -= 1;
      at += 1;
    } else if (character === ',') at += 1;
    else at = match(PLAIN, text, at);
  }
  return at;
}

/**
 * The members of a JSON object in the order and with the texts that were written, repeated names included: what
 * parsers throw away, and what an audit log has to keep.
 * @param text an object that a JSON parser has accepted
 */
export function jsonMembers(text: string): JsonMember[] {
  const members: JsonMember[] = [];
  let at = match(WHITE_SPACE, text, text.indexOf('{') + 1);
  while (text.charAt(at) === '"') {
    const endOfName = endOfString(text, at);
    const start = match(WHITE_SPACE, text, text.indexOf(':', endOfName) + 1);
    const end = endOfValue(text, start);
    members.push({
      name: JSON.parse(text.slice(at, endOfName)) as string,
      raw: text.slice(start, end).trimEnd(),
    });
    at = match(WHITE_SPACE, text, end + 1);
  }
  return members;
}

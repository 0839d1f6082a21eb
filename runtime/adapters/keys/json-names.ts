/** A string, or one of the structural characters. */
const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\]:]/g;

/**
 * The names of a JSON object in the order of the text, repeated ones included.
 * @param text valid JSON text of an object
 */
export function topLevelNames(text: string): string[] {
  const names: string[] = [];
  let depth = 0;
  let last = '';
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === '{' || token === '[') depth++;
    else if (token === '}' || token === ']') depth--;
    else if (token === ':' && depth === 1) names.push(JSON.parse(last) as string);
    last = token;
  }
  return names;
}

import type { ChainLayout, Column } from '../../../domain/chain/columns';
import { ConfigError } from '../../../errors';
import type { EventValues } from './event-values';
import { jsonMembers } from './json-members';

/** Longest line that is read. */
const MAX_LINE_BYTES = 64 * 1024 * 1024;
const LINE_FEED = 0x0a;
const UTF8_MARK = '\uFEFF';
const UTF16_MARKS: readonly string[] = ['fffe', 'feff'];

/** Longest piece of a field name that an error shows. */
const SHOWN = 40;

const INTEGER_TYPES: ReadonlySet<string> = new Set(['int8', 'int4', 'int2']);
const INTEGER = /^-?\d+$/;

function invalid(line: number, message: string): ConfigError {
  return new ConfigError('EVENT_INVALID', `line ${line}: ${message}`);
}

function requireObject(text: string, line: number): void {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw invalid(line, `found no valid JSON: ${error.message}`);
  }
  if (
    typeof value !== 'object' ||
    value === null ||
    Array.isArray(value) ||
    !text.trimStart().startsWith('{')
  ) {
    throw invalid(line, 'found JSON that is no object, allowed one object in each line');
  }
}

function valueOf({ type }: Column, raw: string): unknown {
  // A document stays as it was written: 1.0 and 1e3 are other bytes than 1 and 1000.
  if (type === 'json') return raw;
  if (INTEGER_TYPES.has(type) && INTEGER.test(raw)) return BigInt(raw);
  return JSON.parse(raw) as unknown;
}

/**
 * Reads one JSON line as an event: an object with the columns of the layout that are not the chain's own. The text
 * of a json column is kept as written; `null` there is the JSON null, an absent field is NULL.
 * @param line its number, from 1, for errors
 * @throws ConfigError `EVENT_INVALID` naming the line and the field
 */
export function parseEventLine(text: string, layout: ChainLayout, line: number): EventValues {
  requireObject(text, line);
  const own = [layout.indexColumn, layout.keyIdColumn, layout.prevHashColumn];
  const values = new Map<string, unknown>();
  for (const { name, raw } of jsonMembers(text)) {
    const shown = JSON.stringify(name.slice(0, SHOWN));
    if (own.includes(name)) throw invalid(line, `found field ${shown}, which the chain sets itself`);
    const column = layout.columns.find((candidate) => candidate.name === name);
    if (!column) {
      const allowed = layout.columns.filter((candidate) => !own.includes(candidate.name));
      throw invalid(line, `found unknown field ${shown}, allowed ${allowed.map((c) => c.name).join(', ')}`);
    }
    if (values.has(name)) throw invalid(line, `found field ${shown} twice, allowed once`);
    values.set(name, valueOf(column, raw));
  }
  return Object.fromEntries(values);
}

/** Splits at line feeds; the bytes of a line may come in many chunks. */
async function* splitLines(input: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let rest: Uint8Array[] = [];
  let restBytes = 0;
  for await (const chunk of input) {
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
      yield Buffer.concat([...rest, chunk.subarray(start, end)]);
      rest = [];
      restBytes = 0;
      start = end + 1;
    }
    rest.push(chunk.subarray(start));
    restBytes += chunk.length - start;
    if (restBytes > MAX_LINE_BYTES) break;
  }
  if (restBytes > 0) yield Buffer.concat(rest);
}

/**
 * Reads events as JSON lines, UTF-8. The number of an event is the number of its line.
 * @throws ConfigError `EVENT_INVALID` as `parseEventLine`; also for an empty line, a line above 64 MiB, and bytes
 *   that are not UTF-8
 */
export async function* readEventLines(
  input: AsyncIterable<Uint8Array>,
  layout: ChainLayout,
): AsyncGenerator<EventValues> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let line = 0;
  for await (const bytes of splitLines(input)) {
    line += 1;
    if (bytes.length > MAX_LINE_BYTES) {
      throw invalid(line, `found a line above ${MAX_LINE_BYTES} bytes, the most that is allowed`);
    }
    if (line === 1 && UTF16_MARKS.includes(bytes.subarray(0, 2).toString('hex'))) {
      throw invalid(line, 'found a byte order mark (BOM) of UTF-16; expected UTF-8');
    }
    let text: string;
    try {
      text = decoder.decode(bytes);
    } catch {
      throw invalid(line, 'found bytes that are not UTF-8');
    }
    if (line === 1 && text.startsWith(UTF8_MARK)) {
      throw invalid(line, 'found a byte order mark (BOM); expected UTF-8 without one');
    }
    if (text.trim() === '') throw invalid(line, 'found an empty line, allowed one object in each line');
    yield parseEventLine(text, layout, line);
  }
}

import fc from 'fast-check';
import { EventEncoder } from '../../../../../runtime/adapters/postgres/append/event-encoder';
import { parseEventLine, readEventLines } from '../../../../../runtime/adapters/postgres/append/event-json';
import { jsonMembers } from '../../../../../runtime/adapters/postgres/append/json-members';
import { parseColumnList, v1Layout } from '../../../../../runtime/domain/chain/columns';

const LAYOUT = v1Layout();

async function* chunksOf(text: string | Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text as string);
  for (let at = 0; at < bytes.length; at += size) {
    await Promise.resolve();
    yield bytes.subarray(at, at + size);
  }
}

async function read(input: AsyncIterable<Uint8Array>): Promise<unknown[]> {
  const events: unknown[] = [];
  for await (const event of readEventLines(input, LAYOUT)) events.push(event);
  return events;
}

describe('a line', () => {
  it('keeps the text of details as it was written', () => {
    const details = '{ "b": 1.0, "a":[1e3,-0, 12345678901234567890 ,"\\u00e9\\"},{"], "2":1,"1":1 }';
    const line = `{"actor" : "a" ,"details":\t${details}  , "action":"b"}`;
    expect(parseEventLine(line, LAYOUT, 1)).toEqual({ actor: 'a', details, action: 'b' });
  });

  it.each(['1.0', '"text"', 'null', '[]', '{}', 'true', '-1E-7'])('takes details %s', (details) => {
    expect(parseEventLine(`{"details":${details}}`, LAYOUT, 1)).toEqual({ details });
  });

  it('tells an absent field from null', () => {
    expect(parseEventLine('{"resource":null}', LAYOUT, 1)).toEqual({ resource: null });
    expect(parseEventLine('{}', LAYOUT, 1)).toEqual({});
  });

  it('does not round integers', () => {
    const layout = v1Layout(parseColumnList('chain_index:int8,n:int8,key_id:text,prev_hash:bytea'));
    expect(parseEventLine('{"n":-9223372036854775808}', layout, 1)).toEqual({ n: -(2n ** 63n) });
    expect(parseEventLine('{"n":1.5}', layout, 1)).toEqual({ n: 1.5 });
  });

  it('takes a field called __proto__ as a field', () => {
    expect(() => parseEventLine('{"__proto__":{"actor":"x"}}', LAYOUT, 3)).toThrow(
      expect.objectContaining({
        message:
          'line 3: found unknown field "__proto__", allowed occurred_at, actor, action, resource, outcome, details, salt',
      }) as Error,
    );
  });

  it.each([
    ['a repeated field', '{"actor":"a","actor":"a"}', 'found field "actor" twice, allowed once'],
    ['a repeated field, once escaped', '{"actor":"a","\\u0061ctor":"a"}', 'found field "actor" twice'],
    ['an unknown field', '{"acter":"a"}', 'found unknown field "acter"'],
    ['a field of the chain', '{"prev_hash":"00"}', 'found field "prev_hash", which the chain sets itself'],
    ['broken JSON', '{"actor":', 'found no valid JSON'],
    ['text after the object', '{} {}', 'found no valid JSON'],
    ['an array', '[{}]', 'found JSON that is no object'],
    ['a number', '7', 'found JSON that is no object'],
    ['a string', '"{}"', 'found JSON that is no object'],
  ])('with %s is refused', (_, line, message) => {
    expect(() => parseEventLine(line, LAYOUT, 17)).toThrow(
      expect.objectContaining({
        code: 'EVENT_INVALID',
        message: expect.stringMatching(/^line 17: /) as string,
      }) as Error,
    );
    expect(() => parseEventLine(line, LAYOUT, 17)).toThrow(message);
  });
});

describe('the text of a JSON column', () => {
  /** Taken by the library as it stands, refused otherwise. */
  function taken(details: string): boolean {
    const table = {
      schema: 's',
      name: 't',
      qualified: 't',
      kind: 'table',
      oid: 1,
      nonTableChild: null,
      columns: [],
    } as const;
    try {
      new EventEncoder(LAYOUT, table, 'k1').prepare({ details }, 'the event');
      return true;
    } catch {
      return false;
    }
  }

  it.each([
    ['a key twice', '{"a":1,"a":2}', true],
    ['a key twice, once escaped', '{"a":1,"\\u0061":{"b":[],"b":1}}', true],
    ['numbers of any form', '[1.0,1e3,-0,123456789012345678901234567890]', true],
    ['deep nesting', '['.repeat(200_000) + ']'.repeat(200_000), true],
    ['half of a surrogate pair, escaped', '"\\ud800"', true],
    ['white space inside', '[ 1,\t2 ]', true],
    ['null', 'null', true],
    ['a comma too many', '[1,]', false],
    ['an unknown word', 'undefined', false],
    ['a leading zero', '01', false],
    ['an open list', '[', false],
    ['a raw tab in a string', '"\t"', false],
  ])('%s is treated alike by command line and library, and kept as it is written', (_, details, valid) => {
    const line = `{"details": ${details} }`;
    expect(taken(details)).toBe(valid);
    if (valid) expect(parseEventLine(line, LAYOUT, 1)).toEqual({ details });
    else expect(() => parseEventLine(line, LAYOUT, 1)).toThrow('line 1: found no valid JSON');
  });
});

describe('the members of an object', () => {
  it('have the values that JSON.parse finds, each with its own text', () => {
    const objects = fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue({ stringUnit: 'binary' }));
    const spaced = (value: unknown): string => JSON.stringify(value, null, '\t').replaceAll('\n', '\r\n ');
    fc.assert(
      fc.property(objects, (object) => {
        for (const text of [JSON.stringify(object), spaced(object)]) {
          const members = jsonMembers(text);
          expect(members.map(({ name }) => name)).toEqual(Object.keys(object));
          const parsed = JSON.parse(text) as Record<string, unknown>;
          for (const { name, raw } of members) expect(JSON.parse(raw)).toEqual(parsed[name]);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('may hold strings of many megabytes', () => {
    const value = '\\"'.repeat(5_000_000);
    expect(jsonMembers(`{"a":"${value}","b":1}`).map(({ raw }) => raw.length)).toEqual([value.length + 2, 1]);
  });
});

describe('lines', () => {
  const lines = '{"actor":"é𝄞"}\r\n{"actor":"b"}\n{"actor":"c"}';

  it.each([1, 2, 3, 7, 1000])('are found in chunks of %d bytes', async (size) => {
    const expected = [{ actor: 'é𝄞' }, { actor: 'b' }, { actor: 'c' }];
    expect(await read(chunksOf(lines, size))).toEqual(expected);
    expect(await read(chunksOf(`${lines}\n`, size))).toEqual(expected);
  });

  it('of an empty input are none', async () => {
    expect(await read(chunksOf('', 1))).toEqual([]);
  });

  it.each([
    ['an empty line', '{}\n\n{}', 'line 2: found an empty line'],
    [
      'bytes that are not UTF-8',
      Buffer.from([0x7b, 0x7d, 0x0a, 0xff, 0x0a]),
      'line 2: found bytes that are not UTF-8',
    ],
    [
      'a UTF-8 surrogate',
      Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]),
      'line 1: found bytes that are not UTF-8',
    ],
    ['a byte order mark', '\uFEFF{}', 'line 1: found a byte order mark (BOM); expected UTF-8 without one'],
    ['a byte order mark in the middle', '{}\n\uFEFF{}', 'line 2: found no valid JSON'],
    ['UTF-16', Buffer.from('\uFEFF{}', 'utf16le'), 'line 1: found a byte order mark (BOM) of UTF-16'],
    ['UTF-16, big end first', Buffer.from('\uFEFF{}', 'utf16le').swap16(), 'line 1: found a byte order mark'],
  ])('with %s are refused by number', async (_, input, message) => {
    await expect(read(chunksOf(input, 4))).rejects.toMatchObject({
      code: 'EVENT_INVALID',
      message: expect.stringContaining(message) as string,
    });
  });

  it('that never end are refused before they fill the memory', async () => {
    let sent = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (const chunk = Buffer.alloc(1024 * 1024, 0x20); ; sent += 1) {
        await Promise.resolve();
        yield chunk;
      }
    }
    await expect(read(endless())).rejects.toMatchObject({
      message: 'line 1: found a line above 67108864 bytes, the most that is allowed',
    });
    expect(sent).toBeLessThan(70);
  });
});

import fc from 'fast-check';
import { createColors } from '../../../runtime/terminal/colors';
import { keyValueLines, tableLines, UNLIMITED } from '../../../runtime/terminal/table';
import { textWidth, wrap } from '../../../runtime/terminal/text-width';

const { bad } = createColors(true);

describe('width of a text', () => {
  test.each([
    ['', 0],
    ['abc', 3],
    ['äß', 2],
    ['e\u0301', 1],
    ['監査', 4],
    ['한글', 4],
    ['👍🏽', 2],
    ['\x1b[31mred\x1b[39m', 3],
  ])('%j', (text, width) => {
    expect(textWidth(text)).toBe(width);
  });
});

test('wrapped lines fit, save for words that cannot, and no word is lost or broken', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: fc.constantFrom(...'abcä監'), maxLength: 12 })),
      fc.integer({ min: 1, max: 30 }),
      (words, width) => {
        const lines = wrap(words.join(' '), width);
        for (const line of lines) expect(textWidth(line) <= width || !line.trim().includes(' ')).toBe(true);
        expect(lines.join(' ').split(/ +/).filter(Boolean)).toEqual(words.filter(Boolean));
      },
    ),
  );
});

describe('key and value lines', () => {
  test('values stand below each other, also behind colours and wide characters', () => {
    expect(
      keyValueLines(
        [
          ['chain', 'production'],
          [bad('verdict'), 'tampered'],
          ['監査', 'x'],
          ['none', ''],
        ],
        { width: UNLIMITED, indent: 2 },
      ),
    ).toEqual(['  chain    production', `  ${bad('verdict')}  tampered`, '  監査     x', '  none']);
  });

  test('a long value continues below itself, and a hash stays whole', () => {
    const hash = 'f'.repeat(64);
    expect(
      keyValueLines([['why', `expected ${hash} but the database says otherwise`]], { width: 40 }),
    ).toEqual(['why  expected', `     ${hash}`, '     but the database says otherwise']);
  });

  test('nothing to show', () => expect(keyValueLines([], { width: 80 })).toEqual([]));
});

describe('tables', () => {
  const COLUMNS = [{ title: 'seq', align: 'right' as const }, { title: 'trigger' }, { title: 'detail' }];

  test('columns are aligned, numbers to the right, no white space at the end', () => {
    expect(
      tableLines(
        COLUMNS,
        [
          ['9', 'interval', 'a'],
          ['1,024', 'events', ''],
        ],
        { width: 80 },
      ),
    ).toEqual(['  seq  trigger   detail', '    9  interval  a', '1,024  events']);
  });

  test('the last column wraps within the width', () => {
    expect(
      tableLines(COLUMNS, [['1', 'manual', 'the event at this place was edited after its anchor']], {
        width: 40,
        indent: 1,
      }),
    ).toEqual([
      ' seq  trigger  detail',
      '   1  manual   the event at this place',
      '               was edited after its',
      '               anchor',
    ]);
  });

  test('a last column of numbers is aligned to the right', () => {
    const columns = [{ title: 'what' }, { title: 'count', align: 'right' as const }];
    expect(tableLines(columns, [['events', '10']], { width: 80 })).toEqual([
      'what    count',
      'events     10',
    ]);
  });

  test('a missing cell is empty', () => {
    expect(tableLines(COLUMNS, [['1']], { width: 80 })).toEqual(['seq  trigger  detail', '  1']);
  });
});

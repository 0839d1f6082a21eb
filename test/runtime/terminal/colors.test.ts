import { colorsWanted, createColors } from '../../../runtime/terminal/colors';

const TTY = { isTTY: true };
const PIPE = {};

describe('colours are wanted', () => {
  test.each([
    ['on a terminal', TTY, {}, true],
    ['not in a pipe or file', PIPE, {}, false],
    ['not on a terminal that knows none', TTY, { TERM: 'dumb' }, false],
    ['not with NO_COLOR, whatever its value', TTY, { NO_COLOR: '0' }, false],
    ['with an empty NO_COLOR', TTY, { NO_COLOR: '' }, true],
    ['in a pipe with FORCE_COLOR', PIPE, { FORCE_COLOR: '1' }, true],
    ['not with FORCE_COLOR=0', TTY, { FORCE_COLOR: '0' }, false],
    ['not with FORCE_COLOR=false', TTY, { FORCE_COLOR: 'false' }, false],
    ['not in a pipe with an empty FORCE_COLOR', PIPE, { FORCE_COLOR: '' }, false],
    ['not when both are set', TTY, { NO_COLOR: '1', FORCE_COLOR: '1' }, false],
  ])('%s', (_, stream, env, expected) => {
    expect(colorsWanted(stream, env)).toBe(expected);
  });
});

test('each meaning has a look of its own, and none without colour', () => {
  const meanings = ['good', 'bad', 'warn', 'dim', 'strong'] as const;
  const colored = createColors(true);
  const plain = createColors(false);
  expect(new Set(meanings.map((meaning) => colored[meaning]('x'))).size).toBe(meanings.length);
  expect(colored.bad('x')).toBe('\x1b[31mx\x1b[39m');
  expect(meanings.map((meaning) => plain[meaning]('x'))).toEqual(meanings.map(() => 'x'));
});

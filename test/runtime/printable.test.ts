import { printable } from '../../runtime/printable';

test.each([
  ['production/2025-01-31 ü監👍🏽', 'production/2025-01-31 ü監👍🏽'],
  ['\x1b[2Kverified', '\\u{1b}[2Kverified'],
  ['a\r\nb\tc', 'a\\u{d}\\u{a}b\\u{9}c'],
  ['\u202egpj.exe', '\\u{202e}gpj.exe'],
  ['\u009b31m', '\\u{9b}31m'],
  ['a\u2028b', 'a\\u{2028}b'],
  ['\ud800', '\\u{d800}'],
])('%j', (text, shown) => {
  expect(printable(text)).toBe(shown);
});

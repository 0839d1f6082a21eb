import { TerminalIo } from '../../../runtime/cli/terminal-io';

/** What is printed for an error. */
function printed(error: unknown): string {
  let text = '';
  const stderr = { write: (more: string) => (text += more) };
  new TerminalIo({ write: () => undefined }, stderr, {}, { json: false, quiet: false }).printError(error);
  return text;
}

test('a defect: its message once, then where it was thrown', () => {
  const error = new TypeError('x is not\na function');
  const text = printed(error);
  expect(text).toMatch(/^error: x is not\na function\n {4}at /);
  expect(text.split('a function')).toHaveLength(2);
  expect(text).toMatch(/\n {4}at .*terminal-io\.test\.ts/);
  expect(text).toMatch(/\nThis is a defect of audit-anchor\.\n$/);
});

test('a defect that is no error', () => {
  expect(printed('nothing')).toBe('error: nothing\nThis is a defect of audit-anchor.\n');
});

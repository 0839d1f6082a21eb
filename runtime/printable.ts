/** What a terminal obeys, hides or reorders instead of showing. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/**
 * Text that can be shown on one line of a terminal or log: control, format and bidirectional characters are
 * written as `\u{hex}`, so that a value from a table, a bucket or the environment cannot forge output.
 */
export function printable(text: string): string {
  return text.replace(INVISIBLE, (character) => `\\u{${character.codePointAt(0)?.toString(16) ?? ''}}`);
}

/**
 * Quoting for statements, as `pg` does it. The driver itself is loaded with the first connection only, and what
 * merely words statements has to do without it.
 */

/** A name as SQL takes it, whatever characters it has. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A text as SQL takes it, whatever `standard_conforming_strings` says. */
export function quoteLiteral(text: string): string {
  const quoted = `'${text.replaceAll("'", "''").replaceAll('\\', '\\\\')}'`;
  return text.includes('\\') ? ` E${quoted}` : quoted;
}

/** Code as SQL takes it, in dollar quotes that nothing in it can close, a name least of all. */
export function quoteBody(code: string): string {
  let tag = '$audit_anchor$';
  for (let number = 1; code.includes(tag); number++) tag = `$audit_anchor_${number}$`;
  return `${tag}${code}${tag}`;
}

export type Token =
  | { readonly kind: 'number'; readonly value: number }
  /** A quoted template; its text may hold `${...}` again. */
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'name'; readonly value: string }
  | { readonly kind: 'mark'; readonly value: string };

const NUMBER = /^\d+(\.\d+)?/;
const NAME = /^[A-Za-z_][\w-]*/;
const MARK = /^(==|!=|<=|>=|&&|\|\||[-+*/%<>!?:.,()[\]{}=])/;

/** Splits an expression of Terraform's language into tokens. */
export function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  let rest = source.trimStart();
  while (rest !== '') {
    const [token, length] = next(rest, source);
    tokens.push(token);
    rest = rest.slice(length).trimStart();
  }
  return tokens;
}

function next(rest: string, source: string): [token: Token, length: number] {
  if (rest.startsWith('"')) {
    const end = endOfQuoted(rest, source);
    return [{ kind: 'text', value: JSON.parse(rest.slice(0, end)) as string }, end];
  }
  const number = NUMBER.exec(rest)?.[0];
  if (number !== undefined) return [{ kind: 'number', value: Number(number) }, number.length];
  const name = NAME.exec(rest)?.[0];
  if (name !== undefined) return [{ kind: 'name', value: name }, name.length];
  const mark = MARK.exec(rest)?.[0];
  if (mark !== undefined) return [{ kind: 'mark', value: mark }, mark.length];
  throw new Error(`cannot read the expression ${JSON.stringify(source)} from ${JSON.stringify(rest)} on`);
}

function endOfQuoted(rest: string, source: string): number {
  const quoted = /^"(?:[^"\\]|\\.)*"/.exec(rest)?.[0];
  if (quoted === undefined) throw new Error(`unclosed quotes in ${JSON.stringify(source)}`);
  return quoted.length;
}

/** The parts of a template: plain text, and the expressions in `${...}`. */
export function splitTemplate(
  template: string,
): ({ readonly text: string } | { readonly expression: string })[] {
  const parts: ({ readonly text: string } | { readonly expression: string })[] = [];
  let text = '';
  for (let at = 0; at < template.length;) {
    if (template.startsWith('$${', at)) {
      text += '${';
      at += 3;
    } else if (template.startsWith('${', at)) {
      const end = endOfExpression(template, at + 2);
      if (text !== '') parts.push({ text });
      text = '';
      parts.push({ expression: template.slice(at + 2, end) });
      at = end + 1;
    } else {
      text += template[at];
      at += 1;
    }
  }
  if (text !== '') parts.push({ text });
  return parts;
}

function endOfExpression(template: string, start: number): number {
  let depth = 0;
  for (let at = start; at < template.length; at += 1) {
    const character = template[at];
    if (character === '"') at += endOfQuoted(template.slice(at), template) - 1;
    else if (character === '{') depth += 1;
    else if (character === '}' && depth > 0) depth -= 1;
    else if (character === '}') return at;
  }
  throw new Error(`unclosed \${ in ${JSON.stringify(template)}`);
}

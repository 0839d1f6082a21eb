import { callFunction } from './functions';
import { splitTemplate, type Token, tokenize } from './tokens';

export type Value = string | number | boolean | null | readonly Value[] | { readonly [name: string]: Value };

/** Gives the value behind the first name of a reference: `var`, `data`, or a type of resource. */
export type Scope = (root: string) => Value;

/** Evaluates a value of Terraform's JSON syntax: every string in it is a template. */
export function evaluate(value: Value, scope: Scope): Value {
  if (typeof value === 'string') return evaluateTemplate(value, scope);
  if (isList(value)) return value.map((item) => evaluate(item, scope));
  if (isObject(value)) {
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, evaluate(item, scope)]));
  }
  return value;
}

/** A template that is one expression keeps its type; otherwise the parts are joined as text. */
function evaluateTemplate(template: string, scope: Scope): Value {
  const parts = splitTemplate(template).map((part) =>
    'text' in part ? part.text : new Evaluation(tokenize(part.expression), scope, part.expression).result(),
  );
  if (parts.length === 1) return parts[0] as Value;
  return parts.map((part) => textOf(part, template)).join('');
}

/** @throws Error for what is no text, number or boolean */
export function textOf(value: Value | undefined, place: string): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new Error(`${place}: expected text, found ${JSON.stringify(value)}`);
}

/** Binary operators, loosest first; those of one level bind to the left. */
const LEVELS: readonly Readonly<Record<string, (left: Value, right: Value) => Value>>[] = [
  { '||': (a, b) => a === true || b === true },
  { '&&': (a, b) => a === true && b === true },
  {
    '==': (a, b) => JSON.stringify(a) === JSON.stringify(b),
    '!=': (a, b) => JSON.stringify(a) !== JSON.stringify(b),
  },
  {
    '<': (a, b) => numberOf(a) < numberOf(b),
    '<=': (a, b) => numberOf(a) <= numberOf(b),
    '>': (a, b) => numberOf(a) > numberOf(b),
    '>=': (a, b) => numberOf(a) >= numberOf(b),
  },
  { '+': (a, b) => numberOf(a) + numberOf(b), '-': (a, b) => numberOf(a) - numberOf(b) },
  {
    '*': (a, b) => numberOf(a) * numberOf(b),
    '/': (a, b) => numberOf(a) / numberOf(b),
    '%': (a, b) => numberOf(a) % numberOf(b),
  },
];

/** Parses and evaluates in one pass. The branch of a conditional that is not taken is only parsed. */
class Evaluation {
  private at = 0;
  private idle = false;

  constructor(
    private readonly tokens: readonly Token[],
    private readonly scope: Scope,
    private readonly source: string,
  ) {}

  result(): Value {
    const value = this.conditional();
    if (this.at < this.tokens.length) this.fail();
    return value;
  }

  private conditional(): Value {
    const condition = this.binary(0);
    if (!this.accept('?')) return condition;
    const yes = this.branch(condition === true);
    this.expect(':');
    const no = this.branch(condition !== true);
    return condition === true ? yes : no;
  }

  private branch(taken: boolean): Value {
    const before = this.idle;
    this.idle ||= !taken;
    const value = this.conditional();
    this.idle = before;
    return value;
  }

  private binary(level: number): Value {
    const operators = LEVELS[level];
    if (operators === undefined) return this.unary();
    let left = this.binary(level + 1);
    for (let mark = this.markIn(operators); mark !== undefined; mark = this.markIn(operators)) {
      this.at += 1;
      const right = this.binary(level + 1);
      left = this.idle ? null : (operators[mark]?.(left, right) ?? null);
    }
    return left;
  }

  private unary(): Value {
    if (this.accept('-')) {
      const value = this.unary();
      return this.idle ? null : -numberOf(value);
    }
    if (this.accept('!')) return this.unary() !== true;
    return this.postfix(this.primary());
  }

  private primary(): Value {
    if (this.accept('(')) {
      const value = this.conditional();
      this.expect(')');
      return value;
    }
    if (this.accept('[')) return this.list(']');
    if (this.accept('{')) return this.object();
    const token = this.tokens[this.at];
    this.at += 1;
    if (token?.kind === 'number') return token.value;
    if (token?.kind === 'text') return this.idle ? null : evaluate(token.value, this.scope);
    if (token?.kind !== 'name') return this.fail();
    if (token.value === 'true' || token.value === 'false') return token.value === 'true';
    if (token.value === 'null') return null;
    if (this.accept('(')) {
      const values = this.list(')');
      return this.idle ? null : callFunction(token.value, values);
    }
    return this.idle ? null : this.scope(token.value);
  }

  private postfix(value: Value): Value {
    if (this.accept('.')) {
      const token = this.tokens[this.at];
      this.at += 1;
      return token?.kind === 'name' ? this.postfix(this.member(value, token.value)) : this.fail();
    }
    if (!this.accept('[')) return value;
    if (this.accept('*')) {
      this.expect(']');
      this.expect('.');
      const token = this.tokens[this.at];
      this.at += 1;
      if (token?.kind !== 'name') return this.fail();
      if (this.idle) return null;
      if (!isList(value)) return this.fail();
      return value.map((item) => this.member(item, token.value));
    }
    const index = this.conditional();
    this.expect(']');
    if (this.idle) return this.postfix(null);
    if (typeof index === 'string') return this.postfix(this.member(value, index));
    const item = isList(value) ? value[numberOf(index)] : undefined;
    return item === undefined ? this.fail() : this.postfix(item);
  }

  private member(value: Value, name: string): Value {
    if (this.idle) return null;
    const found = isObject(value) ? value[name] : undefined;
    if (found === undefined) throw new Error(`${this.source}: there is no "${name}"`);
    return found;
  }

  private list(close: string): Value[] {
    const items: Value[] = [];
    while (!this.accept(close)) {
      items.push(this.conditional());
      if (!this.accept(',') && !this.peek(close)) this.fail();
    }
    return items;
  }

  private object(): Value {
    const entries: [string, Value][] = [];
    while (!this.accept('}')) {
      const token = this.tokens[this.at];
      this.at += 1;
      if (token?.kind !== 'text' && token?.kind !== 'name') return this.fail();
      if (!this.accept('=')) this.expect(':');
      entries.push([token.value, this.conditional()]);
      if (!this.accept(',') && !this.peek('}')) this.fail();
    }
    return Object.fromEntries(entries);
  }

  private markIn(operators: Readonly<Record<string, unknown>>): string | undefined {
    const token = this.tokens[this.at];
    return token?.kind === 'mark' && token.value in operators ? token.value : undefined;
  }

  private peek(mark: string): boolean {
    const token = this.tokens[this.at];
    return token?.kind === 'mark' && token.value === mark;
  }

  private accept(mark: string): boolean {
    const found = this.peek(mark);
    if (found) this.at += 1;
    return found;
  }

  private expect(mark: string): void {
    if (!this.accept(mark)) this.fail();
  }

  private fail(): never {
    throw new Error(`cannot evaluate ${JSON.stringify(this.source)} at token ${this.at}`);
  }
}

function numberOf(value: Value): number {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number !== 'number' || Number.isNaN(number))
    throw new Error(`${JSON.stringify(value)} is no number`);
  return number;
}

export function isList(value: Value | undefined): value is readonly Value[] {
  return Array.isArray(value);
}

export function isObject(value: Value | undefined): value is { readonly [name: string]: Value } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

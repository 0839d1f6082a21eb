import type { Synthesised } from './infra-stack';

/**
 * Checks that what the synthesised JSON refers to exists: resources, data sources and their attributes,
 * variables, and providers. Terraform would say so only with the providers installed.
 *
 * @returns one sentence per broken reference
 */
export function brokenReferences(json: Synthesised): string[] {
  const broken = new Set<string>();
  for (const [place, text] of texts(json, [])) {
    for (const expression of expressionsIn(text)) {
      for (const reference of referencesIn(expression)) {
        const fault = faultOf(json, reference);
        if (fault) broken.add(`${place}: ${fault}`);
      }
    }
  }
  for (const fault of [...providerFaults(json), ...dependencyFaults(json)]) broken.add(fault);
  return [...broken];
}

const ROOTS_OF_TERRAFORM = new Set(['each', 'count', 'self', 'path', 'terraform', 'local', 'module']);

function faultOf(json: Synthesised, reference: readonly string[]): string | undefined {
  const [root, ...rest] = reference;
  if (root === undefined || ROOTS_OF_TERRAFORM.has(root)) return undefined;
  if (root === 'var') {
    const [name = ''] = rest;
    return json.variable?.[name] ? undefined : `variable "${name}" is not declared`;
  }
  const isData = root === 'data';
  const [type = '', name = '', attribute] = isData ? rest : reference;
  const declared = isData ? json.data : json.resource;
  if (!declared[type]?.[name]) return `"${reference.join('.')}" is not declared`;
  if (attribute !== undefined && !hasAttribute(type, isData, attribute)) {
    return `"${type}" has no attribute "${attribute}"`;
  }
  return undefined;
}

/** Attributes are the getters of the provider's generated class. */
function hasAttribute(type: string, isData: boolean, attribute: string): boolean {
  const [provider = '', ...words] = type.split('_');
  const folder = [...(isData ? ['data', provider] : []), ...words].join('-');
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const generated = require(`@cdktf/provider-${provider}/lib/${folder}`) as Record<string, unknown>;
  const found = Object.values(generated).find(
    (member): member is { prototype: object } =>
      typeof member === 'function' && (member as { tfResourceType?: string }).tfResourceType === type,
  );
  const property = attribute.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
  return found !== undefined && property in found.prototype;
}

function* providerFaults(json: Synthesised): Generator<string> {
  for (const declared of [json.resource, json.data]) {
    for (const [type, blocks] of Object.entries(declared ?? {})) {
      for (const [name, block] of Object.entries(blocks)) {
        const [provider = '', alias] = (
          (block.provider as string | undefined) ??
          type.split('_')[0] ??
          ''
        ).split('.');
        const configured = (json.provider[provider] ?? []).some((config) => config.alias === alias);
        if (!configured) {
          yield `${type}.${name}: provider "${provider}${alias ? `.${alias}` : ''}" is not configured`;
        }
      }
    }
  }
}

function* dependencyFaults(json: Synthesised): Generator<string> {
  for (const [type, blocks] of Object.entries(json.resource ?? {})) {
    for (const [name, block] of Object.entries(blocks)) {
      for (const dependency of (block.depends_on as string[] | undefined) ?? []) {
        const fault = faultOf(json, dependency.split('.'));
        if (fault) yield `${type}.${name}.depends_on: ${fault}`;
      }
    }
  }
}

function* texts(value: unknown, path: readonly string[]): Generator<[string, string]> {
  if (typeof value === 'string') yield [path.join('.'), value];
  if (typeof value !== 'object' || value === null) return;
  for (const [key, member] of Object.entries(value)) {
    if (key !== '//') yield* texts(member, [...path, key]);
  }
}

/** The expressions between `${` and `}`; those inside strings of an expression are returned as well. */
export function expressionsIn(text: string): string[] {
  const found: string[] = [];
  for (let at = text.indexOf('${'); at >= 0; at = text.indexOf('${', at)) {
    if (text[at - 1] === '$') {
      at += 2;
      continue;
    }
    const { code, strings, end } = readExpression(text, at + 2);
    found.push(code, ...strings.flatMap(expressionsIn));
    at = end;
  }
  return found;
}

/** Reads up to the closing brace; strings become `""` in the code and are returned apart. */
function readExpression(text: string, start: number): { code: string; strings: string[]; end: number } {
  const strings: string[] = [];
  let code = '';
  let depth = 1;
  let at = start;
  for (; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (character === '"') {
      const end = endOfString(text, at + 1);
      strings.push(text.slice(at + 1, end));
      code += '""';
      at = end;
      continue;
    }
    if (character === '{') depth += 1;
    if (character === '}') depth -= 1;
    if (depth === 0) break;
    code += character;
  }
  return { code, strings, end: at };
}

function endOfString(text: string, start: number): number {
  for (let at = start; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (character === '\\') at += 1;
    else if (character === '"') return at;
    else if (character === '$' && text[at + 1] === '{' && text[at - 1] !== '$')
      at = readExpression(text, at + 2).end;
  }
  return text.length;
}

/** Dotted names of an expression, indices left out; single words are functions, keywords or loop variables. */
function referencesIn(expression: string): string[][] {
  const withoutIndices = expression.replace(/\[[^\]]*\]/g, '');
  return [...withoutIndices.matchAll(/(?<![\w.])[a-zA-Z_][\w-]*(?:\.[a-zA-Z_][\w-]*)+/g)].map(([name]) =>
    name.split('.'),
  );
}

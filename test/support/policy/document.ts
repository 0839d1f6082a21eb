/** What a statement names, and whether it means everything else (`NotAction`, `NotResource`, `NotPrincipal`). */
export interface Named {
  readonly negated: boolean;
  readonly values: readonly string[];
}

/** Principals of a statement as `type:identifier`, such as `AWS:111122223333`; `*` for everyone. */
export type Principals = Named;

export interface Condition {
  readonly operator: string;
  readonly key: string;
  readonly values: readonly string[];
}

export interface Statement {
  /** Its Sid, or its place in the document when it has none. */
  readonly sid: string;
  readonly effect: 'Allow' | 'Deny';
  /** Null in identity policies. */
  readonly principals: Principals | null;
  readonly actions: Named;
  readonly resources: Named;
  readonly conditions: readonly Condition[];
}

export interface PolicyDocument {
  /** What the policy hangs on, for people: a role and its policy, a bucket, a key. */
  readonly name: string;
  readonly statements: readonly Statement[];
}

type Json = Readonly<Record<string, unknown>>;

const ELEMENTS = [
  'Sid',
  'Effect',
  'Principal',
  'NotPrincipal',
  'Action',
  'NotAction',
  'Resource',
  'NotResource',
  'Condition',
];

/**
 * Reads a policy as AWS would: an element it does not know is an error, never a condition that silently holds.
 * @param kind identity policies have no principal, all others have to have one
 */
export function readPolicy(name: string, json: string, kind: 'identity' | 'resource'): PolicyDocument {
  const { Version, Statement, ...rest } = JSON.parse(json) as Json;
  const unknown = Object.keys(rest).filter((element) => element !== 'Id');
  if (unknown.length > 0) throw new Error(`${name}: unknown elements ${unknown.join(', ')}`);
  if (Version !== '2012-10-17') throw new Error(`${name}: version ${String(Version)}`);
  const statements = listOf(Statement) as Json[];
  return { name, statements: statements.map((each, at) => readStatement(`${name}[${at}]`, each, kind)) };
}

function readStatement(place: string, source: Json, kind: 'identity' | 'resource'): Statement {
  const unknown = Object.keys(source).filter((element) => !ELEMENTS.includes(element));
  if (unknown.length > 0) throw new Error(`${place}: unknown elements ${unknown.join(', ')}`);
  const { Effect: effect, Sid: sid } = source;
  if (effect !== 'Allow' && effect !== 'Deny') throw new Error(`${place}: effect ${String(effect)}`);
  const principals = readPrincipals(place, source);
  if ((principals === null) !== (kind === 'identity')) {
    throw new Error(`${place}: a principal belongs into resource policies, and only there`);
  }
  return {
    sid: typeof sid === 'string' && sid !== '' ? sid : place,
    effect,
    principals,
    actions: named(place, source, 'Action'),
    resources: kind === 'resource' && !hasResource(source) ? ANY : named(place, source, 'Resource'),
    conditions: readConditions(source['Condition']),
  };
}

/** Trust policies name no resource: it is the role they hang on. */
const ANY: Named = { negated: false, values: ['*'] };

function hasResource(source: Json): boolean {
  return source['Resource'] !== undefined || source['NotResource'] !== undefined;
}

function readPrincipals(place: string, source: Json): Principals | null {
  const negated = source['NotPrincipal'] !== undefined;
  const value = source['Principal'] ?? source['NotPrincipal'];
  if (value === undefined) return null;
  if (value === '*') return { negated, values: ['*'] };
  if (typeof value !== 'object' || value === null)
    throw new Error(`${place}: principal ${JSON.stringify(value)}`);
  const values = Object.entries(value).flatMap(([type, identifiers]) =>
    texts(identifiers).map((identifier) => (identifier === '*' ? '*' : `${type}:${identifier}`)),
  );
  if (values.length === 0) throw new Error(`${place}: a statement with no principals`);
  return { negated, values };
}

function named(place: string, source: Json, element: 'Action' | 'Resource'): Named {
  const plain = source[element];
  const negative = source[`Not${element}`];
  if ((plain === undefined) === (negative === undefined)) {
    throw new Error(`${place}: needs one of ${element} and Not${element}`);
  }
  const values = texts(plain ?? negative);
  if (values.length === 0) throw new Error(`${place}: ${element} is empty`);
  const variable = values.find((value) => value.includes('${'));
  if (variable !== undefined) throw new Error(`${place}: policy variable in ${variable}`);
  return { negated: negative !== undefined, values };
}

function readConditions(source: unknown): Condition[] {
  return Object.entries((source ?? {}) as Json).flatMap(([operator, keys]) =>
    Object.entries(keys as Json).map(([key, values]) => ({ operator, key, values: texts(values) })),
  );
}

function texts(value: unknown): string[] {
  return listOf(value).map((item) => {
    if (typeof item === 'string') return item;
    if (typeof item === 'number' || typeof item === 'boolean') return String(item);
    throw new Error(`expected text, found ${JSON.stringify(item)}`);
  });
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [value];
}

import { S3Error, notImplemented } from '../s3-error';
import { ALL_ACTIONS, actionKind } from './actions';
import { conditionKeyStatus, keyAppliesTo } from './condition-keys';
import { matchesAction, type Condition, type Patterns, type Policy, type Statement } from './evaluator';
import { acceptsValue, parseOperator } from './operators';

/** S3's limit for a bucket policy: 20 KB. */
const MAX_POLICY_BYTES = 20 * 1024;
const VERSIONS: readonly unknown[] = ['2012-10-17', '2008-10-17', undefined];
const POLICY_ELEMENTS = ['Version', 'Id', 'Statement'];
const STATEMENT_ELEMENTS = [
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

type JsonObject = Readonly<Record<string, unknown>>;

/**
 * Reads a bucket policy with the checks S3 makes when one is put.
 * @throws S3Error MalformedPolicy, or NotImplemented for what S3 knows and this server does not evaluate
 */
export function parsePolicy(text: string, bucket: string): Policy {
  // The documentation gives the limit but no code for it.
  if (Buffer.byteLength(text) > MAX_POLICY_BYTES) {
    throw malformed(`The policy is larger than ${MAX_POLICY_BYTES} bytes`);
  }
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw malformed("Policies must be valid JSON and the first byte must be '{'");
  }
  if (!isObject(document)) throw malformed("Policies must be valid JSON and the first byte must be '{'");
  onlyElements(document, POLICY_ELEMENTS);
  if (!VERSIONS.includes(document.Version)) throw malformed('The policy must contain a valid version string');
  if (document.Statement === undefined) throw malformed('Missing required field Statement');
  const statements = Array.isArray(document.Statement) ? document.Statement : [document.Statement];
  if (statements.length === 0) throw malformed('Could not parse the policy: Statement is empty!');
  return { statements: statements.map((statement: unknown) => parseStatement(statement, bucket)) };
}

function parseStatement(source: unknown, bucket: string): Statement {
  if (!isObject(source)) throw malformed('Invalid policy syntax.');
  onlyElements(source, STATEMENT_ELEMENTS);
  const { Effect: effect, Sid: sid } = source;
  if (effect === undefined) throw malformed('Missing required field Effect');
  if (effect !== 'Allow' && effect !== 'Deny') throw malformed('Invalid effect');
  if (effect === 'Allow' && source.NotPrincipal !== undefined) {
    throw malformed('Allow with NotPrincipal is not allowed.');
  }
  if (sid !== undefined && typeof sid !== 'string') throw malformed('Invalid policy syntax.');
  const statement: Statement = {
    sid: sid ?? null,
    effect,
    principals: parsePrincipals(source),
    actions: patterns(source, 'Action', 'NotAction'),
    resources: patterns(source, 'Resource', 'NotResource'),
    conditions: parseConditions(source.Condition),
  };
  checkResources(statement.resources, bucket);
  checkActions(statement);
  return statement;
}

function parsePrincipals(source: JsonObject): Patterns {
  const [name, negated] = either(source, 'Principal', 'NotPrincipal');
  const value = source[name];
  if (value === '*') return { negated, values: ['*'] };
  if (!isObject(value) || Object.keys(value).length === 0) throw malformed('Invalid principal in policy');
  const found: string[] = [];
  for (const [kind, members] of Object.entries(value)) {
    if (!['AWS', 'Service', 'Federated', 'CanonicalUser'].includes(kind)) {
      throw malformed('Invalid principal in policy');
    }
    // Only AWS principals can be behind a request to this server; the others never match.
    if (kind === 'AWS') found.push(...strings(members, 'Invalid principal in policy'));
  }
  for (const member of found) {
    if (!/^(\*|\d{12}|arn:[^:]+:(iam|sts)::\d{12}:[^*?]+)$/.test(member)) {
      throw malformed('Invalid principal in policy');
    }
  }
  return { negated, values: found };
}

function parseConditions(source: unknown): Condition[] {
  if (source === undefined) return [];
  if (!isObject(source)) throw malformed('Invalid policy syntax.');
  const conditions: Condition[] = [];
  for (const [name, keys] of Object.entries(source)) {
    if (/^(ForAllValues:|ForAnyValue:|(Not)?IpAddress|BinaryEquals)/.test(name)) {
      throw notImplemented(`the policy condition operator ${name}`);
    }
    const operator = parseOperator(name);
    if (operator === null) throw malformed(`Invalid Condition type : ${name}`);
    if (!isObject(keys)) throw malformed('Invalid policy syntax.');
    for (const [key, value] of Object.entries(keys)) {
      const status = conditionKeyStatus(key);
      if (status === 'unknown') throw malformed('Policy has an invalid condition key');
      if (status === 'not evaluated') throw notImplemented(`the policy condition key ${key}`);
      const values = strings(value, 'Invalid policy syntax.');
      for (const each of values) refuseVariables(each);
      if (!values.every((each) => acceptsValue(operator, each))) {
        throw malformed(`Invalid value for ${name} of ${key}`);
      }
      conditions.push({ operator, key: key.toLowerCase(), values });
    }
  }
  return conditions;
}

function checkResources(resources: Patterns, bucket: string): void {
  const arn = `arn:aws:s3:::${bucket}`;
  for (const value of resources.values) {
    refuseVariables(value);
    if (![arn, `${arn}*`].includes(value) && !value.startsWith(`${arn}/`)) {
      throw malformed('Policy has invalid resource');
    }
  }
}

/**
 * Every action has to apply to a resource of the statement, and every condition key to every action: S3 refuses
 * the whole statement otherwise. A wildcard stands for all the actions it covers; whether S3 reads it so for
 * condition keys is not documented, this is the stricter reading.
 */
function checkActions(statement: Statement): void {
  const { actions, resources, conditions } = statement;
  const isKind = (action: string) =>
    resources.values.some((resource) =>
      actionKind(action) === 'object' ? /[/*]/.test(resource) : !resource.includes('/'),
    );
  const covered: string[] = [];
  for (const pattern of actions.values) {
    const matching = ALL_ACTIONS.filter((action) => matchesAction(pattern, action));
    if (matching.length === 0) throw malformed('Policy has invalid action');
    if (!actions.negated && !resources.negated && !matching.some(isKind)) {
      throw malformed('Action does not apply to any resource(s) in statement');
    }
    covered.push(...matching);
  }
  const applicable = actions.negated ? ALL_ACTIONS.filter((action) => !covered.includes(action)) : covered;
  for (const { key } of conditions) {
    if (!applicable.every((action) => keyAppliesTo(key, action))) {
      throw malformed('Conditions do not apply to combination of actions and resources in statement');
    }
  }
}

function patterns(source: JsonObject, plain: string, negation: string): Patterns {
  const [name, negated] = either(source, plain, negation);
  return { negated, values: strings(source[name], 'Invalid policy syntax.') };
}

function either(source: JsonObject, plain: string, negation: string): [name: string, negated: boolean] {
  if (source[plain] !== undefined && source[negation] !== undefined)
    throw malformed('Invalid policy syntax.');
  if (source[plain] !== undefined) return [plain, false];
  if (source[negation] !== undefined) return [negation, true];
  throw malformed(`Missing required field ${plain}`);
}

/** Policies write one value or a list of them; booleans and numbers count as their text. */
function strings(value: unknown, complaint: string): string[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (list.length === 0) throw malformed(complaint);
  return list.map((item) => {
    if (typeof item === 'string') return item;
    if (typeof item === 'boolean' || typeof item === 'number') return String(item);
    throw malformed(complaint);
  });
}

function refuseVariables(value: string): void {
  if (value.includes('${')) throw notImplemented('policy variables (${...})');
}

function onlyElements(source: JsonObject, allowed: readonly string[]): void {
  const unknown = Object.keys(source).find((name) => !allowed.includes(name));
  if (unknown !== undefined) throw malformed(`Unknown field ${unknown}`);
}

function malformed(message: string): S3Error {
  return new S3Error('MalformedPolicy', message);
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

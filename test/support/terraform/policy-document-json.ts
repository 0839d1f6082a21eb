import { isList, isObject, textOf, type Value } from './expression';

/** JSON text that Terraform makes of an `aws_iam_policy_document`, from its evaluated configuration. */
export function policyDocumentJson(address: string, config: { readonly [name: string]: Value }): string {
  const { statement, ...rest } = config;
  const unknown = Object.keys(rest).filter(
    (name) => !['//', 'provider', 'version', 'policy_id', 'count'].includes(name),
  );
  if (unknown.length > 0) throw new Error(`${address}: ${unknown.join(', ')} is not handled here`);
  if (!isList(statement)) throw new Error(`${address}: no statements`);
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: statement.map((each) => statementJson(address, each)),
  });
}

const ELEMENTS: Readonly<Record<string, string>> = {
  sid: 'Sid',
  effect: 'Effect',
  actions: 'Action',
  not_actions: 'NotAction',
  resources: 'Resource',
  not_resources: 'NotResource',
};

function statementJson(address: string, statement: Value): Record<string, unknown> {
  if (!isObject(statement)) throw new Error(`${address}: a statement is no object`);
  const json: Record<string, unknown> = { Effect: 'Allow' };
  for (const [name, value] of Object.entries(statement)) {
    const element = ELEMENTS[name];
    if (element !== undefined) json[element] = value;
    else if (name === 'principals') json['Principal'] = principalsJson(value);
    else if (name === 'not_principals') json['NotPrincipal'] = principalsJson(value);
    else if (name === 'condition') json['Condition'] = conditionsJson(address, value);
    else throw new Error(`${address}: "${name}" is no argument of a statement`);
  }
  return json;
}

function blocks(value: Value): readonly { readonly [name: string]: Value }[] {
  const list = isList(value) ? value : [value];
  return list.filter(isObject);
}

function principalsJson(value: Value): unknown {
  const principals: Record<string, Value[]> = {};
  for (const { type, identifiers } of blocks(value)) {
    // Terraform writes type "*" as the bare star.
    if (type === '*') return '*';
    (principals[textOf(type, 'principal type')] ??= []).push(...(isList(identifiers) ? identifiers : []));
  }
  return principals;
}

function conditionsJson(address: string, value: Value): Record<string, Record<string, Value>> {
  const conditions: Record<string, Record<string, Value>> = {};
  for (const { test, variable, values } of blocks(value)) {
    const keys = (conditions[textOf(test, address)] ??= {});
    const key = textOf(variable, address);
    if (key in keys) throw new Error(`${address}: two conditions on ${key} with the same test`);
    keys[key] = values ?? null;
  }
  return conditions;
}

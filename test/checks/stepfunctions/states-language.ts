type Json = { readonly [name: string]: unknown };

const COMMON = ['Type', 'Comment', 'InputPath', 'OutputPath'];
const FLOW = [...COMMON, 'Next', 'End', 'ResultPath'];
const WORK = [...FLOW, 'Parameters', 'ResultSelector', 'Retry', 'Catch', 'TimeoutSeconds'];

/** Fields of each type of state in JSONPath, as the Amazon States Language has them. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  Task: [...WORK, 'Resource', 'HeartbeatSeconds', 'Credentials'],
  Pass: [...FLOW, 'Parameters', 'Result'],
  Choice: [...COMMON, 'Choices', 'Default'],
  Wait: [...COMMON, 'Next', 'End', 'Seconds', 'SecondsPath', 'Timestamp', 'TimestampPath'],
  Succeed: COMMON,
  Fail: ['Type', 'Comment', 'Error', 'ErrorPath', 'Cause', 'CausePath'],
  Map: [
    ...WORK,
    'Label',
    'ItemReader',
    'ItemSelector',
    'ItemProcessor',
    'ItemsPath',
    'MaxConcurrency',
    'ToleratedFailurePercentage',
    'ToleratedFailureCount',
    'ResultWriter',
  ],
};
const REQUIRED: Readonly<Record<string, readonly string[]>> = {
  Task: ['Resource'],
  Choice: ['Choices'],
  Fail: ['Error', 'Cause'],
  Map: ['ItemProcessor'],
};
const ENDS = ['Succeed', 'Fail'];

/** Errors that Step Functions itself has; any other name beginning with `States.` matches nothing. */
const RESERVED_ERRORS = [
  'States.ALL',
  'States.BranchFailed',
  'States.DataLimitExceeded',
  'States.ExceedToleratedFailureThreshold',
  'States.HeartbeatTimeout',
  'States.IntrinsicFailure',
  'States.ItemReaderFailed',
  'States.NoChoiceMatched',
  'States.ParameterPathFailure',
  'States.Permissions',
  'States.ResultPathMatchFailure',
  'States.ResultWriterFailed',
  'States.Runtime',
  'States.TaskFailed',
  'States.Timeout',
];
const RETRY_FIELDS = [
  'ErrorEquals',
  'IntervalSeconds',
  'MaxAttempts',
  'BackoffRate',
  'MaxDelaySeconds',
  'JitterStrategy',
];
const CATCH_FIELDS = ['ErrorEquals', 'ResultPath', 'Next'];
const COMPARISONS = /^(IsPresent|(String|Numeric)(Equals|LessThan|GreaterThan)(Equals)?|StringMatches)$/;
const FUNCTIONS = [
  'Array',
  'ArrayGetItem',
  'ArrayLength',
  'ArrayRange',
  'Format',
  'JsonToString',
  'MathAdd',
  'StringToJson',
];
const JSONATA = ['QueryLanguage', 'Arguments', 'Assign', 'Output', 'Items', 'Condition'];
const LONGEST_NAME = 80;
const REFERENCE_PATH = /^\$(\.\w+|\[\d+\])*$/;

/** What Step Functions would refuse in a definition, or never reach, or never leave; empty for a good one. */
export function faultsOfMachine(machine: unknown, place = ''): string[] {
  const { StartAt, States } = object(machine);
  const states = object(States);
  const faults: string[] = [];
  const fault = (name: string, what: string): void => void faults.push(`${place}${name}: ${what}`);
  if (!(String(StartAt) in states)) fault('StartAt', `there is no state ${String(StartAt)}`);
  for (const [name, value] of Object.entries(states)) {
    const state = object(value);
    if (name.length > LONGEST_NAME) fault(name, 'its name is too long');
    for (const what of faultsOfState(state)) fault(name, what);
    for (const next of nextOf(state))
      if (!(next in states)) fault(name, `there is no state ${next} to go to`);
    if (state['Type'] === 'Map')
      faults.push(...faultsOfMachine(state['ItemProcessor'], `${place}${name} > `));
  }
  const reached = closure([String(StartAt)], (name) => nextOf(object(states[name])));
  const leads = (from: string): boolean =>
    [...closure([from], (name) => nextOf(object(states[name])))].some((name) => isEnd(object(states[name])));
  for (const name of Object.keys(states)) {
    if (!reached.has(name)) fault(name, 'it is never reached');
    if (!leads(name)) fault(name, 'no end can be reached from it');
  }
  return faults;
}

function faultsOfState(state: Json): string[] {
  const type = String(state['Type']);
  const fields = FIELDS[type];
  if (fields === undefined) return [`there is no type ${type}`];
  const faults = Object.keys(state).flatMap((field) =>
    fields.includes(field) ? [] : [`a ${type} has no field ${field}`],
  );
  for (const field of REQUIRED[type] ?? []) if (!(field in state)) faults.push(`${field} is missing`);
  if (fields.includes('Next') && 'Next' in state === (state['End'] === true)) {
    faults.push('it needs Next or End, and not both');
  }
  faults.push(...faultsOfPaths(state));
  faults.push(...faultsOfErrors('Retry', state['Retry'], RETRY_FIELDS));
  faults.push(...faultsOfErrors('Catch', state['Catch'], CATCH_FIELDS));
  for (const choice of list(state['Choices'])) faults.push(...faultsOfChoice(object(choice), true));
  return faults;
}

function faultsOfErrors(what: string, entries: unknown, fields: readonly string[]): string[] {
  const all = list(entries).map(object);
  return all.flatMap((entry, at) => {
    const names = list(entry['ErrorEquals']).map(String);
    const unknown = names.filter((name) => name.startsWith('States.') && !RESERVED_ERRORS.includes(name));
    const alone = !names.includes('States.ALL') || (names.length === 1 && at === all.length - 1);
    return [
      ...(names.length === 0 ? [`${what} names no error`] : []),
      ...unknown.map((name) => `${what} names ${name}, which never occurs`),
      ...(alone ? [] : [`${what} has States.ALL not alone and last`]),
      ...Object.keys(entry).flatMap((field) =>
        fields.includes(field) ? [] : [`${what} has no field ${field}`],
      ),
    ];
  });
}

function faultsOfChoice(choice: Json, top: boolean): string[] {
  const { Next, Variable, And, Or, Not, ...comparison } = choice;
  if ((Next !== undefined) !== top) return ['Next belongs to the outermost rule of a choice'];
  const parts = [...list(And), ...list(Or), ...(Not === undefined ? [] : [Not])];
  if (parts.length > 0) return parts.flatMap((part) => faultsOfChoice(object(part), false));
  const [operator, ...others] = Object.keys(comparison);
  if (operator === undefined || others.length > 0 || !COMPARISONS.test(operator)) {
    return [`a choice compares by ${[operator, ...others].join(', ')}`];
  }
  return REFERENCE_PATH.test(String(Variable)) ? [] : [`a choice looks at ${String(Variable)}`];
}

/** JSONPath only, and only where the name of a field says so. */
function faultsOfPaths(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(faultsOfPaths);
  if (typeof value === 'string') return value.includes('{%') ? [`${value} is JSONata`] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) => {
    if (name === 'ItemProcessor') return [];
    const faults = JSONATA.includes(name) ? [`${name} belongs to JSONata`] : faultsOfPaths(member);
    if (!name.endsWith('.$')) return faults;
    const text = String(member);
    const called = [...text.replaceAll(/'[^']*'/g, "''").matchAll(/States\.(\w+)\(/g)].map(
      ([, called]) => called ?? '',
    );
    const isPath = /^\$\$?(\.\w+|\[\d+\])*$/.test(text);
    if (!isPath && called.length === 0) faults.push(`${name} is neither a path nor a function: ${text}`);
    return [
      ...faults,
      ...called.flatMap((each) => (FUNCTIONS.includes(each) ? [] : [`there is no function ${each}`])),
    ];
  });
}

function nextOf(state: Json): string[] {
  const direct = [state['Next'], state['Default']];
  const others = [...list(state['Choices']), ...list(state['Catch'])].map((each) => object(each)['Next']);
  return [...direct, ...others].filter((next): next is string => typeof next === 'string');
}

function isEnd(state: Json): boolean {
  return state['End'] === true || ENDS.includes(String(state['Type']));
}

function closure(start: readonly string[], next: (name: string) => readonly string[]): Set<string> {
  const found = new Set(start);
  for (const name of found) for (const each of next(name)) found.add(each);
  return found;
}

function object(value: unknown): Json {
  return typeof value === 'object' && value !== null ? (value as Json) : {};
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

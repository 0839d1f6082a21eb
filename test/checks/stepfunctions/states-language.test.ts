import { faultsOfMachine } from './states-language';

const END = { Type: 'Succeed' };
const TASK = { Type: 'Task', Resource: 'arn:aws:states:::ecs:runTask.sync', Next: 'End' };
const machine = (first: object, others: object = {}) => ({
  StartAt: 'First',
  States: { First: first, ...others, End: END },
});

test('a machine without a fault', () => {
  const retry = { ErrorEquals: ['ECS.AmazonECSException'], MaxAttempts: 2 };
  const first = { ...TASK, Retry: [retry], Catch: [{ ErrorEquals: ['States.ALL'], Next: 'End' }] };
  expect(faultsOfMachine(machine(first))).toEqual([]);
});

test.each<[string, object, string]>([
  ['a start that is not there', { StartAt: 'X', States: { End: END } }, 'StartAt: there is no state X'],
  ['a next that is not there', machine({ ...TASK, Next: 'X' }), 'First: there is no state X to go to'],
  ['a state that is never reached', machine(TASK, { Lost: END }), 'Lost: it is never reached'],
  [
    'a loop without an end',
    machine({ ...TASK, Next: 'Loop' }, { Loop: { Type: 'Pass', Next: 'First' } }),
    'Loop: no end can be reached from it',
  ],
  ['neither Next nor End', machine({ Type: 'Pass' }), 'First: it needs Next or End, and not both'],
  ['both', machine({ ...TASK, End: true }), 'First: it needs Next or End, and not both'],
  ['a type that does not exist', machine({ Type: 'Do' }), 'First: there is no type Do'],
  ['a field of another type', machine({ ...TASK, Seconds: 1 }), 'First: a Task has no field Seconds'],
  [
    'a catcher on a Pass',
    machine({ Type: 'Pass', Catch: [], Next: 'End' }),
    'First: a Pass has no field Catch',
  ],
  ['no resource', machine({ Type: 'Task', Next: 'End' }), 'First: Resource is missing'],
  [
    'an error that never occurs',
    machine({ ...TASK, Retry: [{ ErrorEquals: ['States.Failed'] }] }),
    'First: Retry names States.Failed, which never occurs',
  ],
  [
    'States.ALL before others',
    machine({
      ...TASK,
      Catch: [
        { ErrorEquals: ['States.ALL'], Next: 'End' },
        { ErrorEquals: ['X'], Next: 'End' },
      ],
    }),
    'First: Catch has States.ALL not alone and last',
  ],
  ['JSONata', machine({ ...TASK, Parameters: { a: '{% $x %}' } }), 'First: {% $x %} is JSONata'],
  ['a field of JSONata', machine({ ...TASK, Arguments: {} }), 'First: Arguments belongs to JSONata'],
  [
    'text where a path belongs',
    machine({ ...TASK, Parameters: { 'a.$': 'x' } }),
    'First: a.$ is neither a path nor a function: x',
  ],
  [
    'a function that does not exist',
    machine({ ...TASK, Parameters: { 'a.$': "States.Join('States.Nothing()', $.x)" } }),
    'First: there is no function Join',
  ],
  [
    'a comparison that does not exist',
    machine({ Type: 'Choice', Choices: [{ Variable: '$.x', Equals: 1, Next: 'End' }] }),
    'First: a choice compares by Equals',
  ],
  [
    'a rule that leads somewhere from within',
    machine({
      Type: 'Choice',
      Choices: [{ And: [{ Variable: '$.x', IsPresent: true, Next: 'End' }], Next: 'End' }],
    }),
    'First: Next belongs to the outermost rule of a choice',
  ],
  [
    'a fault inside of a Map',
    machine({ Type: 'Map', ItemProcessor: machine({ ...TASK, Next: 'X' }), Next: 'End' }),
    'First > First: there is no state X to go to',
  ],
])('%s', (_, broken, fault) => {
  expect(faultsOfMachine(broken)).toContain(fault);
});

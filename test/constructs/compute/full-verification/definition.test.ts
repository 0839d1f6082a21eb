import { fullVerificationDefinition } from '../../../../constructs/compute/full-verification/definition';
import { parseTask } from '../../../../runtime/commands/verify-task';
import { EXIT } from '../../../../runtime/contract';
import { faultsOfMachine } from '../../../checks/stepfunctions/states-language';

interface State {
  readonly Type: string;
  readonly Next?: string;
  readonly Default?: string;
  readonly Parameters?: Readonly<Record<string, unknown>>;
  readonly Retry?: readonly Readonly<Record<string, unknown>>[];
  readonly Choices?: readonly {
    readonly And?: readonly Readonly<Record<string, unknown>>[];
    readonly Next: string;
  }[];
}
interface Machine {
  readonly StartAt: string;
  readonly TimeoutSeconds: number;
  readonly States: Readonly<Record<string, State>>;
}

const MACHINE = fullVerificationDefinition({
  place: {
    partition: 'aws',
    clusterArn: 'arn:aws:ecs:us-east-1:111122223333:cluster/audit',
    taskDefinitionArn: 'arn:aws:ecs:us-east-1:111122223333:task-definition/verify:7',
    subnetIds: ['subnet-1', 'subnet-2'],
    securityGroupId: 'sg-1',
    assignPublicIp: false,
  },
  reportsBucketName: 'reports',
  reportsPrefix: 'full/',
  tasks: 16,
  shards: 64,
  timeoutHours: 720,
}) as Machine;
const MAP = MACHINE.States['Shards'] as unknown as State & {
  readonly ItemProcessor: Machine & { readonly ProcessorConfig: object };
  readonly ItemReader: object;
  readonly ItemSelector: object;
  readonly MaxConcurrency: number;
  readonly ToleratedFailurePercentage: number;
};

/** State that follows on an exit code, by state of choice. */
function onExit(states: Machine['States'], step: string, code: number): string | undefined {
  const choice = states[`${step}: exit code`];
  const rule = choice?.Choices?.find(({ And }) => And?.some(({ NumericEquals }) => NumericEquals === code));
  return rule?.Next ?? choice?.Default;
}

function commandOf(state: State | undefined): unknown {
  const { Overrides } = state?.Parameters as {
    readonly Overrides: { readonly ContainerOverrides: readonly [Readonly<Record<string, unknown>>] };
  };
  return Overrides.ContainerOverrides[0]['Command.$'];
}

test('Step Functions has nothing to refuse in it, and every state is reached and left', () => {
  expect(faultsOfMachine(MACHINE)).toEqual([]);
});

test('each step is one command of the runtime', () => {
  expect(commandOf(MACHINE.States['Plan'])).toBe(
    "States.Array('verify', '--plan', '64', '--out', $.location)",
  );
  expect(commandOf(MAP.ItemProcessor.States['Shard'])).toBe(
    "States.Array('verify', '--shard', $.location, '--number', States.Format('{}', $.number), '--max-age', '720')",
  );
  expect(commandOf(MACHINE.States['Merge'])).toBe(
    "States.Array('verify', '--merge', $.location, '--out', $.location, '--max-age', '720')",
  );
});

test('a plan counts for as long as an execution may take, the longest one too', () => {
  expect(MACHINE.TimeoutSeconds).toBe(720 * 3_600);
  expect(parseTask({ merge: 's3://reports/full/one/', maxAge: '720' })).toMatchObject({
    age: { maxAgeHours: 720 },
  });
});

test('every execution has a place of its own, whatever its input is', () => {
  expect(MACHINE.StartAt).toBe('Begin');
  expect(MACHINE.States['Begin']?.Parameters).toEqual({
    'location.$': "States.Format('s3://reports/full/{}/', $$.Execution.Name)",
    'numbers.$': "States.Format('full/{}/shards.json', $$.Execution.Name)",
    plan: { attempt: 1 },
    merge: { attempt: 1 },
  });
});

test('a child per shard of the plan, as many at a time as there are tasks, none of which stops the others', () => {
  expect(MAP).toMatchObject({
    ItemReader: {
      Resource: 'arn:aws:states:::s3:getObject',
      Parameters: { Bucket: 'reports', 'Key.$': '$.numbers' },
    },
    ItemSelector: { 'location.$': '$.location', 'number.$': '$$.Map.Item.Value', shard: { attempt: 1 } },
    MaxConcurrency: 16,
    ToleratedFailurePercentage: 100,
    Next: 'Merge',
    Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Merge' }],
  });
  expect(MAP.ItemProcessor.ProcessorConfig).toEqual({ Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' });
});

test.each([
  ['Plan', EXIT.ok, 'Shards'],
  ['Plan', EXIT.tampered, 'Shards'],
  ['Plan', EXIT.usage, 'NotEvaluated'],
  ['Plan', EXIT.notEvaluated, 'Plan: again?'],
  ['Merge', EXIT.ok, 'Verified'],
  ['Merge', EXIT.tampered, 'Tampered'],
  ['Merge', EXIT.usage, 'NotEvaluated'],
  ['Merge', EXIT.notEvaluated, 'Merge: again?'],
  ['Merge', 137, 'Merge: again?'],
])('%s with exit code %i leads to %s', (step, code, next) => {
  expect(onExit(MACHINE.States, step, code)).toBe(next);
});

test.each([
  [EXIT.ok, 'Reported'],
  [EXIT.tampered, 'Reported'],
  [EXIT.usage, 'NotRead'],
  [EXIT.notEvaluated, 'Shard: again?'],
  [137, 'Shard: again?'],
])('a shard with exit code %i leads to %s', (code, next) => {
  expect(onExit(MAP.ItemProcessor.States, 'Shard', code)).toBe(next);
});

test('what never started is asked for again, later and later and not all at once', () => {
  const steps = [MACHINE.States['Plan'], MAP.ItemProcessor.States['Shard'], MACHINE.States['Merge']];
  for (const step of steps) {
    expect(step?.Retry).toEqual([
      expect.objectContaining({ BackoffRate: 2, JitterStrategy: 'FULL', MaxAttempts: 8 }),
    ]);
    // An exit code is no reason to ask ECS again: it is looked at first.
    expect(step?.Retry?.[0]?.['ErrorEquals']).not.toContain('States.TaskFailed');
  }
});

test('tampering, and nothing else, ends as Tampered', () => {
  const leading = Object.entries(MACHINE.States).flatMap(([name, { Next, Default, Choices = [] }]) =>
    [Next, Default, ...Choices.map((choice) => choice.Next)].includes('Tampered') ? [name] : [],
  );
  expect(leading).toEqual(['Merge: exit code']);
});

import { Fn, Token } from 'cdktf';
import { EXIT, type ExitCode } from '../../../runtime/contract';
import { isUnknownAtSynth } from '../../validation';
import { CONTAINER_NAME } from '../tasks/task-definition';

/** A state of the Amazon States Language. */
export type State = Readonly<Record<string, unknown>>;
export type States = Readonly<Record<string, State>>;

/** What every task of a state machine has in common. */
export interface TaskPlace {
  /** `aws`, `aws-cn`, ... */
  readonly partition: string;
  readonly clusterArn: string;
  /** With its revision. */
  readonly taskDefinitionArn: string;
  readonly subnetIds: readonly string[];
  readonly securityGroupId: string;
  readonly assignPublicIp: boolean;
}

/** One command of the program as a task of ECS, and where each way it can end leads to. */
export interface TaskStep {
  readonly name: string;
  /** Arguments of `audit-anchor`: texts, or expressions that begin with `$.` or `States.`. */
  readonly command: readonly string[];
  /** Next state for exit codes that settle the step. */
  readonly onExit: Readonly<Partial<Record<ExitCode, string>>>;
  /** Next state when the step could not be done, after all attempts. */
  readonly otherwise: string;
}

/** Runs of a step that ended without a settling exit code: killed, out of memory, database away. */
const ATTEMPTS = 3;
const SECONDS_BETWEEN_ATTEMPTS = 60;

/** Fargate without capacity, and ECS throttling or failing: the task was never started. */
const NOT_STARTED = {
  ErrorEquals: ['ECS.AmazonECSException', 'ECS.ServerException', 'ECS.ThrottlingException'],
  IntervalSeconds: 30,
  MaxAttempts: 8,
  BackoffRate: 2,
  MaxDelaySeconds: 600,
  JitterStrategy: 'FULL',
};

const EXIT_CODE = '$.ended.container.ExitCode';

/** Part of a step's input that counts its attempts; it has to be in the input of the first state. */
export function firstAttempt(name: string): Record<string, { readonly attempt: number }> {
  return { [counterOf(name)]: { attempt: 1 } };
}

/** First state of a step. */
export function startOf({ name }: Pick<TaskStep, 'name'>): string {
  return name;
}

/**
 * The states of a step. `.sync` fails a task with any exit code but 0, and its cause is the description of the task:
 * tampering that was found, a crash and a task that never started look the same to `Retry` and `Catch`, and are told
 * apart here by the exit code, or by there being none.
 */
export function taskStates(step: TaskStep, place: TaskPlace): States {
  const { name, otherwise } = step;
  const exit = `${name}: exit code`;
  const failed = `${name}: failed`;
  const read = `${name}: read failure`;
  const described = `${name}: described?`;
  const container = `${name}: container`;
  const again = `${name}: again?`;
  const count = `${name}: count`;
  const wait = `${name}: wait`;
  return {
    [startOf(step)]: {
      Type: 'Task',
      Resource: `arn:${place.partition}:states:::ecs:runTask.sync`,
      Parameters: runTask(step, place),
      ResultSelector: { 'container.$': '$.Containers[0]' },
      ResultPath: '$.ended',
      Retry: [NOT_STARTED],
      Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.failed', Next: failed }],
      Next: exit,
    },
    [failed]: {
      Type: 'Choice',
      Choices: [
        {
          And: [
            { Variable: '$.failed.Error', StringEquals: 'States.TaskFailed' },
            { Variable: '$.failed.Cause', StringMatches: '{*}' },
          ],
          Next: read,
        },
      ],
      Default: again,
    },
    [read]: {
      Type: 'Pass',
      Parameters: { 'task.$': 'States.StringToJson($.failed.Cause)' },
      ResultPath: '$.stopped',
      Next: described,
    },
    [described]: {
      Type: 'Choice',
      Choices: [{ Variable: '$.stopped.task.Containers[0]', IsPresent: true, Next: container }],
      Default: again,
    },
    [container]: {
      Type: 'Pass',
      Parameters: { 'container.$': '$.stopped.task.Containers[0]' },
      ResultPath: '$.ended',
      Next: exit,
    },
    [exit]: { Type: 'Choice', Choices: exits(step), Default: again },
    [again]: {
      Type: 'Choice',
      Choices: [{ Variable: `$.${counterOf(name)}.attempt`, NumericLessThan: ATTEMPTS, Next: count }],
      Default: otherwise,
    },
    [count]: {
      Type: 'Pass',
      Parameters: { 'attempt.$': `States.MathAdd($.${counterOf(name)}.attempt, 1)` },
      ResultPath: `$.${counterOf(name)}`,
      Next: wait,
    },
    [wait]: { Type: 'Wait', Seconds: SECONDS_BETWEEN_ATTEMPTS, Next: startOf(step) },
  };
}

function counterOf(name: string): string {
  return name.toLowerCase();
}

function exits({ onExit, otherwise }: TaskStep): object[] {
  const settled = Object.entries(onExit).map(([code, next]) => [Number(code), next] as const);
  // What is configured wrongly stays so.
  return [...settled, [EXIT.usage, otherwise] as const].map(([code, next]) => ({
    And: [
      { Variable: EXIT_CODE, IsPresent: true },
      { Variable: EXIT_CODE, NumericEquals: code },
    ],
    Next: next,
  }));
}

function runTask({ command }: TaskStep, place: TaskPlace): object {
  return {
    Cluster: place.clusterArn,
    TaskDefinition: place.taskDefinitionArn,
    LaunchType: 'FARGATE',
    NetworkConfiguration: {
      AwsvpcConfiguration: {
        Subnets: place.subnetIds,
        SecurityGroups: [place.securityGroupId],
        AssignPublicIp: place.assignPublicIp ? 'ENABLED' : 'DISABLED',
      },
    },
    Overrides: {
      ContainerOverrides: [
        { Name: CONTAINER_NAME, 'Command.$': `States.Array(${command.map(argument).join(', ')})` },
      ],
    },
  };
}

function argument(text: string): string {
  return /^(\$|States\.)/.test(text) && !isUnknownAtSynth(text) ? text : `'${text}'`;
}

/** A number as an argument, also when only Terraform knows it. */
export function numberArgument(value: number): string {
  return isUnknownAtSynth(value) ? Token.asString(Fn.tostring(value)) : String(value);
}

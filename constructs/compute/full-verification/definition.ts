import { Op, Token } from 'cdktf';
import { EXIT, SHARD_NUMBERS } from '../../../runtime/contract';
import {
  firstAttempt,
  numberArgument,
  startOf,
  type States,
  type TaskPlace,
  taskStates,
  type TaskStep,
} from './states';
import { isUnknownAtSynth } from '../../validation';

const SECONDS_PER_HOUR = 3_600;

export interface FullVerificationPlan {
  readonly place: TaskPlace;
  /** Bucket of plan, partial reports and report. */
  readonly reportsBucketName: string;
  /** What their keys begin with, ending in "/"; the name of the execution follows. */
  readonly reportsPrefix: string;
  /** Tasks that read at the same time. */
  readonly tasks: number;
  /** Shards that the chain is divided into. */
  readonly shards: number;
  /** Hours after which an execution is stopped; what it has planned counts for as long. */
  readonly timeoutHours: number;
}

/**
 * What a state machine that verifies everything does, in the Amazon States Language with JSONPath.
 *
 * A plan, a task for each shard and a merge: each leaves what it has found in the bucket of reports, sealed with the
 * keys of the chain, so that what the machine passes on is a place and numbers. The merge always follows once there
 * is a plan, for shards that were not read are its to name; its exit code is the verdict. The input of an execution
 * is not looked at: who may start one decides nothing about it.
 */
export function fullVerificationDefinition(plan: FullVerificationPlan): object {
  const { place, timeoutHours } = plan;
  const planning: TaskStep = {
    name: 'Plan',
    command: ['verify', '--plan', numberArgument(plan.shards), '--out', '$.location'],
    // Tampering in the bucket is for the merge to judge, which finds it again.
    onExit: { [EXIT.ok]: 'Shards', [EXIT.tampered]: 'Shards' },
    otherwise: 'NotEvaluated',
  };
  const merging: TaskStep = {
    name: 'Merge',
    command: ['verify', '--merge', '$.location', '--out', '$.location', ...maxAge(plan)],
    onExit: { [EXIT.ok]: 'Verified', [EXIT.tampered]: 'Tampered' },
    otherwise: 'NotEvaluated',
  };
  return {
    Comment: 'Verifies every anchor and every event of an audit chain in several tasks',
    StartAt: 'Begin',
    TimeoutSeconds: inSeconds(timeoutHours),
    States: {
      Begin: {
        Type: 'Pass',
        Parameters: {
          'location.$': formatted(`s3://${plan.reportsBucketName}/${plan.reportsPrefix}{}/`),
          'numbers.$': formatted(`${plan.reportsPrefix}{}/${SHARD_NUMBERS}`),
          ...firstAttempt(planning.name),
          ...firstAttempt(merging.name),
        },
        Next: startOf(planning),
      },
      ...taskStates(planning, place),
      Shards: shardsOf(plan, startOf(merging)),
      ...taskStates(merging, place),
      ...verdicts(),
    },
  };
}

function formatted(template: string): string {
  return `States.Format('${template}', $$.Execution.Name)`;
}

/** A plan is never older than its execution, which may take longer than plans count by default. */
function maxAge({ timeoutHours }: FullVerificationPlan): readonly string[] {
  return ['--max-age', numberArgument(timeoutHours)];
}

function inSeconds(hours: number): number {
  return isUnknownAtSynth(hours) ? Token.asNumber(Op.mul(hours, SECONDS_PER_HOUR)) : hours * SECONDS_PER_HOUR;
}

function shardsOf(plan: FullVerificationPlan, next: string): object {
  const { place, reportsBucketName, tasks } = plan;
  const shard: TaskStep = {
    name: 'Shard',
    command: [
      'verify',
      '--shard',
      '$.location',
      '--number',
      "States.Format('{}', $.number)",
      ...maxAge(plan),
    ],
    // Tampering is in the partial report.
    onExit: { [EXIT.ok]: 'Reported', [EXIT.tampered]: 'Reported' },
    otherwise: 'NotRead',
  };
  return {
    Type: 'Map',
    Label: 'Shards',
    ItemReader: {
      Resource: `arn:${place.partition}:states:::s3:getObject`,
      ReaderConfig: { InputType: 'JSON' },
      Parameters: { Bucket: reportsBucketName, 'Key.$': '$.numbers' },
    },
    ItemSelector: {
      'location.$': '$.location',
      'number.$': '$$.Map.Item.Value',
      ...firstAttempt(shard.name),
    },
    ItemProcessor: {
      ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
      StartAt: startOf(shard),
      States: {
        ...taskStates(shard, place),
        // Nothing but an empty object: results of all shards have to fit into 256 KiB.
        Reported: { Type: 'Pass', Result: {}, End: true },
        NotRead: {
          Type: 'Fail',
          Error: 'NotRead',
          Cause: 'The shard has no partial report; the log of its task says why',
        },
      },
    },
    MaxConcurrency: tasks,
    // No shard stops the others: what they find is evidence, and what is missing is named by the merge.
    ToleratedFailurePercentage: 100,
    ResultPath: '$.shards',
    Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.failed', Next: next }],
    Next: next,
  };
}

function verdicts(): States {
  return {
    Verified: { Type: 'Succeed' },
    Tampered: {
      Type: 'Fail',
      Error: 'Tampered',
      Cause: 'Tampering was found; the report names it',
    },
    NotEvaluated: {
      Type: 'Fail',
      Error: 'NotEvaluated',
      Cause: 'Nothing is proven and nothing is known to be wrong; the log of the task that failed says why',
    },
  };
}

import { randomUUID } from 'node:crypto';
import { TASK_FAILED_HERE } from './local-definition';

/** Parameters of RunTask, as the state machine has evaluated them. */
export interface RunTask {
  readonly Cluster: string;
  readonly TaskDefinition: string;
  readonly LaunchType: string;
  readonly NetworkConfiguration: {
    readonly AwsvpcConfiguration: {
      readonly Subnets: readonly string[];
      readonly SecurityGroups: readonly string[];
      readonly AssignPublicIp: string;
    };
  };
  readonly Overrides: {
    readonly ContainerOverrides: readonly [{ readonly Name: string; readonly Command: readonly string[] }];
  };
}

/** How a task ended: without an exit code when it was killed, or it was never started, and why. */
export type Ending = { readonly exitCode: number | null } | { readonly notStarted: string };

/** Runs the program with the arguments of a task. */
export type RunCommand = (command: readonly string[]) => Promise<Ending>;

/** What the state machine is told. */
export interface Answer {
  readonly failed: boolean;
  readonly payload: object;
}

/**
 * Stands for ECS behind `runTask.sync`: runs what the state machine asks for, and answers as Step Functions does,
 * which fails a state with the description of the task as its cause unless the exit code is 0.
 */
export class EcsStandIn {
  /** Requests, in order. */
  readonly requests: RunTask[] = [];
  /** The most tasks that ran at the same time. */
  most = 0;
  private running = 0;
  private run: RunCommand;

  constructor(run: RunCommand) {
    this.run = run;
  }

  /** From now on tasks run so; forgets what was asked for before. */
  reset(run: RunCommand): void {
    this.run = run;
    this.requests.length = 0;
    this.most = 0;
  }

  async runTask(json: string): Promise<Answer> {
    const request = JSON.parse(json) as RunTask;
    this.requests.push(request);
    this.running += 1;
    this.most = Math.max(this.most, this.running);
    const ending = await this.run(request.Overrides.ContainerOverrides[0].Command);
    this.running -= 1;
    if ('notStarted' in ending) {
      const payload = { errorType: 'ECS.AmazonECSException', errorMessage: ending.notStarted };
      return { failed: true, payload };
    }
    const description = describe(request, ending.exitCode);
    if (ending.exitCode === 0) return { failed: false, payload: description };
    return { failed: true, payload: { errorType: TASK_FAILED_HERE, ...description } };
  }
}

/** What DescribeTasks says of a task that has ended, with capital letters as in Step Functions. */
function describe({ Cluster, TaskDefinition, Overrides }: RunTask, exitCode: number | null): object {
  const [{ Name }] = Overrides.ContainerOverrides;
  return {
    ClusterArn: Cluster,
    TaskArn: `${Cluster.replace(':cluster/', ':task/')}/${randomUUID().replaceAll('-', '')}`,
    TaskDefinitionArn: TaskDefinition,
    LastStatus: 'STOPPED',
    DesiredStatus: 'STOPPED',
    StopCode: 'EssentialContainerExited',
    StoppedReason: 'Essential container in task exited',
    Containers: [
      {
        Name,
        LastStatus: 'STOPPED',
        ...(exitCode === null ? { Reason: 'OutOfMemoryError: container killed' } : { ExitCode: exitCode }),
      },
    ],
  };
}

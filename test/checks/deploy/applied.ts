import assert from 'node:assert/strict';
import type { MotoApi } from '../terraform/moto-api';

interface NameAndValue {
  readonly name: string;
  readonly value: string;
}

interface NameAndSource {
  readonly name: string;
  readonly valueFrom: string;
}

/** A container of a task definition, as far as it is followed here. */
export interface Container {
  readonly entryPoint: readonly string[];
  readonly command: readonly string[];
  readonly environment: readonly NameAndValue[];
  readonly secrets: readonly NameAndSource[];
  /** Seconds between SIGTERM and SIGKILL. */
  readonly stopTimeout: number;
  readonly healthCheck?: { readonly command: readonly string[]; readonly timeout: number };
  readonly logConfiguration: { readonly options: Readonly<Record<string, string>> };
}

export interface TaskDefinition {
  readonly family: string;
  readonly taskRoleArn: string;
  readonly executionRoleArn: string;
  readonly container: Container;
}

/** A schedule and what it starts. */
export interface Schedule {
  readonly name: string;
  readonly expression: string;
  readonly deadLetterArn: string;
  readonly task: TaskDefinition;
}

interface ScheduleReply {
  readonly ScheduleExpression: string;
  readonly Target: {
    readonly Arn: string;
    readonly Input?: string;
    readonly EcsParameters: { readonly TaskDefinitionArn: string };
    readonly DeadLetterConfig: { readonly Arn: string };
  };
}

const ECS = 'AmazonEC2ContainerServiceV20141113';

/** Reads what runs where from ECS and EventBridge Scheduler. */
export class AppliedTasks {
  constructor(private readonly api: MotoApi) {}

  /** The task that the only service of a cluster keeps running. */
  async ofService(cluster: string): Promise<TaskDefinition> {
    const { serviceArns } = await this.ecs<{ serviceArns: string[] }>('ListServices', { cluster });
    const { services } = await this.ecs<{ services: { desiredCount: number; taskDefinition: string }[] }>(
      'DescribeServices',
      { cluster, services: serviceArns },
    );
    const [service, ...others] = services;
    assert.deepEqual([service?.desiredCount, others.length], [1, 0], `services of ${cluster}`);
    return this.definition(service?.taskDefinition ?? '');
  }

  /** Every schedule of a group, by name. */
  async ofGroup(group: string): Promise<ReadonlyMap<string, Schedule>> {
    const { Schedules } = await this.api.get<{ Schedules: { Name: string }[] }>(
      'scheduler',
      `/schedules?ScheduleGroup=${group}`,
    );
    const schedules = Schedules.map(async ({ Name }): Promise<[string, Schedule]> => [
      Name,
      await this.schedule(group, Name),
    ]);
    return new Map(await Promise.all(schedules));
  }

  private async schedule(group: string, name: string): Promise<Schedule> {
    const { ScheduleExpression, Target } = await this.api.get<ScheduleReply>(
      'scheduler',
      `/schedules/${name}?groupName=${group}`,
    );
    assert.equal(Target.Input, undefined, `${name} overrides what its task definition says`);
    return {
      name,
      expression: ScheduleExpression,
      deadLetterArn: Target.DeadLetterConfig.Arn,
      task: await this.definition(Target.EcsParameters.TaskDefinitionArn),
    };
  }

  private async definition(taskDefinition: string): Promise<TaskDefinition> {
    const reply = await this.ecs<{
      taskDefinition: Omit<TaskDefinition, 'container'> & { containerDefinitions: Container[] };
    }>('DescribeTaskDefinition', { taskDefinition });
    const { containerDefinitions, ...definition } = reply.taskDefinition;
    const [container, ...others] = containerDefinitions;
    assert.ok(container !== undefined && others.length === 0, `${taskDefinition} has not one container`);
    return { ...definition, container };
  }

  private ecs<T>(operation: string, input: object): Promise<T> {
    return this.api.json<T>('ecs', `${ECS}.${operation}`, input);
  }
}

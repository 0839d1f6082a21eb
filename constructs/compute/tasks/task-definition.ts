import { EcsTaskDefinition } from '@cdktf/provider-aws/lib/ecs-task-definition';
import { Fn } from 'cdktf';
import { Construct } from 'constructs';
import { IMAGE } from '../../../runtime/contract';
import { tagsFor } from '../../tags';
import type { TaskLogs } from '../platform/task-logs';
import type { TaskPlatform } from '../platform/task-platform';
import { DEFAULT_SIZE, type TaskSizeOptions } from './task-size';

export interface AnchorTaskDefinitionProps extends TaskSizeOptions {
  readonly platform: TaskPlatform;
  /** Family; Terraform and ECS add the revision. */
  readonly family: string;
  /** Arguments of `audit-anchor`. */
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** ARNs by the variables that receive them. */
  readonly secrets: Readonly<Record<string, string>>;
  /** ARN of the role the program holds. */
  readonly taskRoleArn: string;
  /** ARN of the role ECS starts it with. */
  readonly executionRoleArn: string;
  readonly logs: TaskLogs;
  /** First part of the names of log streams. */
  readonly streamPrefix: string;
  /** Whether ECS asks the program for its health; only the daemon answers. */
  readonly healthCheck: boolean;
}

export const CONTAINER_NAME = 'audit-anchor';

/** Seconds between SIGTERM and SIGKILL; the runtime gives itself 25 for the last anchor. Fargate has at most 120. */
const STOP_TIMEOUT_SECONDS = 90;

const HEALTH_CHECK = {
  command: ['CMD', IMAGE.node, IMAGE.program, 'health'],
  interval: 30,
  timeout: 10,
  retries: 3,
  startPeriod: 60,
};

/** Fargate task of one container that runs one command of the runtime. */
export class AnchorTaskDefinition extends Construct {
  readonly resource: EcsTaskDefinition;

  constructor(scope: Construct, id: string, props: AnchorTaskDefinitionProps) {
    super(scope, id);
    const { platform, family, cpu = DEFAULT_SIZE.cpu, memoryMiB = DEFAULT_SIZE.memoryMiB } = props;
    this.resource = new EcsTaskDefinition(this, 'Resource', {
      provider: platform.provider,
      family,
      requiresCompatibilities: ['FARGATE'],
      networkMode: 'awsvpc',
      cpu: String(cpu),
      memory: String(memoryMiB),
      runtimePlatform: { cpuArchitecture: platform.cpuArchitecture, operatingSystemFamily: 'LINUX' },
      executionRoleArn: props.executionRoleArn,
      taskRoleArn: props.taskRoleArn,
      containerDefinitions: Fn.jsonencode([container(props)]),
      // A deployment that fails is rolled back to the revision before, which Terraform would deregister.
      skipDestroy: true,
      tags: tagsFor(platform.tags, family, 'WORM audit log anchoring'),
    });
  }

  /** With its revision. */
  get taskDefinitionArn(): string {
    return this.resource.arn;
  }

  /** The family, and all its revisions. */
  get familyArns(): string[] {
    const { arnWithoutRevision } = this.resource;
    return [arnWithoutRevision, `${arnWithoutRevision}:*`];
  }
}

function container(props: AnchorTaskDefinitionProps): Record<string, unknown> {
  const { platform, logs } = props;
  return {
    name: CONTAINER_NAME,
    image: platform.image,
    essential: true,
    entryPoint: [IMAGE.node, IMAGE.program],
    command: [...props.command],
    user: IMAGE.user,
    readonlyRootFilesystem: true,
    linuxParameters: { initProcessEnabled: true, capabilities: { drop: ['ALL'] } },
    stopTimeout: STOP_TIMEOUT_SECONDS,
    environment: sorted(props.environment).map(([name, value]) => ({ name, value })),
    secrets: sorted(props.secrets).map(([name, valueFrom]) => ({ name, valueFrom })),
    logConfiguration: {
      logDriver: 'awslogs',
      options: {
        'awslogs-group': logs.logGroupName,
        'awslogs-region': platform.surroundings.region,
        'awslogs-stream-prefix': props.streamPrefix,
        // The default drops lines when its buffer is full; metrics and findings are lines.
        mode: 'blocking',
      },
    },
    ...(props.healthCheck && { healthCheck: HEALTH_CHECK }),
  };
}

/** ECS sorts them; any other order would be a difference in every plan. */
function sorted(values: Readonly<Record<string, string>>): [name: string, value: string][] {
  return Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1));
}

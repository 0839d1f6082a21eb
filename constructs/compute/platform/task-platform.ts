import { EcsCluster } from '@cdktf/provider-aws/lib/ecs-cluster';
import type { ITerraformDependable, TerraformProvider } from 'cdktf';
import { Construct } from 'constructs';
import { ENVIRONMENT, ENVIRONMENT_FIX } from '../../environment';
import { type Tags, tagsFor } from '../../tags';
import { PropCheck, type TextRule } from '../../validation';
import { AnchorRepository } from './anchor-repository';
import { checkImage, ecrRepositoryArn, type ImageOptions } from './container-image';
import { Surroundings } from './surroundings';
import { checkTaskLogs, TaskLogs, type TaskLogsOptions } from './task-logs';
import { checkTaskNetwork, TaskNetwork, type TaskNetworkOptions } from './task-network';
import { checkKeyArn } from './task-secrets';
import { checkVpcEndpoints, VpcEndpoints, type VpcEndpointsOptions } from './vpc-endpoints';

/** What the tasks of an environment share. */
export interface TaskPlatformOptions
  extends ImageOptions, TaskNetworkOptions, VpcEndpointsOptions, TaskLogsOptions {
  /**
   * ARN of an existing ECS cluster that may run Fargate tasks.
   *
   * @default - a new cluster, `audit-anchor-ENVIRONMENT`; a cluster of Fargate costs nothing
   */
  readonly clusterArn?: string;

  /**
   * Processor of the tasks; the image has to be built for it.
   *
   * @default ARM64 - a fifth cheaper than X86_64
   */
  readonly cpuArchitecture?: 'ARM64' | 'X86_64';
}

export interface TaskPlatformProps extends TaskPlatformOptions {
  /** Name of the environment, part of the names of all resources: 1 to 32 of a-z, 0-9 and "-". */
  readonly environment: string;

  /**
   * Tags of every resource that can have tags.
   *
   * @default - only `Name` and `Purpose`, which are always set
   */
  readonly tags?: Tags;

  /**
   * Provider of all resources; its region has to be the bucket's.
   *
   * @default - the stack's default AWS provider
   */
  readonly provider?: TerraformProvider;
}

export const CLUSTER_ARN: TextRule = {
  test: (arn) => /^arn:aws[a-z-]*:ecs:[a-z0-9-]+:\d{12}:cluster\/[\w-]{1,255}$/.test(arn),
  allowed: 'the ARN of an ECS cluster, arn:aws:ecs:REGION:ACCOUNT:cluster/NAME',
};
export const CLUSTER_ARN_FIX = 'take it from "aws ecs list-clusters"';

/** Faults of what tasks share, also for those who compose this construct. */
export function checkTaskPlatform(check: PropCheck, props: TaskPlatformOptions): void {
  checkImage(check, props);
  checkKeyArn(check, 'repositoryKeyArn', props.repositoryKeyArn);
  checkTaskNetwork(check, props);
  checkVpcEndpoints(check, props);
  checkTaskLogs(check, props);
  check.text('clusterArn', props.clusterArn, CLUSTER_ARN, CLUSTER_ARN_FIX);
}

/** Cluster, image, network and logs for the tasks of an environment. */
export class TaskPlatform extends Construct {
  readonly environment: string;
  readonly tags: Tags | undefined;
  readonly provider: TerraformProvider | undefined;
  readonly surroundings: Surroundings;
  readonly network: TaskNetwork;
  /** Undefined unless they were asked for. */
  readonly endpoints: VpcEndpoints | undefined;
  readonly clusterArn: string;
  readonly cpuArchitecture: 'ARM64' | 'X86_64';
  /** Undefined when an image is given. */
  readonly repository: AnchorRepository | undefined;
  /** Image with its tag or digest. */
  readonly image: string;
  /** Undefined when the image lies outside of ECR. */
  readonly imageRepositoryArn: string | undefined;
  private readonly logOptions: TaskLogsOptions;
  /** Log groups that were made, one for each kind of task of a chain, by the ends of their names. */
  private readonly logged = new Set<string>();

  /** @throws ConstructError `PROPS_INVALID` */
  constructor(scope: Construct, id: string, props: TaskPlatformProps) {
    super(scope, id);
    const check = new PropCheck(this);
    check.text('environment', props.environment, ENVIRONMENT, ENVIRONMENT_FIX);
    checkTaskPlatform(check, props);
    check.throwIfAny();

    const { environment, provider, tags } = props;
    this.environment = environment;
    this.provider = provider;
    this.tags = tags;
    this.logOptions = { logRetentionDays: props.logRetentionDays, logsKeyArn: props.logsKeyArn };
    this.cpuArchitecture = props.cpuArchitecture ?? 'ARM64';
    this.surroundings = new Surroundings(this, 'Surroundings', provider);
    this.network = new TaskNetwork(this, 'Network', {
      ...props,
      groupName: `audit-anchor-tasks-${environment}`,
      tags,
      provider,
    });
    this.endpoints =
      props.interfaceEndpoints || props.routeTableIds !== undefined
        ? new VpcEndpoints(this, 'Endpoints', {
            ...props,
            environment,
            surroundings: this.surroundings,
            network: this.network,
            tags,
            provider,
          })
        : undefined;
    this.clusterArn = props.clusterArn ?? this.newCluster().arn;
    this.repository = props.imageTag === undefined ? undefined : this.newRepository(props);
    this.image = this.repository?.imageOf(props.imageTag ?? '') ?? props.image ?? '';
    this.imageRepositoryArn =
      this.repository?.repositoryArn ??
      props.imageRepositoryArn ??
      ecrRepositoryArn(this.image, this.surroundings.partition);
  }

  /** What has to exist before a task can start: the endpoints that are made here. */
  get startsAfter(): readonly ITerraformDependable[] {
    return this.endpoints?.resources ?? [];
  }

  /** Whether tasks of this kind and owner have their log group here already; all their other names are taken with it. */
  hasTasksOf(kind: string, owner: string): boolean {
    return this.logged.has(`${owner}/${kind}`);
  }

  /** A log group for one kind of task, `/audit-anchor/OWNER/KIND`; the owner is the environment if nothing is said. */
  logsOf(scope: Construct, kind: string, owner = this.environment): TaskLogs {
    const { provider, tags } = this;
    this.logged.add(`${owner}/${kind}`);
    return new TaskLogs(scope, 'Logs', {
      ...this.logOptions,
      logGroupName: `/audit-anchor/${owner}/${kind}`,
      tags,
      provider,
    });
  }

  private newCluster(): EcsCluster {
    const name = `audit-anchor-${this.environment}`;
    return new EcsCluster(this, 'Cluster', {
      provider: this.provider,
      name,
      // The runtime emits its own metrics; Container Insights would bill for others besides.
      setting: [{ name: 'containerInsights', value: 'disabled' }],
      tags: tagsFor(this.tags, name, 'Audit anchor tasks'),
    });
  }

  private newRepository({ repositoryKeyArn }: TaskPlatformProps): AnchorRepository {
    return new AnchorRepository(this, 'Repository', {
      repositoryName: `audit-anchor-${this.environment}`,
      keyArn: repositoryKeyArn,
      tags: this.tags,
      provider: this.provider,
    });
  }
}

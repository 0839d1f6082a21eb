import type { AnchorCompute } from '../compute/anchor-compute';

interface Output {
  readonly description: string;
  readonly value: unknown;
}

/** What somebody needs who pushes the image, looks at the tasks or starts one by hand. */
export function taskOutputs(compute: AnchorCompute | undefined): Readonly<Record<string, Output>> {
  if (compute === undefined) return {};
  const { platform, service, verifier } = compute;
  return {
    ecs_cluster_arn: { description: 'ECS cluster of the tasks', value: platform.clusterArn },
    ...(service.resource && {
      anchor_service_name: { description: 'ECS service that anchors', value: service.resource.name },
    }),
    anchor_task_definition_arn: {
      description: 'Task definition that anchors',
      value: service.taskDefinition.taskDefinitionArn,
    },
    ...(verifier && {
      verifier_task_definition_arns: {
        description: 'Task definitions that verify the newest anchor, and everything',
        value: { latest: verifier.latest.taskDefinitionArn, full: verifier.full.taskDefinitionArn },
      },
    }),
    log_group_names: {
      description: 'Log groups of the tasks',
      value: {
        writer: service.logs.logGroupName,
        ...(verifier && { verifier: verifier.logs.logGroupName }),
      },
    },
    task_network: {
      description:
        'Subnets and security group of the tasks, and whether they have public addresses; let the security group reach the database',
      value: {
        subnet_ids: platform.network.subnetIds,
        security_group_id: platform.network.securityGroupId,
        assign_public_ip: platform.network.assignPublicIp,
      },
    },
    ...(platform.repository && {
      ecr_repository_url: {
        description: 'Repository to push the image to',
        value: platform.repository.repositoryUrl,
      },
    }),
  };
}

import { SecurityGroup } from '@cdktf/provider-aws/lib/security-group';
import { VpcEndpoint } from '@cdktf/provider-aws/lib/vpc-endpoint';
import type { TerraformProvider } from 'cdktf';
import { Construct } from 'constructs';
import { type Tags, tagsFor } from '../tags';
import type { PropCheck } from '../validation';
import { ROUTE_TABLE_ID, type TaskNetwork } from './task-network';

/** A way to AWS's services without a NAT gateway. */
export interface VpcEndpointsOptions {
  /**
   * Makes interface endpoints for ECR (two), CloudWatch Logs and Secrets Manager in the subnets. They cost about
   * 0.01 USD an hour each in every availability zone, 350 USD a year in one; a NAT gateway costs about 394. KMS
   * needs none, since S3 and Secrets Manager call it themselves. A VPC takes one endpoint with private DNS for a
   * service: leave this off where the VPC has them.
   *
   * @default false - the subnets have a way of their own
   */
  readonly interfaceEndpoints?: boolean;

  /**
   * Route tables of the subnets that get a gateway endpoint for S3, which costs nothing; images come through S3
   * too. Leave it out where the VPC has one.
   *
   * @default - no gateway endpoint is made
   */
  readonly routeTableIds?: readonly string[];
}

export interface VpcEndpointsProps extends VpcEndpointsOptions {
  readonly environment: string;
  readonly region: string;
  readonly network: TaskNetwork;
  readonly tags: Tags | undefined;
  readonly provider: TerraformProvider | undefined;
}

/** Everything a task in a closed subnet calls, besides S3. */
const INTERFACE_SERVICES = {
  EcrApi: 'ecr.api',
  EcrDkr: 'ecr.dkr',
  Logs: 'logs',
  SecretsManager: 'secretsmanager',
} as const;

/** Records what are no route tables. */
export function checkVpcEndpoints(check: PropCheck, { routeTableIds }: VpcEndpointsOptions): void {
  check
    .list('routeTableIds', routeTableIds, ROUTE_TABLE_ID, 'take it from "aws ec2 describe-route-tables"')
    .rule(routeTableIds === undefined || routeTableIds.length > 0, {
      prop: 'routeTableIds',
      found: 'an empty list',
      allowed: 'the route tables of the subnets, or nothing',
      fix: 'name them, or leave the prop out when the VPC has a gateway endpoint for S3',
    });
}

/**
 * Endpoints for the tasks. They have AWS's default policy: others in the VPC will use them too, and what the
 * tasks may do is decided by their roles.
 */
export class VpcEndpoints extends Construct {
  constructor(
    scope: Construct,
    id: string,
    private readonly props: VpcEndpointsProps,
  ) {
    super(scope, id);
    if (props.interfaceEndpoints) this.makeInterfaces();
    if (props.routeTableIds !== undefined) this.makeGateway(props.routeTableIds);
  }

  private makeInterfaces(): void {
    const { network, environment, provider, tags } = this.props;
    const groupName = `audit-anchor-endpoints-${environment}`;
    const group = new SecurityGroup(this, 'Access', {
      provider,
      name: groupName,
      description: 'HTTPS from audit anchor tasks',
      vpcId: network.vpcId,
      ingress: [
        {
          description: 'Audit anchor tasks',
          fromPort: 443,
          toPort: 443,
          protocol: 'tcp',
          securityGroups: [network.securityGroupId],
        },
      ],
      egress: [],
      tags: tagsFor(tags, groupName, PURPOSE),
    });
    for (const [id, service] of Object.entries(INTERFACE_SERVICES)) {
      new VpcEndpoint(this, id, {
        ...this.endpointOf(service),
        vpcEndpointType: 'Interface',
        subnetIds: network.subnetIds,
        securityGroupIds: [group.id],
        privateDnsEnabled: true,
      });
    }
  }

  private makeGateway(routeTableIds: readonly string[]): void {
    new VpcEndpoint(this, 'S3', {
      ...this.endpointOf('s3'),
      vpcEndpointType: 'Gateway',
      routeTableIds: [...routeTableIds],
    });
  }

  private endpointOf(service: string) {
    const { network, environment, region, provider, tags } = this.props;
    return {
      provider,
      vpcId: network.vpcId,
      serviceName: `com.amazonaws.${region}.${service}`,
      tags: tagsFor(tags, `audit-anchor-${environment}-${service}`, PURPOSE),
    };
  }
}

const PURPOSE = 'Audit anchor tasks';

import { SecurityGroup } from '@cdktf/provider-aws/lib/security-group';
import { VpcEndpoint } from '@cdktf/provider-aws/lib/vpc-endpoint';
import { Op, type TerraformProvider } from 'cdktf';
import { Construct } from 'constructs';
import { numberWhile } from '../../guard';
import { type Tags, tagsFor } from '../../tags';
import { isUnknownAtSynth, type PropCheck } from '../../validation';
import type { Surroundings } from './surroundings';
import { ROUTE_TABLE_ID, SUBNET_ID, type TaskNetwork } from './task-network';

/** A way to AWS's services without a NAT gateway. */
export interface VpcEndpointsOptions {
  /**
   * Makes interface endpoints for ECR (two), CloudWatch Logs and Secrets Manager in `endpointSubnetIds`. They cost
   * about 0.01 USD an hour each in every availability zone, 350 USD a year in one; a NAT gateway costs about 394.
   * KMS needs none, since S3 and Secrets Manager call it themselves.
   *
   * Their private DNS moves the names of these services for everything in the VPC, so that all of it calls them
   * through these endpoints from then on. Therefore they admit HTTPS from every IPv4 range of the VPC, not only from
   * the tasks. A VPC takes one endpoint with private DNS for a service: leave this off where the VPC has them, and
   * in partitions such as China's, where these services have other names.
   *
   * @default false - the subnets have a way of their own
   */
  readonly interfaceEndpoints?: boolean;

  /**
   * Subnets of the interface endpoints, one per availability zone: AWS refuses a second one of the same zone. Only
   * with `interfaceEndpoints`; tasks of other zones reach them too.
   *
   * @default - `subnetIds`, which then have to lie in different zones
   */
  readonly endpointSubnetIds?: readonly string[];

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
  readonly surroundings: Surroundings;
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

/** Records what are no route tables and no subnets, and subnets of endpoints that are not made. */
export function checkVpcEndpoints(check: PropCheck, options: VpcEndpointsOptions): void {
  const { routeTableIds, interfaceEndpoints = false, endpointSubnetIds } = options;
  check
    .list('endpointSubnetIds', endpointSubnetIds, SUBNET_ID, 'take it from "aws ec2 describe-subnets"')
    .rule(
      endpointSubnetIds === undefined || isUnknownAtSynth(endpointSubnetIds) || endpointSubnetIds.length > 0,
      {
        prop: 'endpointSubnetIds',
        found: 'an empty list',
        allowed: 'one subnet of each availability zone, or nothing',
        fix: 'name them, or leave the prop out when "subnetIds" lie in different zones',
      },
    )
    .rule(endpointSubnetIds === undefined || interfaceEndpoints, {
      prop: 'endpointSubnetIds',
      found: 'a list, while "interfaceEndpoints" is off',
      allowed: 'subnets only with "interfaceEndpoints"',
      fix: 'remove it, or ask for interface endpoints',
    })
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
  /** All that were made; a task that starts before them reaches nothing. */
  readonly resources: readonly VpcEndpoint[];

  constructor(
    scope: Construct,
    id: string,
    private readonly props: VpcEndpointsProps,
  ) {
    super(scope, id);
    this.resources = [
      ...(props.interfaceEndpoints ? this.newInterfaces() : []),
      ...(props.routeTableIds === undefined ? [] : [this.newGateway(props.routeTableIds)]),
    ];
  }

  private newInterfaces(): VpcEndpoint[] {
    const { network } = this.props;
    const group = this.newAccess();
    network.reachEndpoint('HTTPS to endpoints of AWS services', { securityGroups: [group.id] });
    return Object.entries(INTERFACE_SERVICES).map(
      ([id, service]) =>
        new VpcEndpoint(this, id, {
          ...this.endpointOf(service),
          vpcEndpointType: 'Interface',
          subnetIds: [...(this.props.endpointSubnetIds ?? network.subnetIds)],
          securityGroupIds: [group.id],
          privateDnsEnabled: true,
        }),
    );
  }

  private newAccess(): SecurityGroup {
    const { network, environment, surroundings, provider, tags } = this.props;
    const groupName = `audit-anchor-endpoints-${environment}`;
    return new SecurityGroup(this, 'Access', {
      provider,
      name: groupName,
      description: 'HTTPS from the VPC to endpoints of AWS services',
      vpcId: network.vpcId,
      ingress: [
        {
          description: 'Everything in the VPC, whose DNS the endpoints change',
          fromPort: numberWhile(Op.eq(surroundings.dnsSuffix, USUAL_SUFFIX), HTTPS_PORT, ELSEWHERE),
          toPort: HTTPS_PORT,
          protocol: 'tcp',
          cidrBlocks: network.rangesOfVpc(),
        },
      ],
      egress: [],
      tags: tagsFor(tags, groupName, PURPOSE),
    });
  }

  private newGateway(routeTableIds: readonly string[]): VpcEndpoint {
    const gateway = new VpcEndpoint(this, 'S3', {
      ...this.endpointOf('s3'),
      vpcEndpointType: 'Gateway',
      routeTableIds: [...routeTableIds],
    });
    this.props.network.reachEndpoint('HTTPS to S3', { prefixListIds: [gateway.prefixListId] });
    return gateway;
  }

  private endpointOf(service: string) {
    const { network, environment, surroundings, provider, tags } = this.props;
    return {
      provider,
      vpcId: network.vpcId,
      serviceName: `com.amazonaws.${surroundings.region}.${service}`,
      tags: tagsFor(tags, `audit-anchor-${environment}-${service}`, PURPOSE),
    };
  }
}

const HTTPS_PORT = 443;
/** Where it is another one, as in China, some services have names of another beginning. */
const USUAL_SUFFIX = 'amazonaws.com';
const PURPOSE = 'Audit anchor tasks';
const ELSEWHERE =
  'Interface endpoints are made only where the services of AWS are named com.amazonaws: not in China, for example. Leave interfaceEndpoints (interface_endpoints) off and make endpoints for ecr.api, ecr.dkr, logs and secretsmanager by their names in this partition.';

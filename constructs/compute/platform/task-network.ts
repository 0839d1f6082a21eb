import { isIP } from 'node:net';
import { DataAwsVpc } from '@cdktf/provider-aws/lib/data-aws-vpc';
import { SecurityGroup, type SecurityGroupEgress } from '@cdktf/provider-aws/lib/security-group';
import { type TerraformProvider, Token } from 'cdktf';
import { Construct } from 'constructs';
import { type Tags, tagsFor } from '../../tags';
import { isUnknownAtSynth, type PropCheck, type Range, type TextRule } from '../../validation';

/** Where tasks run and what they may reach. */
export interface TaskNetworkOptions {
  /** The VPC of the database. */
  readonly vpcId: string;

  /**
   * Subnets of the tasks, best in several availability zones: private ones, from which images, secrets, logs and S3
   * can be reached through a NAT gateway or through endpoints, see `interfaceEndpoints`; or, with `assignPublicIp`,
   * public ones.
   */
  readonly subnetIds: readonly string[];

  /**
   * Whether each task gets a public IPv4 address, through which it reaches AWS without a NAT gateway or endpoints. Nobody
   * can connect to it: the security group has no way in. The subnets have to be public then, with a route to an internet
   * gateway; in others a task reaches nothing and does not start. An address costs 0.005 USD an hour for as long as its
   * task runs: 44 USD a year for the service.
   *
   * @default false - tasks have private addresses only
   */
  readonly assignPublicIp?: boolean;

  /**
   * Where HTTPS may go, as CIDRs. AWS's own services have no fixed addresses, so narrow this only where tasks
   * reach them through endpoints. Endpoints that are made here are added by themselves. Of endpoints that the VPC
   * has already, name the ranges of their subnets; and S3 behind a gateway endpoint keeps its public addresses,
   * which a range of private ones does not hold: name those of S3 in the region, or tasks can neither pull images
   * from ECR nor write anchors.
   *
   * @default - anywhere, `0.0.0.0/0`
   */
  readonly httpsCidrs?: readonly string[];

  /**
   * TCP port of PostgreSQL, 1 to 65,535.
   *
   * @default 5432
   */
  readonly databasePort?: number;

  /**
   * Where the database may be, as CIDRs.
   *
   * @default - the IPv4 ranges of the VPC, looked up at plan time
   */
  readonly databaseCidrs?: readonly string[];
}

export interface TaskNetworkProps extends TaskNetworkOptions {
  readonly groupName: string;
  readonly tags: Tags | undefined;
  readonly provider: TerraformProvider | undefined;
}

export const VPC_ID = idRule('vpc', 'VPC');
export const SUBNET_ID = idRule('subnet', 'subnet');
export const ROUTE_TABLE_ID = idRule('rtb', 'route table');
const HTTPS_PORT = 443;
const POSTGRES_PORT = 5432;
const ANYWHERE = ['0.0.0.0/0'];

export const PORTS: Range = { min: 1, max: 65_535 };

export const CIDR: TextRule = {
  test: (text) => {
    const [address = '', bits = '', ...rest] = text.split('/');
    const longest = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1;
    return rest.length === 0 && /^(0|[1-9]\d{0,2})$/.test(bits) && Number(bits) <= longest;
  },
  allowed: 'a range of addresses such as "10.0.0.0/16" or "fd00::/8"',
};

function idRule(prefix: string, what: string): TextRule {
  return {
    test: (id) => new RegExp(`^${prefix}-[0-9a-f]{8,17}$`).test(id),
    allowed: `the id of a ${what} such as "${prefix}-0a1b2c3d4e5f67890"`,
  };
}

/** Records what is no place to run in. */
export function checkTaskNetwork(check: PropCheck, options: TaskNetworkOptions): void {
  const { vpcId, subnetIds, httpsCidrs, databasePort, databaseCidrs } = options;
  check
    .text('vpcId', vpcId, VPC_ID, 'take it from "aws ec2 describe-vpcs"')
    .rule(isUnknownAtSynth(subnetIds) || subnetIds.length > 0, {
      prop: 'subnetIds',
      found: 'an empty list',
      allowed: 'at least one private subnet, or public one with "assignPublicIp"',
      fix: 'name subnets of the VPC',
    })
    .list('subnetIds', subnetIds, SUBNET_ID, 'take it from "aws ec2 describe-subnets"')
    .list('httpsCidrs', httpsCidrs, CIDR, 'write the range with the length of its prefix')
    .wholeNumber('databasePort', databasePort, PORTS, undefined, 'give the port of the database URL')
    .list('databaseCidrs', databaseCidrs, CIDR, 'write the range with the length of its prefix');
}

/**
 * Subnets and the security group of tasks: nobody can connect to them, and they reach HTTPS and the database
 * only. DNS and the credentials of the task role are outside of what security groups filter.
 */
export class TaskNetwork extends Construct {
  readonly resource: SecurityGroup;
  readonly vpcId: string;
  readonly subnetIds: string[];
  /** Whether tasks get public addresses, for which the subnets have to be public. */
  readonly assignPublicIp: boolean;
  private readonly provider: TerraformProvider | undefined;
  private readonly egress: SecurityGroupEgress[];
  private readonly reachesAnywhere: boolean;
  private ranges: string[] | undefined;

  constructor(scope: Construct, id: string, props: TaskNetworkProps) {
    super(scope, id);
    const { provider, vpcId, groupName, databasePort = POSTGRES_PORT } = props;
    this.vpcId = vpcId;
    this.subnetIds = [...props.subnetIds];
    this.assignPublicIp = props.assignPublicIp ?? false;
    this.provider = provider;
    this.reachesAnywhere = props.httpsCidrs === undefined;
    this.egress = [
      to(HTTPS_PORT, 'HTTPS to AWS services', props.httpsCidrs ?? ANYWHERE),
      to(databasePort, 'PostgreSQL', props.databaseCidrs ?? this.rangesOfVpc()),
    ];
    this.resource = new SecurityGroup(this, 'Resource', {
      provider,
      name: groupName,
      description: 'Audit anchor tasks: no way in, HTTPS and the database out',
      vpcId,
      // Inline and with an empty list, so that a rule somebody adds by hand is taken back by the next apply.
      ingress: [],
      egress: this.egress,
      tags: tagsFor(props.tags, groupName, 'Audit anchor tasks'),
    });
  }

  get securityGroupId(): string {
    return this.resource.id;
  }

  /** The IPv4 ranges of the VPC, looked up at plan time. */
  rangesOfVpc(): string[] {
    if (this.ranges === undefined) {
      const { friendlyUniqueId } = new DataAwsVpc(this, 'Vpc', { provider: this.provider, id: this.vpcId });
      this.ranges = Token.asList(
        `\${data.aws_vpc.${friendlyUniqueId}.cidr_block_associations[*].cidr_block}`,
      );
    }
    return this.ranges;
  }

  /** Lets tasks reach an endpoint over HTTPS also where `httpsCidrs` leaves its addresses out. */
  reachEndpoint(
    description: string,
    endpoint: Pick<SecurityGroupEgress, 'prefixListIds' | 'securityGroups'>,
  ): void {
    if (this.reachesAnywhere) return;
    this.egress.push({ ...to(HTTPS_PORT, description, []), ...endpoint });
    this.resource.putEgress(this.egress);
  }
}

function to(port: number, description: string, cidrs: readonly string[]): SecurityGroupEgress {
  const rule = { description, fromPort: port, toPort: port, protocol: 'tcp' };
  if (isUnknownAtSynth(cidrs)) return { ...rule, cidrBlocks: cidrs as string[] };
  const ofSix = cidrs.filter((cidr) => cidr.includes(':') && !isUnknownAtSynth(cidr));
  const ofFour = cidrs.filter((cidr) => !ofSix.includes(cidr));
  return {
    ...rule,
    ...(ofFour.length > 0 && { cidrBlocks: ofFour }),
    ...(ofSix.length > 0 && { ipv6CidrBlocks: ofSix }),
  };
}

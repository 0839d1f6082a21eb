import { TerraformVariable } from 'cdktf';
import type { TaskPlatformProps } from '../../../../constructs/compute/platform/task-platform';
import { platformIn } from '../../../support/compute';
import {
  errorOf,
  faultsOf,
  foreignStack,
  resource,
  synthesise,
  synthesised,
} from '../../../support/infra-stack';
import { brokenReferences } from '../../../support/terraform-references';

const ECR = '111122223333.dkr.ecr.eu-central-1.amazonaws.com/team/audit-anchor';
const DIGEST = `sha256:${'0'.repeat(64)}`;
const KEY = 'arn:aws:kms:eu-central-1:111122223333:key/5ec2e75e-c2e7-4ec2-8ec2-e75ec2e75ec2';
const props = (given: Partial<TaskPlatformProps>) =>
  faultsOf(() => platformIn(given)).map(({ prop }) => prop);

describe('values', () => {
  test.each<[Partial<TaskPlatformProps>, string[]]>([
    [{}, []],
    [{ image: `${ECR}:1.0.0` }, []],
    [{ image: `${ECR}@${DIGEST}` }, []],
    [{ image: `${ECR}:1.0.0@${DIGEST}` }, []],
    [{ image: 'localhost:5000/audit-anchor:1' }, []],
    [{ image: ECR }, ['image']],
    [{ image: `${ECR}:latest` }, ['image']],
    [{ image: `${ECR}@sha256:123` }, ['image']],
    [{ image: `${ECR}:1@${DIGEST}@${DIGEST}` }, ['image']],
    [{ image: 'localhost:5000/audit-anchor' }, ['image']],
    [{ image: `https://${ECR}:1` }, ['image']],
    [{ image: `${ECR}:1 ` }, ['image']],
    [{ image: '' }, ['image']],
    [{ image: undefined }, ['image']],
    [{ imageTag: '1' }, ['image']],
    [{ image: undefined, imageTag: '1.0.0-abc' }, []],
    [{ image: undefined, imageTag: 'latest' }, ['imageTag']],
    [{ image: undefined, imageTag: 'a/b' }, ['imageTag']],
    [{ image: undefined, imageTag: 'x'.repeat(129) }, ['imageTag']],
    [{ repositoryKeyArn: 'alias/x' }, ['repositoryKeyArn']],
    [{ environment: 'Prod' }, ['environment']],
    [{ vpcId: 'vpc-1' }, ['vpcId']],
    [{ vpcId: 'subnet-0a1b2c3d' }, ['vpcId']],
    [{ subnetIds: [] }, ['subnetIds']],
    [{ subnetIds: ['subnet-0a1b2c3d', 'x'] }, ['subnetIds[1]']],
    [{ httpsCidrs: ['10.0.0.0/8', 'fd00::/8', '0.0.0.0/0'] }, []],
    [{ httpsCidrs: ['10.0.0.0'] }, ['httpsCidrs[0]']],
    [{ httpsCidrs: ['10.0.0.0/33'] }, ['httpsCidrs[0]']],
    [{ httpsCidrs: ['10.0.0.0/08'] }, ['httpsCidrs[0]']],
    [{ httpsCidrs: ['10.0.0/8'] }, ['httpsCidrs[0]']],
    [{ httpsCidrs: ['10.0.0.0/8/8'] }, ['httpsCidrs[0]']],
    [{ databaseCidrs: ['fd00::/129'] }, ['databaseCidrs[0]']],
    [{ databaseCidrs: ['fd00::/128'] }, []],
    [{ databasePort: 0 }, ['databasePort']],
    [{ databasePort: 65_536 }, ['databasePort']],
    [{ databasePort: 5433.5 }, ['databasePort']],
    [{ databasePort: 1 }, []],
    [{ interfaceEndpoints: true, endpointSubnetIds: ['subnet-0a1b2c3d'] }, []],
    [{ interfaceEndpoints: true, endpointSubnetIds: ['x'] }, ['endpointSubnetIds[0]']],
    [{ interfaceEndpoints: true, endpointSubnetIds: [] }, ['endpointSubnetIds']],
    [{ endpointSubnetIds: ['subnet-0a1b2c3d'] }, ['endpointSubnetIds']],
    [{ routeTableIds: [] }, ['routeTableIds']],
    [{ routeTableIds: ['x'] }, ['routeTableIds[0]']],
    [{ logRetentionDays: 400 }, []],
    [{ logRetentionDays: 399 }, ['logRetentionDays']],
    [{ logRetentionDays: 0 }, ['logRetentionDays']],
    [{ logsKeyArn: 'x' }, ['logsKeyArn']],
    [{ clusterArn: 'x' }, ['clusterArn']],
    [{ clusterArn: 'arn:aws:ecs:eu-central-1:111122223333:cluster/shared' }, []],
  ])('%j has the faults %j', (given, expected) => {
    expect(props(given)).toEqual(expected);
  });

  test('all faults come at once', () => {
    const error = errorOf(() => platformIn({ image: 'x', vpcId: 'x', clusterArn: 'x', logRetentionDays: 2 }));
    expect(error.path).toBe('foreign/Platform');
    expect(error.message).toMatchInlineSnapshot(`
      "foreign/Platform: 4 values are not allowed
        - "image" is "x"; allowed: REGISTRY/NAME:TAG with a tag other than "latest", or REGISTRY/NAME@sha256:DIGEST: what verified yesterday has to run today; pin the image that "npm run image -- --push" has printed
        - "vpcId" is "x"; allowed: the id of a VPC such as "vpc-0a1b2c3d4e5f67890"; take it from "aws ec2 describe-vpcs"
        - "logRetentionDays" is 2; allowed: days that CloudWatch has: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653; choose the next longer one
        - "clusterArn" is "x"; allowed: the ARN of an ECS cluster, arn:aws:ecs:REGION:ACCOUNT:cluster/NAME; take it from "aws ecs list-clusters""
    `);
  });

  test('what only Terraform knows is accepted', () => {
    const stack = foreignStack();
    const list = new TerraformVariable(stack, 'list', { type: 'list(string)' });
    const text = new TerraformVariable(stack, 'text', { type: 'string' });
    const number = new TerraformVariable(stack, 'number', { type: 'number' });
    platformIn(
      {
        image: `${text.stringValue}:1`,
        vpcId: text.stringValue,
        subnetIds: list.listValue,
        httpsCidrs: list.listValue,
        databaseCidrs: [text.stringValue],
        databasePort: number.numberValue,
        logRetentionDays: number.numberValue,
        logsKeyArn: text.stringValue,
        clusterArn: text.stringValue,
      },
      stack,
    );
    const json = synthesise(stack);
    expect(resource(json, 'aws_security_group')).toMatchObject({
      vpc_id: '${var.text}',
      egress: [
        { to_port: 443, cidr_blocks: '${var.list}' },
        { from_port: '${var.number}', to_port: '${var.number}', cidr_blocks: ['${var.text}'] },
      ],
    });
    expect(brokenReferences(json)).toEqual([]);
  });
});

describe('network', () => {
  const group = (given: Partial<TaskPlatformProps> = {}) =>
    resource(synthesise(platformIn(given).stack), 'aws_security_group', 'Network');

  test('nobody can connect to a task, and it reaches HTTPS and the database only', () => {
    const { ingress, egress, vpc_id } = group();
    expect(vpc_id).toBe('vpc-0a1b2c3d4e5f67890');
    expect(ingress).toEqual([]);
    expect(egress).toMatchObject([
      { protocol: 'tcp', from_port: 443, to_port: 443, cidr_blocks: ['0.0.0.0/0'] },
      {
        protocol: 'tcp',
        from_port: 5432,
        to_port: 5432,
        cidr_blocks: expect.stringMatching(
          /^\$\{data\.aws_vpc\.\w+\.cidr_block_associations\[\*\]\.cidr_block\}$/,
        ) as string,
      },
    ]);
    expect(egress).toHaveLength(2);
  });

  test('destinations can be narrowed, in both families of addresses', () => {
    const { egress } = group({
      httpsCidrs: ['10.0.0.0/8'],
      databasePort: 6432,
      databaseCidrs: ['10.1.0.0/16', 'fd00::/8'],
    });
    expect(egress).toMatchObject([
      { to_port: 443, cidr_blocks: ['10.0.0.0/8'], ipv6_cidr_blocks: null },
      { to_port: 6432, cidr_blocks: ['10.1.0.0/16'], ipv6_cidr_blocks: ['fd00::/8'] },
    ]);
  });

  test('the VPC is looked up only when its ranges are needed', () => {
    const { data } = synthesise(platformIn({ databaseCidrs: ['10.1.0.0/16'] }).stack);
    expect(data).not.toHaveProperty('aws_vpc');
  });
});

describe('endpoints', () => {
  const endpoints = (given: Partial<TaskPlatformProps>) =>
    Object.values(synthesise(platformIn(given).stack).resource.aws_vpc_endpoint ?? {}).map((each) => [
      String(each.service_name).replace(/^com\.amazonaws\.\$\{[^}]+\}\./, ''),
      each.vpc_endpoint_type,
    ]);

  test('there are none unless they are asked for', () => {
    const { platform } = platformIn();
    expect(platform.endpoints).toBeUndefined();
    expect(endpoints({})).toEqual([]);
  });

  test('interfaces are those that a task in a closed subnet calls', () => {
    expect(endpoints({ interfaceEndpoints: true })).toEqual([
      ['ecr.api', 'Interface'],
      ['ecr.dkr', 'Interface'],
      ['logs', 'Interface'],
      ['secretsmanager', 'Interface'],
    ]);
  });

  test('S3 has a gateway in the route tables', () => {
    const given = { routeTableIds: ['rtb-0a1b2c3d4e5f67890'] };
    expect(endpoints(given)).toEqual([['s3', 'Gateway']]);
    expect(resource(synthesise(platformIn(given).stack), 'aws_vpc_endpoint')).toMatchObject({
      route_table_ids: ['rtb-0a1b2c3d4e5f67890'],
    });
  });

  const VPC = /^\$\{data\.aws_vpc\.\w+\.cidr_block_associations\[\*\]\.cidr_block\}$/;
  const PRIVATE = { httpsCidrs: ['10.0.0.0/8'], databaseCidrs: ['10.1.0.0/16'] };
  const GATEWAY = { routeTableIds: ['rtb-0a1b2c3d4e5f67890'] };

  test('interfaces are reached over HTTPS from all of the VPC, whose DNS they change', () => {
    const json = synthesise(platformIn({ interfaceEndpoints: true }).stack);
    expect(resource(json, 'aws_security_group', 'Endpoints')).toMatchObject({
      ingress: [
        {
          protocol: 'tcp',
          to_port: 443,
          security_groups: null,
          cidr_blocks: expect.stringMatching(VPC) as string,
        },
      ],
      egress: [],
    });
    for (const { private_dns_enabled, subnet_ids } of Object.values(json.resource.aws_vpc_endpoint ?? {})) {
      expect({ private_dns_enabled, subnet_ids }).toEqual({
        private_dns_enabled: true,
        subnet_ids: ['subnet-0a1b2c3d4e5f67890'],
      });
    }
    expect(Object.keys(json.data.aws_vpc ?? {})).toHaveLength(1);
    expect(brokenReferences(json)).toEqual([]);
  });

  test('the VPC is looked up for them also when the database has other ranges', () => {
    const json = synthesise(platformIn({ interfaceEndpoints: true, ...PRIVATE }).stack);
    expect(Object.keys(json.data.aws_vpc ?? {})).toHaveLength(1);
    expect(brokenReferences(json)).toEqual([]);
  });

  test('interfaces can lie in one subnet per zone while tasks run in more', () => {
    const zones = {
      subnetIds: ['subnet-0a1b2c3d', 'subnet-0a1b2c3e'],
      endpointSubnetIds: ['subnet-0a1b2c3e'],
    };
    const { stack, platform } = platformIn({ interfaceEndpoints: true, ...zones });
    const made = Object.values(synthesise(stack).resource.aws_vpc_endpoint ?? {});
    expect(made.map(({ subnet_ids }) => subnet_ids)).toEqual(Array(4).fill(['subnet-0a1b2c3e']));
    expect(platform.network.subnetIds).toEqual(zones.subnetIds);
  });

  test('tasks with narrow destinations reach the endpoints that are made here', () => {
    const { stack } = platformIn({ interfaceEndpoints: true, ...GATEWAY, ...PRIVATE });
    const json = synthesise(stack);
    const { egress } = resource(json, 'aws_security_group', 'Network');
    const unset = { cidr_blocks: null, ipv6_cidr_blocks: null };
    expect(egress).toMatchObject([
      { to_port: 443, cidr_blocks: ['10.0.0.0/8'] },
      { to_port: 5432, cidr_blocks: ['10.1.0.0/16'] },
      {
        ...unset,
        protocol: 'tcp',
        from_port: 443,
        to_port: 443,
        prefix_list_ids: null,
        security_groups: [
          expect.stringMatching(/^\$\{aws_security_group\.Platform_Endpoints_Access_\w+\.id\}$/),
        ],
      },
      {
        ...unset,
        protocol: 'tcp',
        from_port: 443,
        to_port: 443,
        prefix_list_ids: [
          expect.stringMatching(/^\$\{aws_vpc_endpoint\.Platform_Endpoints_S3_\w+\.prefix_list_id\}$/),
        ],
        security_groups: null,
      },
    ]);
    expect(egress).toHaveLength(4);
    expect(brokenReferences(json)).toEqual([]);
  });

  test('tasks that reach anywhere need no rule for endpoints', () => {
    const { stack } = platformIn({ interfaceEndpoints: true, ...GATEWAY });
    expect(resource(synthesise(stack), 'aws_security_group', 'Network').egress).toHaveLength(2);
  });

  test('interfaces are refused by a plan where services have other names', () => {
    const json = synthesise(platformIn({ interfaceEndpoints: true }).stack);
    const [{ from_port }] = resource(json, 'aws_security_group', 'Endpoints').ingress as [
      { from_port: string },
    ];
    expect(from_port).toMatch(
      /^\$\{\(data\.aws_partition\.\w+\.dns_suffix == "amazonaws\.com"\) \? 443 : tonumber\("Interface endpoints .*\(interface_endpoints\) off .*"\)\}$/,
    );
  });
});

describe('image', () => {
  test('a repository is made for a tag: tags are written once, pushes are scanned, old images go', () => {
    const { stack, platform } = platformIn({ image: undefined, imageTag: '1.0.0' });
    const json = synthesise(stack);
    const repository = resource(json, 'aws_ecr_repository');
    expect(repository).toMatchObject({
      name: 'audit-anchor-staging',
      image_tag_mutability: 'IMMUTABLE',
      image_scanning_configuration: { scan_on_push: true },
      encryption_configuration: [{ encryption_type: 'AES256' }],
    });
    const { rules } = JSON.parse(String(resource(json, 'aws_ecr_lifecycle_policy').policy)) as {
      rules: { selection: object }[];
    };
    expect(rules.map(({ selection }) => selection)).toMatchObject([
      { tagStatus: 'untagged', countUnit: 'days', countNumber: 14 },
      { tagStatus: 'tagged', tagPatternList: ['*'], countType: 'imageCountMoreThan', countNumber: 30 },
    ]);
    expect(synthesised(stack, platform.image)).toBe(
      `\${aws_ecr_repository.${platform.repository?.resource.friendlyUniqueId}.repository_url}:1.0.0`,
    );
  });

  test('its repository can have a key', () => {
    const { stack } = platformIn({ image: undefined, imageTag: '1.0.0', repositoryKeyArn: KEY });
    expect(resource(synthesise(stack), 'aws_ecr_repository').encryption_configuration).toEqual([
      { encryption_type: 'KMS', kms_key: KEY },
    ]);
  });

  test.each([
    [`${ECR}:1`, 'eu-central-1:111122223333:repository/team/audit-anchor'],
    [`${ECR}@${DIGEST}`, 'eu-central-1:111122223333:repository/team/audit-anchor'],
    ['999988887777.dkr.ecr-fips.us-gov-west-1.amazonaws.com/a:1', 'us-gov-west-1:999988887777:repository/a'],
    ['999988887777.dkr.ecr.cn-north-1.amazonaws.com.cn/a:1', 'cn-north-1:999988887777:repository/a'],
    ['999988887777.dkr.ecr.eusc-de-east-1.amazonaws.eu/a:1', 'eusc-de-east-1:999988887777:repository/a'],
    ['123456789012.dkr-ecr.us-east-1.on.aws/aa:1.0', 'us-east-1:123456789012:repository/aa'],
    ['999988887777.dkr-ecr-fips.us-gov-west-1.on.aws/a:1', 'us-gov-west-1:999988887777:repository/a'],
    [
      '999988887777.dkr-ecr.cn-north-1.on.amazonwebservices.com.cn/a:1',
      'cn-north-1:999988887777:repository/a',
    ],
  ])('the repository of %s is pulled from', (image, repository) => {
    const { platform, stack } = platformIn({ image });
    expect(synthesised(stack, platform.imageRepositoryArn)).toMatch(
      new RegExp(`^arn:\\$\\{data\\.aws_partition\\.\\w+\\.partition\\}:ecr:${repository}$`),
    );
    expect(platform.repository).toBeUndefined();
  });

  test.each([
    'public.ecr.aws/a/b:1',
    'ghcr.io/a/b:1',
    'audit-anchor:1',
    '123456789012.dkr-ecr.us-east-1.on.aws.example.com/a:1',
  ])('%s lies outside of ECR', (image) => {
    expect(platformIn({ image }).platform.imageRepositoryArn).toBeUndefined();
  });

  test('the repository of an image that Terraform knows is given', () => {
    const imageRepositoryArn = 'arn:aws:ecr:eu-central-1:111122223333:repository/x';
    const { platform } = platformIn({ image: '${local.image}', imageRepositoryArn });
    expect(platform.imageRepositoryArn).toBe(imageRepositoryArn);
  });
});

describe('cluster and logs', () => {
  test('a cluster is made without Container Insights, unless one is given', () => {
    expect(resource(synthesise(platformIn().stack), 'aws_ecs_cluster')).toMatchObject({
      name: 'audit-anchor-staging',
      setting: [{ name: 'containerInsights', value: 'disabled' }],
    });
    const clusterArn = 'arn:aws:ecs:eu-central-1:111122223333:cluster/shared';
    const given = platformIn({ clusterArn });
    expect(given.platform.clusterArn).toBe(clusterArn);
    expect(synthesise(given.stack).resource.aws_ecs_cluster).toBeUndefined();
  });

  test('log groups have a retention and, if given, a key', () => {
    const logs = (given: Partial<TaskPlatformProps>) => {
      const { stack, platform } = platformIn(given);
      platform.logsOf(stack, 'writer');
      return resource(synthesise(stack), 'aws_cloudwatch_log_group');
    };
    expect(logs({})).toMatchObject({ name: '/audit-anchor/staging/writer', retention_in_days: 400 });
    expect(logs({})).not.toHaveProperty('kms_key_id');
    expect(logs({ logRetentionDays: 7, logsKeyArn: KEY })).toMatchObject({
      retention_in_days: 7,
      kms_key_id: KEY,
    });
  });
});

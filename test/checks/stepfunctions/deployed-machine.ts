import { AwsProvider } from '@cdktf/provider-aws/lib/provider';
import { RandomProvider } from '@cdktf/provider-random/lib/provider';
import { App, TerraformStack, Testing } from 'cdktf';
import { FullVerification } from '../../../constructs/compute/full-verification/full-verification';
import { TaskPlatform } from '../../../constructs/compute/platform/task-platform';
import { AnchorBucket } from '../../../constructs/storage/anchor-bucket';
import { type Container, containersOf } from '../../support/tasks';
import { textOf } from '../../support/terraform/expression';
import { TerraformModule } from '../../support/terraform/module';

export const REGION = 'us-east-1';
export const CHAIN = 'production';
export const ANCHORS = 'audit-anchors-check';
export const SHARDS = 3;
export const TASKS = 2;
const ACCOUNT = '123456789012';
const secretArn = (name: string): string =>
  `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:${name}-a1b2C3`;
export const DATABASE_SECRET = secretArn('verifier');
export const HMAC_SECRET = secretArn('hmac');

/** The construct as an apply would make it. */
export interface DeployedMachine {
  /** What Step Functions would be given. */
  readonly definition: object;
  /** The container that its tasks run. */
  readonly container: Container;
  readonly reportsBucket: string;
  /** Attributes that every task of it has to be started with. */
  readonly place: {
    readonly cluster: string;
    readonly taskDefinition: string;
    readonly subnets: readonly string[];
  };
}

/** Synthesises the construct and evaluates what came of it. */
export function deployedMachine(outdir: string): DeployedMachine {
  const stack = new TerraformStack(new App({ outdir }), 'check');
  new AwsProvider(stack, 'aws', { region: REGION });
  new RandomProvider(stack, 'random');
  const subnets = ['subnet-0a1b2c3d4e5f67890', 'subnet-0a1b2c3d4e5f67891'];
  const platform = new TaskPlatform(stack, 'Platform', {
    environment: 'check',
    image: 'registry.example.com/audit-anchor:1.0.0',
    vpcId: 'vpc-0a1b2c3d4e5f67890',
    subnetIds: subnets,
  });
  new FullVerification(stack, 'Verification', {
    platform,
    bucket: new AnchorBucket(stack, 'Anchors', { bucketName: ANCHORS }),
    chainId: CHAIN,
    tasks: TASKS,
    shards: SHARDS,
    databaseSecretArn: DATABASE_SECRET,
    hmacKeysSecretArn: HMAC_SECRET,
  });
  const module = new TerraformModule(Testing.synth(stack), {
    account: ACCOUNT,
    region: REGION,
    deployRoleArn: `arn:aws:iam::${ACCOUNT}:role/deployer`,
    variables: {},
  });
  const [machine = {}] = [...module.instances('aws_sfn_state_machine').values()];
  const [container, ...others] = [...containersOf(module).values()];
  const reports = [...module.instances('aws_s3_bucket').values()].map(({ bucket }) =>
    textOf(bucket, 'bucket'),
  );
  const reportsBucket = reports.find((bucket) => bucket !== ANCHORS);
  if (!container || others.length > 0 || reportsBucket === undefined)
    throw new Error('one task and one bucket');
  return {
    definition: JSON.parse(textOf(machine['definition'], 'definition')) as object,
    container,
    reportsBucket,
    place: {
      cluster: `arn:aws:ecs:${REGION}:${ACCOUNT}:cluster/audit-anchor-check`,
      taskDefinition: `arn:aws:ecs:${REGION}:${ACCOUNT}:task-definition/audit-anchor-full-verify-check:1`,
      subnets,
    },
  };
}

import { DataAwsCallerIdentity } from '@cdktf/provider-aws/lib/data-aws-caller-identity';
import { DataAwsPartition } from '@cdktf/provider-aws/lib/data-aws-partition';
import { DataAwsRegion } from '@cdktf/provider-aws/lib/data-aws-region';
import type { TerraformProvider } from 'cdktf';
import { Construct } from 'constructs';

/** Account, region and partition that the tasks run in, looked up at plan time. */
export class Surroundings extends Construct {
  readonly accountId: string;
  readonly region: string;
  readonly partition: string;
  readonly dnsSuffix: string;

  constructor(scope: Construct, id: string, provider: TerraformProvider | undefined) {
    super(scope, id);
    this.accountId = new DataAwsCallerIdentity(this, 'Caller', { provider }).accountId;
    // `id` is the region's name in AWS provider 5 and 6; `region` exists in 6 only, `name` is deprecated there.
    this.region = new DataAwsRegion(this, 'Region', { provider }).id;
    const partition = new DataAwsPartition(this, 'Partition', { provider });
    this.partition = partition.partition;
    this.dnsSuffix = partition.dnsSuffix;
  }

  /** ARN of something of this account and region. */
  arn(service: string, resource: string): string {
    return `arn:${this.partition}:${service}:${this.region}:${this.accountId}:${resource}`;
  }
}

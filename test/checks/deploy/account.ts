import type { MotoApi } from '../terraform/moto-api';

/** What a platform team has in its account before anchoring is deployed into it. */
export interface Network {
  readonly vpcId: string;
  readonly subnetIds: readonly string[];
}

const ZONES = ['us-east-1a', 'us-east-1b'];

/** Makes a VPC with a private subnet in each of two availability zones. */
export async function makeNetwork(api: MotoApi): Promise<Network> {
  const made = await api.form('ec2', 'CreateVpc', { CidrBlock: '10.20.0.0/16' });
  const vpcId = element(made, 'vpcId');
  const subnetIds: string[] = [];
  for (const [at, AvailabilityZone] of ZONES.entries()) {
    const CidrBlock = `10.20.${at}.0/24`;
    const subnet = await api.form('ec2', 'CreateSubnet', { VpcId: vpcId, CidrBlock, AvailabilityZone });
    subnetIds.push(element(subnet, 'subnetId'));
  }
  return { vpcId, subnetIds };
}

function element(xml: string, name: string): string {
  const text = new RegExp(`<${name}>([^<]+)</${name}>`).exec(xml)?.[1];
  if (text === undefined) throw new Error(`moto names no ${name}: ${xml}`);
  return text;
}

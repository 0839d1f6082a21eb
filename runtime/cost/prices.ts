/** When the prices below were put together, and for which Region. Their sources are where to compare them. */
export const PRICES_AS_OF = '2026-11-22';
export const PRICES_REGION = 'us-east-1';

interface PriceEntry {
  /** US dollars for one `unit`. */
  readonly usd: number;
  readonly unit: string;
  /** The page on which AWS publishes it. */
  readonly source: string;
}

const S3 = 'https://aws.amazon.com/s3/pricing/';
const KMS = 'https://aws.amazon.com/kms/pricing/';
const SECRETS = 'https://aws.amazon.com/secrets-manager/pricing/';
const CLOUDWATCH = 'https://aws.amazon.com/cloudwatch/pricing/';
const FARGATE = 'https://aws.amazon.com/fargate/pricing/';
const VPC = 'https://aws.amazon.com/vpc/pricing/';
const PRIVATELINK = 'https://aws.amazon.com/privatelink/pricing/';
const EC2 = 'https://aws.amazon.com/ec2/pricing/on-demand/';
const ECR = 'https://aws.amazon.com/ecr/pricing/';
const EVENTBRIDGE = 'https://aws.amazon.com/eventbridge/pricing/';
const CLOUDTRAIL = 'https://aws.amazon.com/cloudtrail/pricing/';

/** List prices without discounts or taxes: first tier, on demand. GB are binary, as AWS bills them. */
export const PRICE_TABLE = {
  s3StandardGbMonth: { usd: 0.023, unit: 'GB-month', source: S3 },
  /** PUT, COPY, POST and LIST. */
  s3PutPer1000: { usd: 0.005, unit: '1,000 requests', source: S3 },
  /** GET, HEAD and every other request. */
  s3GetPer1000: { usd: 0.0004, unit: '1,000 requests', source: S3 },
  s3InstantGbMonth: { usd: 0.004, unit: 'GB-month', source: S3 },
  s3InstantGetPer1000: { usd: 0.01, unit: '1,000 requests', source: S3 },
  s3InstantRetrievalGb: { usd: 0.03, unit: 'GB', source: S3 },
  s3InstantTransitionPer1000: { usd: 0.02, unit: '1,000 requests', source: S3 },
  s3DeepArchiveGbMonth: { usd: 0.00099, unit: 'GB-month', source: S3 },
  s3DeepArchiveTransitionPer1000: { usd: 0.05, unit: '1,000 requests', source: S3 },
  s3ReplicationTimeControlGb: { usd: 0.015, unit: 'GB', source: S3 },
  /** From us-east-1 to another Region; to us-east-2 it is half of this. */
  interRegionTransferGb: { usd: 0.02, unit: 'GB', source: EC2 },
  kmsKeyMonth: { usd: 1, unit: 'key-month', source: KMS },
  /** Added by the first and by the second rotation of a key; later ones are free. */
  kmsRotationMonth: { usd: 1, unit: 'rotation-month', source: KMS },
  kmsRequestsPer10000: { usd: 0.03, unit: '10,000 requests', source: KMS },
  secretMonth: { usd: 0.4, unit: 'secret-month', source: SECRETS },
  secretCallsPer10000: { usd: 0.05, unit: '10,000 calls', source: SECRETS },
  metricMonth: { usd: 0.3, unit: 'metric-month', source: CLOUDWATCH },
  /** Standard resolution, one metric. */
  alarmMonth: { usd: 0.1, unit: 'alarm-month', source: CLOUDWATCH },
  dashboardMonth: { usd: 3, unit: 'dashboard-month', source: CLOUDWATCH },
  logIngestGb: { usd: 0.5, unit: 'GB', source: CLOUDWATCH },
  logStorageGbMonth: { usd: 0.03, unit: 'GB-month', source: CLOUDWATCH },
  fargateArmVcpuHour: { usd: 0.03238, unit: 'vCPU-hour', source: FARGATE },
  fargateArmGbHour: { usd: 0.00356, unit: 'GB-hour', source: FARGATE },
  fargateX86VcpuHour: { usd: 0.04048, unit: 'vCPU-hour', source: FARGATE },
  fargateX86GbHour: { usd: 0.004445, unit: 'GB-hour', source: FARGATE },
  publicIpv4Hour: { usd: 0.005, unit: 'address-hour', source: VPC },
  natGatewayHour: { usd: 0.045, unit: 'gateway-hour', source: VPC },
  natGatewayGb: { usd: 0.045, unit: 'GB', source: VPC },
  /** One endpoint in one availability zone. */
  interfaceEndpointHour: { usd: 0.01, unit: 'endpoint-hour', source: PRIVATELINK },
  interfaceEndpointGb: { usd: 0.01, unit: 'GB', source: PRIVATELINK },
  ecrGbMonth: { usd: 0.1, unit: 'GB-month', source: ECR },
  schedulerPerMillion: { usd: 1, unit: 'million runs', source: EVENTBRIDGE },
  cloudTrailDataEventsPer100000: { usd: 0.1, unit: '100,000 events', source: CLOUDTRAIL },
} as const satisfies Readonly<Record<string, PriceEntry>>;

/** What has a price; `--prices` takes these names. */
export type PriceName = keyof typeof PRICE_TABLE;
/** US dollars for one unit of each thing; the units are those of `PRICE_TABLE`. */
export type Prices = Readonly<Record<PriceName, number>>;

export const PRICE_NAMES = Object.keys(PRICE_TABLE) as PriceName[];

/** The prices of the table. */
export const LIST_PRICES = Object.fromEntries(
  PRICE_NAMES.map((name) => [name, PRICE_TABLE[name].usd]),
) as Prices;

import { CloudwatchDashboard } from '@cdktf/provider-aws/lib/cloudwatch-dashboard';
import { DataAwsRegion } from '@cdktf/provider-aws/lib/data-aws-region';
import { Fn, type TerraformProvider } from 'cdktf';
import { Construct } from 'constructs';
import { DEFAULTS, LIMITS } from '../../runtime/contract';
import { ENVIRONMENT, ENVIRONMENT_FIX } from '../environment';
import type { AnchorReplica } from '../replication/anchor-replica';
import type { WormBucket } from '../storage/worm-bucket';
import { PropCheck } from '../validation';
import { monitoringName } from './alarm-names';
import { anchorGapSeconds } from './alarm-timing';
import { chainWidgets, inRows, replicationWidget, type Widget } from './dashboard-widgets';
import { REPLICATION_TIME_SECONDS } from './infrastructure-alarms';
import { checkWatchedChains } from './watched-chains';

export interface AnchorDashboardProps {
  /** Name of the environment, part of the dashboard's name: 1 to 32 of a-z, 0-9 and "-". */
  readonly environment: string;

  /** Chains that are shown, at least one; a member may be a token, the list may not. */
  readonly chainIds: readonly string[];

  /** The bucket of the anchors. */
  readonly bucket: WormBucket;

  /**
   * Its replica, whose lag is shown.
   *
   * @default - no replica is shown
   */
  readonly replica?: AnchorReplica;

  /**
   * Minutes between interval anchors; draws the line that the age must not cross.
   *
   * @default 60
   */
  readonly intervalMinutes?: number;

  /**
   * The same for single chains whose interval is another one, by the chain's id; undefined stands for 60.
   *
   * @default - all chains have `intervalMinutes`
   */
  readonly intervals?: Readonly<Record<string, number | undefined>>;

  /**
   * Provider that makes the dashboard; its region has to be the bucket's.
   *
   * @default - the bucket's
   */
  readonly provider?: TerraformProvider;
}

/**
 * One page: age of the newest anchor, unanchored events, anchors and verified events per hour, findings,
 * failures, and the lag of the replica. It costs about 3 USD a month beyond the three that AWS gives away.
 */
export class AnchorDashboard extends Construct {
  readonly resource: CloudwatchDashboard;

  /** @throws ConstructError `PROPS_INVALID` */
  constructor(scope: Construct, id: string, props: AnchorDashboardProps) {
    super(scope, id);
    const check = new PropCheck(this).text('environment', props.environment, ENVIRONMENT, ENVIRONMENT_FIX);
    checkWatchedChains(check, props.chainIds);
    const { intervalMinutes = DEFAULTS.intervalMinutes, intervals = {} } = props;
    const minutes = (prop: string, value: number | undefined) =>
      check.wholeNumber(prop, value, LIMITS.intervalMinutes, 'minutes', 'give the value of the writer');
    minutes('intervalMinutes', intervalMinutes);
    for (const [chainId, value] of Object.entries(intervals)) minutes(`intervals.${chainId}`, value);
    check.throwIfAny();

    const provider = props.provider ?? props.bucket.provider;
    const { id: region } = new DataAwsRegion(this, 'Region', { provider });
    const widgets = props.chainIds.flatMap((chainId) => {
      const interval =
        chainId in intervals ? (intervals[chainId] ?? DEFAULTS.intervalMinutes) : intervalMinutes;
      return chainWidgets({ chainId, region, oldestAnchorSeconds: anchorGapSeconds(interval) });
    });
    this.resource = new CloudwatchDashboard(this, 'Resource', {
      provider,
      dashboardName: monitoringName(props.environment, 'dashboard'),
      dashboardBody: Fn.jsonencode({ widgets: inRows([...widgets, ...this.replicationWidgets(props)]) }),
    });
  }

  private replicationWidgets({ bucket, replica }: AnchorDashboardProps): Widget[] {
    if (!replica) return [];
    const { provider } = replica.bucket;
    return [
      replicationWidget({
        sourceBucketName: bucket.bucketName,
        replicaBucketName: replica.bucket.bucketName,
        region: new DataAwsRegion(this, 'ReplicaRegion', { provider }).id,
        promisedSeconds: REPLICATION_TIME_SECONDS,
      }),
    ];
  }
}

import {
  S3BucketLifecycleConfiguration,
  type S3BucketLifecycleConfigurationRule,
} from '@cdktf/provider-aws/lib/s3-bucket-lifecycle-configuration';
import { Annotations, type ITerraformDependable, type TerraformProvider } from 'cdktf';
import { Construct } from 'constructs';
import { isUnknownAtSynth, PropCheck } from '../validation';
import type { ObjectLockRetention } from './object-lock-retention';

/** Days an incomplete multipart upload is kept; anchors are written in one request. */
const ABORT_MULTIPART_AFTER_DAYS = 1;
const TRANSITION_DAYS = { min: 1, max: 36_500 };

export interface AnchorLifecycleOptions {
  /**
   * Delete anchors on the day after their retention has ended. Without it they stay for ever: the end of a
   * retention deletes nothing.
   *
   * @default false - anchors stay
   */
  readonly expireAfterRetention?: boolean;

  /**
   * Age in days at which anchors move to GLACIER_IR. Bills 128 KB per anchor of about 1 KB.
   *
   * @default - they do not move
   */
  readonly glacierInstantRetrievalAfterDays?: number;

  /**
   * Age in days at which anchors move to DEEP_ARCHIVE. Their bodies can then not be read, and so not be
   * verified, before a restore of 12 to 48 hours.
   *
   * @default - they do not move
   */
  readonly deepArchiveAfterDays?: number;
}

export interface AnchorLifecycleProps extends AnchorLifecycleOptions {
  readonly bucketName: string;
  /** Retention of the bucket; expiry begins after it. */
  readonly retention: ObjectLockRetention;

  /**
   * Provider of the bucket.
   *
   * @default - the stack's default AWS provider
   */
  readonly provider?: TerraformProvider;

  /** What has to be there before. @default - the bucket only */
  readonly dependsOn?: ITerraformDependable[];
}

/** Faults of the options, also for those who compose this construct. */
export function checkLifecycleOptions(
  check: PropCheck,
  options: AnchorLifecycleOptions,
  retention: ObjectLockRetention | undefined,
): void {
  const { glacierInstantRetrievalAfterDays: instant, deepArchiveAfterDays: deep } = options;
  const fix = 'or leave it out: anchors are too small for archiving to save anything';
  check
    .wholeNumber('glacierInstantRetrievalAfterDays', instant, TRANSITION_DAYS, 'days', fix)
    .wholeNumber('deepArchiveAfterDays', deep, TRANSITION_DAYS, 'days', fix);
  if (isKnown(instant) && isKnown(deep)) {
    check.rule(deep > instant, {
      prop: 'deepArchiveAfterDays',
      found: String(deep),
      allowed: `more than "glacierInstantRetrievalAfterDays", which is ${instant}`,
      fix,
    });
  }
  if (!options.expireAfterRetention || retention === undefined || isUnknownAtSynth(retention.days)) return;
  const last = Math.max(...[instant, deep].filter(isKnown), 0);
  check.rule(last < retention.dayAfter, {
    prop: deep === last ? 'deepArchiveAfterDays' : 'glacierInstantRetrievalAfterDays',
    found: String(last),
    allowed: `less than the ${retention.dayAfter} days after which "expireAfterRetention" deletes anchors`,
    fix,
  });
}

/**
 * The one lifecycle configuration of a bucket. Always removes incomplete multipart uploads; expiry and the
 * transitions to archive classes have to be asked for. Lifecycle runs inside S3: neither bucket policies
 * nor the lock stop transitions, and the lock stops expiry until it ends.
 */
export class AnchorLifecycle extends Construct {
  readonly resource: S3BucketLifecycleConfiguration;

  /** @throws ConstructError `PROPS_INVALID` */
  constructor(scope: Construct, id: string, props: AnchorLifecycleProps) {
    super(scope, id);
    const check = new PropCheck(this);
    checkLifecycleOptions(check, props, props.retention);
    check.throwIfAny();

    const transitions = transitionsOf(props);
    if (transitions.length > 0) Annotations.of(this).addWarning(ARCHIVE_NOTE);
    this.resource = new S3BucketLifecycleConfiguration(this, 'Resource', {
      provider: props.provider,
      dependsOn: props.dependsOn,
      bucket: props.bucketName,
      // The default, all_storage_classes_128K, would silently leave every anchor where it is.
      ...(transitions.length > 0 && { transitionDefaultMinimumObjectSize: 'varies_by_storage_class' }),
      rule: [
        {
          id: 'abort-multipart-uploads',
          status: 'Enabled',
          filter: [{}],
          abortIncompleteMultipartUpload: [{ daysAfterInitiation: ABORT_MULTIPART_AFTER_DAYS }],
        },
        ...(transitions.length > 0 ? [archiveRule(transitions)] : []),
        ...(props.expireAfterRetention ? expiryRules(props.retention) : []),
      ],
    });
  }
}

type Transition = { readonly days: number; readonly storageClass: string };

function transitionsOf(options: AnchorLifecycleOptions): Transition[] {
  const { glacierInstantRetrievalAfterDays: instant, deepArchiveAfterDays: deep } = options;
  return [
    ...(instant === undefined ? [] : [{ days: instant, storageClass: 'GLACIER_IR' }]),
    ...(deep === undefined ? [] : [{ days: deep, storageClass: 'DEEP_ARCHIVE' }]),
  ];
}

function archiveRule(transitions: readonly Transition[]): S3BucketLifecycleConfigurationRule {
  return {
    id: 'archive-old-anchors',
    status: 'Enabled',
    // A size of its own overrides every default minimum, also that of GLACIER_IR.
    filter: [{ objectSizeGreaterThan: 1 }],
    transition: [...transitions],
  };
}

/** In a versioned bucket an expiry only adds a delete marker; the other two rules make it real. */
function expiryRules(retention: ObjectLockRetention): S3BucketLifecycleConfigurationRule[] {
  return [
    {
      id: 'expire-after-retention',
      status: 'Enabled',
      filter: [{}],
      expiration: [{ days: retention.dayAfter }],
      noncurrentVersionExpiration: [{ noncurrentDays: 1 }],
    },
    {
      id: 'remove-orphaned-delete-markers',
      status: 'Enabled',
      filter: [{}],
      expiration: [{ expiredObjectDeleteMarker: true }],
    },
  ];
}

const ARCHIVE_NOTE = [
  'Archive transitions are on. For anchors of 1 to 2 KB they cost more than they save: GLACIER_IR bills 128 KB',
  'per object, DEEP_ARCHIVE adds 40 KB and 0.05 USD per 1,000 transitions, so a year of hourly anchors costs',
  'about 0.5 to 0.6 USD instead of 0.005. Bodies in DEEP_ARCHIVE cannot be read before a restore of 12 to 48',
  'hours: verification reports them as not evaluated. Archived anchors are no longer replicated.',
].join(' ');

function isKnown(days: number | undefined): days is number {
  return days !== undefined && !isUnknownAtSynth(days);
}

import { DEFAULT_COLUMN_LIST } from '../../runtime/domain/chain/columns';
import { CreateBucketCommand, PutObjectLockConfigurationCommand, S3Client } from '@aws-sdk/client-s3';
import { S3AnchorStore } from '../../runtime/adapters/s3/s3-anchor-store';
import { anchorObject, storeAnchor } from '../../runtime/application/store-anchor';
import { DEFAULTS, ENV } from '../../runtime/contract';
import { formatAnchorTime } from '../../runtime/domain/anchor/anchor';
import type { Checkpoint } from '../../runtime/domain/chain/checkpoint';
import { ZERO_HASH } from '../../runtime/domain/digests';
import { startWormS3 } from '../../runtime/embedded/s3/server';
import { CHAIN_ID, KEY_ID } from './chain';

const REGION = 'us-east-1';
const CREDENTIALS = { accessKeyId: 'bench', secretAccessKey: 'bench' };
const SECONDS_APART = 60;

/** Buckets with what the anchorer would have written, for the program as a whole. */
export interface AnchorBuckets {
  /** Settings with which the program finds the anchors of so many events. */
  environment(events: number): Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** @param lengths events of the chains that are verified; each has a bucket with the anchors up to there */
export async function makeAnchorBuckets(
  directory: string,
  checkpoints: readonly Checkpoint[],
  lengths: readonly number[],
): Promise<AnchorBuckets> {
  // A notice about coming Node versions, for whoever updates the SDK.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';
  const now = Math.floor(Date.now() / 1000);
  let seconds = now;
  const clock = {
    now: () => seconds * 1000,
    sleep: (): Promise<void> => Promise.resolve(),
  };
  const s3 = await startWormS3({ directory, region: REGION, clock });
  const client = new S3Client({
    region: REGION,
    endpoint: s3.endpoint,
    forcePathStyle: true,
    credentials: CREDENTIALS,
  });
  for (const events of new Set(lengths)) {
    const Bucket = bucketOf(events);
    await client.send(new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: true }));
    const rule = { DefaultRetention: { Mode: 'COMPLIANCE', Days: DEFAULTS.retentionDays } } as const;
    const ObjectLockConfiguration = { ObjectLockEnabled: 'Enabled', Rule: rule } as const;
    await client.send(new PutObjectLockConfigurationCommand({ Bucket, ObjectLockConfiguration }));
    const store = new S3AnchorStore({
      bucket: Bucket,
      region: REGION,
      endpoint: s3.endpoint,
      credentials: CREDENTIALS,
      clock,
    });
    const wanted = checkpoints.filter(({ lastSeq }) => lastSeq <= events);
    let previous = ZERO_HASH;
    for (const [at, { firstSeq, lastSeq, lastHash, merkleRoot }] of wanted.entries()) {
      seconds = now - (wanted.length - 1 - at) * SECONDS_APART;
      const anchor = {
        chain_id: CHAIN_ID,
        last_seq: lastSeq,
        last_hash: lastHash ?? ZERO_HASH,
        ts_utc: formatAnchorTime(seconds),
        db_snapshot_lsn: null,
        prev_anchor_hash: previous,
        format: 1,
        anchor_seq: at + 1,
        first_seq: firstSeq,
        events: lastSeq - firstSeq + 1,
        merkle_root: merkleRoot ?? ZERO_HASH,
        faults: 0,
        chain_format: 'v1',
        columns: DEFAULT_COLUMN_LIST,
        key_id: KEY_ID,
        trigger: 'events',
        db_system_id: null,
        db_timeline: null,
        leaves_sha256: null,
        declared: null,
      } as const;
      previous = (await storeAnchor(store, anchorObject(anchor, DEFAULTS.retentionDays), undefined)).known
        .hash;
    }
    store.close();
  }
  client.destroy();
  return {
    environment: (events) => ({
      [ENV.bucket]: bucketOf(events),
      [ENV.s3Endpoint]: s3.endpoint,
      AWS_REGION: REGION,
      AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
    }),
    close: () => s3.close(),
  };
}

function bucketOf(events: number): string {
  return `anchors-of-${events}`;
}

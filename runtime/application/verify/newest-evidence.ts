import { checkCadence } from '../../domain/anchor/check-cadence';
import type { AnchorPolicy } from '../../domain/anchor/policy';
import { checkAnchorObject } from '../../domain/anchor/check-object';
import { checkTime } from '../../domain/anchor/check-time';
import { checkEarlierRetention } from '../../domain/anchor/check-lock';
import { checkReplication } from '../../domain/anchor/check-replication';
import type { FindingLog } from '../../domain/findings/finding-log';
import { findNewestKey } from '../newest-key';
import type { AnchorStore } from '../ports';
import { serverTimeAt } from '../server-clock';
import { readAnchor } from '../read-anchor';
import type { BucketEvidence } from './bucket-evidence';
import { reportNoAnchors } from './bucket-evidence';
import { reportOver } from './overlays';

/**
 * The first two steps of the hourly job: fetch the newest anchor, and check it against what S3 says of it
 * (checksum, lock, time, other versions).
 * @param here this machine's time, seconds since 1970; what S3 tells of its own counts more
 */
export async function collectNewestEvidence(
  store: AnchorStore,
  policy: AnchorPolicy,
  here: number,
  findings: FindingLog,
  signal?: AbortSignal,
): Promise<BucketEvidence> {
  const { newest, misdated } = await findNewestKey({ store, ...policy, signal }, here, null);
  misdated.forEach((dated) => checkTime(dated, policy.clockToleranceSeconds, findings));
  if (!newest) {
    reportNoAnchors(store, policy, findings);
    return { anchors: [], beside: [], siblings: [], listed: 0 };
  }
  const evidence = await readAnchor(store, newest, findings, signal);
  await reportOver(store, newest, evidence, policy, findings, signal);
  checkAnchorObject(evidence, policy, findings);
  const now = Math.floor(serverTimeAt(store, here * 1000) / 1000);
  checkCadence([evidence], policy, now, findings);
  checkEarlierRetention([evidence], policy, findings);
  checkReplication([evidence], now, findings);
  return { anchors: [evidence], beside: [], siblings: [], listed: 1 + newest.over.length };
}

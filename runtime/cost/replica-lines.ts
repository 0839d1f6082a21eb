import { keyLines } from './encryption-lines';
import type { Bill, CostLine } from './line';
import { amount, priced } from './line';
import { monthly } from './monitoring-lines';
import { BYTES_PER_GB, MONTHS } from './units';

/** Latency, pending bytes, pending operations and failed operations of the rule. */
const REPLICATION_METRICS = 4;
/** Decrypt at the source, GenerateDataKey at the destination. */
const KMS_REQUESTS_PER_COPY = 2;

/** Copies of every anchor in another Region; nothing without a replica. */
export function replicaLines(bill: Bill): CostLine[] {
  const { settings, work, prices } = bill;
  if (settings.replica === null) return [];
  const copiedGb = (work.anchors * settings.anchorBytes) / BYTES_PER_GB;
  const copied = `${amount(work.anchors)} anchors of ${amount(settings.anchorBytes)} bytes`;
  return [
    priced(prices, 's3StandardGbMonth', {
      id: 'replica.storage',
      title: 'storage',
      quantity: ((work.liveAnchors * settings.anchorBytes) / BYTES_PER_GB) * MONTHS,
      formula: `${amount(work.liveAnchors)} anchors, on average`,
    }),
    priced(prices, 's3PutPer1000', {
      id: 'replica.put',
      title: 'PUT',
      quantity: work.anchors / 1_000,
      formula: `${amount(work.anchors)} anchors`,
    }),
    priced(prices, 'interRegionTransferGb', {
      id: 'replica.transfer',
      title: 'transfer to the other Region',
      quantity: copiedGb,
      formula: copied,
    }),
    priced(prices, 's3ReplicationTimeControlGb', {
      id: 'replica.timeControl',
      title: 'Replication Time Control',
      quantity: copiedGb,
      formula: copied,
    }),
    ...(settings.encryption === 'kms' ? [...keyLines(bill, 'replica'), requestsLine(bill)] : []),
    monthly(bill, 'metrics', 'replica.metrics', 'replication metrics', REPLICATION_METRICS),
    monthly(bill, 'alarms', 'replica.alarms', 'alarms', settings.replica.alarms),
  ];
}

function requestsLine({ work, prices, free }: Bill): CostLine {
  const requests = work.anchors * KMS_REQUESTS_PER_COPY;
  const billed = free.billed('kmsRequests', requests);
  return priced(prices, 'kmsRequestsPer10000', {
    id: 'replica.kmsRequests',
    title: 'KMS requests',
    quantity: billed / 10_000,
    formula: `${KMS_REQUESTS_PER_COPY} for each of ${amount(work.anchors)} anchors${free.note(requests, billed)}`,
  });
}

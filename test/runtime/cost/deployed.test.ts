import { AnchorAlarms } from '../../../constructs/monitoring/anchor-alarms';
import { DEFAULT_SIZE } from '../../../constructs/compute/task-size';
import { AnchorReplica } from '../../../constructs/replication/anchor-replica';
import { AnchorBucket } from '../../../constructs/storage/anchor-bucket';
import { DEFAULT_COST_SETTINGS, DEFAULT_REPLICA } from '../../../runtime/cost/settings';
import { drProvider, foreignStack } from '../../support/infra-stack';

/** Alarms of a service with a verifier, for one chain. */
function alarmsOf(withReplica: boolean): number {
  const stack = foreignStack();
  const bucket = new AnchorBucket(stack, 'Anchors', { bucketName: 'audit-anchors-x' });
  const alarms = new AnchorAlarms(stack, 'Alarms', {
    environment: 'production',
    chainIds: ['production'],
    bucket,
    deadLetterQueueName: 'audit-anchor-production-dead-letters',
    ...(withReplica && {
      replica: new AnchorReplica(stack, 'Replica', {
        source: bucket,
        provider: drProvider(stack),
        bucketName: 'audit-anchors-dr-x',
      }),
    }),
  });
  return alarms.alarms.length;
}

test('the bill counts the alarms that are deployed', () => {
  expect(DEFAULT_COST_SETTINGS.alarms).toBe(alarmsOf(false));
  expect(DEFAULT_REPLICA.alarms).toBe(alarmsOf(true) - alarmsOf(false));
});

test('the bill counts tasks of the size that is deployed', () => {
  const { vcpu, memoryGb } = DEFAULT_COST_SETTINGS.task;
  expect({ cpu: vcpu * 1_024, memoryMiB: memoryGb * 1_024 }).toEqual(DEFAULT_SIZE);
});

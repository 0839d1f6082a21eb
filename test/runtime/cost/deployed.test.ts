import type { AnchorComputeOptions } from '../../../constructs/compute/anchor-compute';
import { DEFAULT_SIZE } from '../../../constructs/compute/tasks/task-size';
import { AuditAnchoring } from '../../../constructs/audit-anchoring';
import { AnchorAlarms } from '../../../constructs/monitoring/anchor-alarms';
import { alarmCount } from '../../../runtime/cost/monitored';
import type { CostSettings } from '../../../runtime/cost/settings';
import { DEFAULT_COST_SETTINGS, DEFAULT_REPLICA } from '../../../runtime/cost/settings';
import { bucketIn, DATABASE, HMAC, PLATFORM, READ_ONLY } from '../../support/compute';
import { drProvider, foreignStack, synthesise } from '../../support/infra-stack';

type Tasks = Pick<CostSettings, 'anchoring' | 'verification' | 'gatewayMetrics'>;

const MODES: readonly CostSettings['anchoring'][] = [
  { mode: 'service' },
  { mode: 'scheduled', everyMinutes: 5, taskSeconds: 60 },
  { mode: 'external' },
];
const VERIFIERS = ['task', 'external'] as const;
const EVERY_MODE = MODES.flatMap((anchoring) =>
  VERIFIERS.flatMap((runsAs) =>
    (anchoring.mode === 'external' ? [true, false] : [true]).map(
      (gatewayMetrics): [name: string, tasks: Tasks] => [
        `--mode ${anchoring.mode} --verifier ${runsAs}${gatewayMetrics ? '' : ' --no-gateway-metrics'}`,
        { anchoring, verification: { ...DEFAULT_COST_SETTINGS.verification, runsAs }, gatewayMetrics },
      ],
    ),
  ),
);
/** Whoever writes elsewhere is none of the tasks, and there is no verifier without them. */
const DEPLOYABLE = EVERY_MODE.filter(
  ([, { anchoring, verification }]) => anchoring.mode !== 'external' || verification.runsAs === 'external',
);

/** The tasks of a deployment; undefined when none runs. */
function computeOf({ anchoring: { mode }, verification }: Tasks): AnchorComputeOptions | undefined {
  if (mode === 'external') return undefined;
  const { image, vpcId, subnetIds } = PLATFORM;
  return {
    ...{ mode, image, vpcId, subnetIds, databaseSecretArn: DATABASE, hmacKeysSecretArn: HMAC },
    ...(verification.runsAs === 'task' && { verifier: { databaseSecretArn: READ_ONLY } }),
  };
}

/** Alarms of the whole pattern. */
function deployed(tasks: Tasks, withReplica = false): number {
  const stack = foreignStack();
  new AuditAnchoring(stack, 'Anchoring', {
    environment: 'production',
    alarms: {},
    gateway: { emitsMetrics: tasks.gatewayMetrics },
    compute: computeOf(tasks),
    ...(withReplica && { replicaProvider: drProvider(stack) }),
  });
  return Object.keys(synthesise(stack).resource.aws_cloudwatch_metric_alarm ?? {}).length;
}

test.each(DEPLOYABLE)('cost %s counts the alarms that are deployed', (_, tasks) => {
  expect(alarmCount(tasks)).toBe(deployed(tasks));
});

test.each(DEPLOYABLE)('a replica adds the same alarms to %s as to the bill', (_, tasks) => {
  expect(DEFAULT_REPLICA.alarms).toBe(deployed(tasks, true) - deployed(tasks));
});

/** Alarms where verifications are left out, which the tasks of the whole pattern never do. */
function alarmsOn({ anchoring, verification, gatewayMetrics }: Tasks): number {
  const stack = foreignStack();
  const { alarms } = new AnchorAlarms(stack, 'Alarms', {
    environment: 'production',
    chainIds: ['production'],
    bucket: bucketIn(stack),
    mode: gatewayMetrics ? anchoring.mode : 'none',
    verifyIntervalMinutes: verification.latestEveryMinutes,
    verifyFullIntervalHours: verification.fullEveryHours,
    deadLetterQueueName: 'audit-anchor-not-started-production',
  });
  return alarms.length;
}

describe.each(EVERY_MODE.filter(([, { verification }]) => verification.runsAs === 'task'))(
  '%s',
  (_, tasks) => {
    test.each([
      [60, 24],
      [0, 24],
      [60, 0],
      [0, 0],
    ])('newest anchor every %d minutes, everything every %d hours', (latestEveryMinutes, fullEveryHours) => {
      const verification = { ...tasks.verification, latestEveryMinutes, fullEveryHours };
      expect(alarmCount({ ...tasks, verification })).toBe(alarmsOn({ ...tasks, verification }));
    });
  },
);

test('the bill counts tasks of the size that is deployed', () => {
  const { vcpu, memoryGb } = DEFAULT_COST_SETTINGS.task;
  expect({ cpu: vcpu * 1_024, memoryMiB: memoryGb * 1_024 }).toEqual(DEFAULT_SIZE);
});

import type { Scenario } from '../terraform/scenarios';
import type { Network } from './account';

export type Mode = 'service' | 'scheduled';

/** Events that make an anchor due: few, so that a check can write them. */
export const EVENT_THRESHOLD = 20;
/** Not the default, so that a retention that got lost on its way would be seen. */
export const RETENTION_DAYS = 90;

/** References to secrets, as a platform team writes them into its settings. */
export interface SecretReferences {
  readonly database: string;
  readonly hmacKeys: string;
  readonly verifierDatabase: string;
}

export function environmentOf(mode: Mode): string {
  return `deploy-${mode}`;
}

export function bucketOf(mode: Mode): string {
  return `audit-anchors-${environmentOf(mode)}`;
}

export function chainOf(mode: Mode): string {
  return `payments/${mode}`;
}

/** Minutes between interval anchors. The service is watched for long enough to see one come by the clock. */
const INTERVAL_MINUTES: Readonly<Record<Mode, number>> = { service: 1, scheduled: 1_440 };

/** What only one of the modes has, so that both variants of it are applied. */
const VARIANTS: Readonly<Record<Mode, Readonly<Record<string, string>>>> = {
  service: {
    AUDIT_INFRA_IMAGE_TAG: '0.1.0-check',
    AUDIT_INFRA_ENABLE_REPLICATION: 'true',
    AUDIT_INFRA_INTERFACE_ENDPOINTS: 'true',
    AUDIT_INFRA_DASHBOARD: 'true',
  },
  scheduled: { AUDIT_INFRA_IMAGE: '123456789012.dkr.ecr.us-east-1.amazonaws.com/audit-anchor:0.1.0-check' },
};

/** A stack with tasks, verifier and alarms. */
export function scenarioOf(
  mode: Mode,
  network: Network,
  secrets: SecretReferences,
  databasePort: number,
): Scenario {
  return {
    name: mode,
    settings: {
      AUDIT_INFRA_ENVIRONMENT: environmentOf(mode),
      AUDIT_INFRA_BUCKET_NAME: bucketOf(mode),
      AUDIT_INFRA_ANCHOR_MODE: mode,
      AUDIT_INFRA_INTERVAL_MINUTES: String(INTERVAL_MINUTES[mode]),
      AUDIT_INFRA_EVENT_THRESHOLD: String(EVENT_THRESHOLD),
      AUDIT_INFRA_VPC_ID: network.vpcId,
      AUDIT_INFRA_SUBNET_IDS: network.subnetIds.join(','),
      AUDIT_INFRA_DATABASE_PORT: String(databasePort),
      AUDIT_INFRA_DATABASE_SECRET_ARN: secrets.database,
      AUDIT_INFRA_HMAC_KEYS_SECRET_ARN: secrets.hmacKeys,
      AUDIT_INFRA_VERIFIER_DATABASE_SECRET_ARN: secrets.verifierDatabase,
      ...VARIANTS[mode],
    },
    variables: { chain_id: chainOf(mode), worm_retention_days: String(RETENTION_DAYS) },
  };
}

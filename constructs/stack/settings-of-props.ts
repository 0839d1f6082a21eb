import { type AuditAnchoringProps, checkAuditAnchoringProps } from '../audit-anchoring-props';
import { checkSealable } from '../compute/full-verification/full-verification-props';
import { BUCKET_NAME } from '../storage/bucket-name';
import { PropCheck, quoted } from '../validation';
import type { SettingReader } from './setting-reader';

/** Setting of each prop that the stack takes from one, by the path of the prop. */
export const SETTING_OF: Readonly<Record<string, string>> = {
  environment: 'environment',
  bucketName: 'bucket_name',
  writerRole: 'gateway_role_name',
  fullVerificationTasks: 'full_verification_tasks',
  'compute.mode': 'anchor_mode',
  'compute.image': 'image',
  'compute.imageTag': 'image_tag',
  'compute.cpuArchitecture': 'cpu_architecture',
  'compute.clusterArn': 'cluster_arn',
  'compute.vpcId': 'vpc_id',
  'compute.subnetIds': 'subnet_ids',
  'compute.assignPublicIp': 'assign_public_ip',
  'compute.databasePort': 'database_port',
  'compute.databaseCidrs': 'database_cidrs',
  'compute.httpsCidrs': 'https_cidrs',
  'compute.interfaceEndpoints': 'interface_endpoints',
  'compute.endpointSubnetIds': 'endpoint_subnet_ids',
  'compute.routeTableIds': 'route_table_ids',
  'compute.logRetentionDays': 'log_retention_days',
  'compute.logsKeyArn': 'logs_key_arn',
  'compute.scheduleMinutes': 'schedule_minutes',
  'compute.pollSeconds': 'poll_seconds',
  'compute.cpu': 'task_cpu',
  'compute.memoryMiB': 'task_memory_mib',
  'compute.databaseSecretArn': 'database_secret_arn',
  'compute.hmacKeysSecretArn': 'hmac_keys_secret_arn',
  'compute.secretsKeyArns': 'secrets_key_arns',
  'compute.intervalMinutes': 'interval_minutes',
  'compute.eventThreshold': 'event_threshold',
  'compute.settings': 'runtime_settings',
  'compute.verifier.databaseSecretArn': 'verifier_database_secret_arn',
  'compute.verifier.hmacKeysSecretArn': 'hmac_keys_secret_arn',
  'compute.verifier.verifyIntervalMinutes': 'verify_interval_minutes',
  'compute.verifier.verifyFullIntervalHours': 'verify_full_interval_hours',
  'compute.verifier.verifyWorkers': 'verify_workers',
  'compute.verifier.cpu': 'task_cpu',
  'compute.verifier.memoryMiB': 'task_memory_mib',
};

/** What faults mention besides, and people set as a variable of Terraform. */
const VARIABLE_OF: Readonly<Record<string, string>> = {
  bucket: 'bucket_name',
  chainId: 'chain_id',
  retention: 'worm_retention_days',
  verifiedDays: 'verify_retention_days',
};

/** Settings that are held against each other. */
export interface JoinedSettings extends Pick<AuditAnchoringProps, 'environment' | 'bucketName' | 'compute'> {
  readonly gatewayRoleName: string | undefined;
  readonly fullVerificationTasks: number | undefined;
}

/**
 * Records what the constructs will refuse, under the names of the settings that people know: what cannot be seen in one
 * setting alone. Only for settings that are each in order, or their defaults would be judged in their place.
 */
export function checkTogether(read: SettingReader, settings: JoinedSettings): void {
  const check = new PropCheck('Settings');
  const { environment, bucketName, gatewayRoleName, compute, fullVerificationTasks } = settings;
  checkAuditAnchoringProps(check, { environment, bucketName, writerRole: gatewayRoleName, compute });
  if (fullVerificationTasks !== undefined) {
    checkSealable(check.within('compute'), { settings: compute?.settings });
    const reports = `${bucketName ?? 'x'}-reports`;
    check.rule(BUCKET_NAME.test(reports), {
      prop: 'bucketName',
      found: quoted(reports),
      allowed: BUCKET_NAME.allowed,
      fix: 'shorten it: "fullVerificationTasks" makes a bucket of reports, whose name has 8 characters more',
    });
  }
  for (const { prop, found, allowed, fix } of check.recorded) {
    const path = knownPath(prop);
    const group = path.slice(0, path.lastIndexOf('.') + 1);
    read.refuse(SETTING_OF[path] ?? prop, path === '' ? '' : prop.slice(path.length), {
      found: inSettings(found, group),
      allowed: inSettings(allowed, group),
      fix: inSettings(fix, group),
    });
  }
}

/** The prop that a path names or has a member of, such as `settings` of `settings.eventsTable`; empty for none. */
function knownPath(prop: string): string {
  const known = Object.keys(SETTING_OF).filter(
    (path) => prop === path || prop.startsWith(`${path}.`) || prop.startsWith(`${path}[`),
  );
  return known.sort((one, other) => other.length - one.length)[0] ?? '';
}

/**
 * A text of a fault, with the names of settings where it quotes those of props.
 * @param group the props among which the fault was found, such as `compute.verifier.`
 */
function inSettings(text: string, group: string): string {
  // What stands first is a value that somebody has set, and stays.
  return text.replace(/(?<!^)"([A-Za-z.]+)"/g, (quotedName: string, name: string) => {
    for (const prop of [group + name, `compute.${name}`, name]) {
      const path = knownPath(prop);
      if (path !== '') return `"${SETTING_OF[path]}${prop.slice(path.length)}"`;
    }
    const variable = VARIABLE_OF[name];
    return variable === undefined ? quotedName : `"${variable}"`;
  });
}

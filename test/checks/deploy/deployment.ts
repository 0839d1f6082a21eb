import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { ENV } from '../../../runtime/contract';
import type { EmbeddedPostgres } from '../../../runtime/embedded/postgres/start';
import type { MotoApi } from '../terraform/moto-api';
import { type MadeResources, Terraform, type TerraformOptions } from '../terraform/terraform';
import type { Network } from './account';
import { AppliedTasks, type Schedule, type TaskDefinition } from './applied';
import { AuditDatabase, type HmacKeys, keyRingJson } from './audit-database';
import { bucketOf, chainOf, environmentOf, type Mode, scenarioOf, type SecretReferences } from './scenarios';
import type { Secrets } from './secrets';

/** A stack before it is applied, and what its platform team made for it. */
export interface Preparation {
  readonly mode: Mode;
  readonly bucket: string;
  readonly chainId: string;
  readonly database: AuditDatabase;
  /** The secret knows the first of them from the beginning; the second is for the rotation. */
  readonly keys: { readonly k1: Buffer; readonly k2: Buffer };
  readonly secrets: SecretReferences;
  readonly terraform: Terraform;
}

/** A stack after it was applied. */
export interface Deployment extends Preparation {
  /** What Terraform says it made. */
  readonly made: MadeResources;
  readonly kmsKeyArn: string;
  readonly anchoring: TaskDefinition;
  /** Undefined in mode `service`. */
  readonly anchorSchedule: Schedule | undefined;
  readonly verifyLatest: Schedule;
  readonly verifyFull: Schedule;
}

/** Makes database and secrets, synthesises the stack and initialises Terraform in it. */
export async function prepare(
  mode: Mode,
  network: Network,
  store: Secrets,
  server: EmbeddedPostgres,
  options: TerraformOptions,
): Promise<Preparation> {
  const chainId = chainOf(mode);
  const database = await AuditDatabase.create(server, `audit_${mode}`, chainId);
  const keys = { k1: randomBytes(32), k2: randomBytes(48) };
  const json = JSON.stringify({ url: database.anchoringUrl });
  const secrets = {
    database: `${await store.create(`audit/${mode}/anchoring`, json)}:url::`,
    hmacKeys: await store.create(`audit/${mode}/hmac-keys`, keyRingJson({ k1: keys.k1 })),
    verifierDatabase: await store.create(`audit/${mode}/verifier`, database.verifierUrl),
  };
  const scenario = scenarioOf(mode, network, secrets, server.port);
  const terraform = await Terraform.initialise(scenario, options);
  return { mode, bucket: bucketOf(mode), chainId, database, keys, secrets, terraform };
}

/** Puts another password into the secret of the writer, or the right one again. */
export async function changeLogin(
  store: Secrets,
  { mode, database }: Preparation,
  to: 'wrong' | 'right',
): Promise<void> {
  const url = new URL(database.anchoringUrl);
  if (to === 'wrong') url.password = 'what-it-was-before-the-rotation';
  await store.replace(`audit/${mode}/anchoring`, JSON.stringify({ url: url.href }));
}

/** Adds a key to the secret, beside the one that events were written under until now. */
export async function rotateKeys(store: Secrets, { secrets, keys }: Preparation): Promise<void> {
  const both: HmacKeys = keys;
  await store.replace(secrets.hmacKeys, keyRingJson(both));
}

/** Reads back what the apply made, from the services that would run it. */
export async function readDeployment(api: MotoApi, prepared: Preparation): Promise<Deployment> {
  const tasks = new AppliedTasks(api);
  const { mode, terraform } = prepared;
  const environment = environmentOf(mode);
  const outputs = await terraform.outputs();
  const verifications = await tasks.ofGroup(`audit-anchor-verify-${environment}`);
  const verifyLatest = scheduled(verifications, 'verify-latest');
  const verifyFull = scheduled(verifications, 'verify-full');
  assert.equal(verifications.size, 2);
  const anchorSchedule =
    mode === 'scheduled'
      ? scheduled(await tasks.ofGroup(`audit-anchor-${environment}`), 'anchor')
      : undefined;
  const anchoring = anchorSchedule?.task ?? (await tasks.ofService(String(outputs['ecs_cluster_arn'])));
  assertApart(anchoring, verifyLatest.task);
  assertApart(anchoring, verifyFull.task);
  const kmsKeyArn = String(outputs['kms_key_arn']);
  const made = await terraform.made();
  return { ...prepared, made, kmsKeyArn, anchoring, anchorSchedule, verifyLatest, verifyFull };
}

function scheduled(group: ReadonlyMap<string, Schedule>, name: string): Schedule {
  const schedule = group.get(name);
  if (schedule === undefined) throw new Error(`there is no schedule ${name}`);
  return schedule;
}

/** Who writes evidence and who judges it hold nothing in common that could change either. */
function assertApart(writer: TaskDefinition, verifier: TaskDefinition): void {
  assert.notEqual(verifier.taskRoleArn, writer.taskRoleArn);
  assert.notEqual(verifier.executionRoleArn, writer.executionRoleArn);
  assert.notEqual(databaseSecretOf(verifier), databaseSecretOf(writer));
}

function databaseSecretOf({ container }: TaskDefinition): string | undefined {
  return container.secrets.find(({ name }) => name === ENV.databaseUrl)?.valueFrom;
}

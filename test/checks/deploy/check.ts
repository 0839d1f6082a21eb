import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../../runtime/embedded/postgres/start';
import type { Cleanup } from '../../support/programs/cleanup';
import { runOrThrow } from '../../support/programs/run';
import { Steps } from '../../support/programs/steps';
import { type Moto, startMoto } from '../terraform/moto';
import type { TerraformOptions } from '../terraform/terraform';
import { findAwsProvider, findProgram } from '../terraform/tools';
import { makeNetwork } from './account';
import { type Deployment, prepare, readDeployment } from './deployment';
import { assertAnchors, assertAuthorised, assertSilent } from './evidence';
import { assertGone, type Leftovers } from './leftovers';
import type { Mode } from './scenarios';
import { tellScheduledStory } from './scheduled-story';
import { Secrets } from './secrets';
import { tellServiceStory } from './service-story';
import type { Stage } from './stage';
import { TaskCredentials } from './task-credentials';
import { HOST_SETTINGS, type Task, TaskHost } from './task-host';
import { Wiring } from './wiring';
import { WormBuckets } from './worm-buckets';

/**
 * `npm run check:deploy`: the whole stack from synthesis to a forgery that is found, on one machine. Terraform applies
 * it to moto; what it made is read back, and the bundled program runs with the environment, the secrets and the
 * credentials that its task definitions give it. What is not installed is skipped, and said so.
 */
const ROOT = resolve(__dirname, '../../..');
const STORIES: Readonly<Record<Mode, (stage: Stage) => Promise<void>>> = {
  service: tellServiceStory,
  scheduled: tellScheduledStory,
};
const MODES = Object.keys(STORIES) as Mode[];

/** What a second plan would change, since moto forgets it. */
const FORGOTTEN_BY_MOTO: Readonly<Record<Mode, readonly string[]>> = {
  service: [
    'aws_ecs_service.availability_zone_rebalancing',
    'aws_ecs_service.enable_ecs_managed_tags',
    'aws_s3_bucket_replication_configuration.rule.0.source_selection_criteria.0',
  ],
  scheduled: [],
};

const NOT_EXECUTED = [
  'ECS, Fargate and the image: the bundled program ran in processes of this machine, one network and one file system for all of them',
  'EventBridge Scheduler: what its schedules start was started here, by hand',
  'CloudWatch: metrics and alarms were compared by name and dimensions, and one alarm was evaluated by the documented rules; test/constructs/monitoring does that for all of them',
  "S3: an embedded one with the buckets' names, locks, versioning and policies, since moto keeps no lock; encryption and replication are configured in moto, and not carried out",
  `the environment of a task: it came from the task definition, save for ${HOST_SETTINGS.join(' and ')}, which this machine sets`,
  'IAM and KMS: the requests of the tasks were judged by the policies that Terraform made, not refused by AWS',
];

process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';

async function check(steps: Steps): Promise<void> {
  const { cleanup } = steps;
  const terraform = findProgram('terraform', 'TERRAFORM');
  if ('missing' in terraform) return steps.skip('the deployment', terraform.missing);
  const provider = findAwsProvider();
  if ('missing' in provider) return steps.skip('the deployment', provider.missing);
  const motoServer = findProgram('moto_server', 'MOTO_SERVER');
  if ('missing' in motoServer) return steps.skip('the deployment', motoServer.missing);

  const folder = mkdtempSync(join(tmpdir(), 'audit-anchor-deploy-'));
  cleanup.add(() => rmSync(folder, { recursive: true, force: true }));
  const moto = await startMoto(motoServer.found, cleanup);
  const postgres = await startEmbeddedPostgres();
  cleanup.add(() => postgres.stop());
  steps.say(
    `terraform ${terraform.found}, AWS provider ${provider.found.version}, moto, PostgreSQL and S3 on loopback`,
  );

  const { endpoint } = moto;
  const options = { program: terraform.found, provider: provider.found, folder, endpoint, cleanup };
  const deployments = await deploy(steps, moto, postgres, options);
  await checkWiring(steps, moto, deployments);
  const used = await play(steps, moto, deployments, folder);
  await steps.passes('nothing is left: no process, no listener, no file', async () => {
    await cleanup.run();
    await assertGone({ pids: used.pids, ports: [...moto.ports, postgres.port, ...used.ports], folder });
  });
  for (const what of NOT_EXECUTED) steps.say(`not executed: ${what}`);
}

/** From an account with a network and secrets in it to both stacks, as the services see them. */
async function deploy(
  steps: Steps,
  { api }: Moto,
  postgres: EmbeddedPostgres,
  options: TerraformOptions,
): Promise<readonly Deployment[]> {
  const prepared = await steps.passes('VPC, databases, secrets; both stacks: synth, init', async () => {
    const network = await makeNetwork(api);
    return together(MODES, (mode) => prepare(mode, network, new Secrets(api), postgres, options));
  });
  await steps.passes('both stacks: plan, apply', () =>
    together(prepared, async ({ terraform }) => {
      await terraform.plan();
      await terraform.apply();
    }),
  );
  await steps.passes('both stacks: a second plan changes nothing, but for what moto forgot', async () => {
    const changes = await together(prepared, ({ terraform }) => terraform.changesAfterApply());
    assert.deepEqual(
      changes,
      MODES.map((mode) => FORGOTTEN_BY_MOTO[mode]),
    );
  });
  return steps.passes('read back from ECS and Scheduler: writer and verifier hold nothing in common', () =>
    together(prepared, (stack) => readDeployment(api, stack)),
  );
}

async function checkWiring(steps: Steps, { api }: Moto, deployments: readonly Deployment[]): Promise<void> {
  await steps.passes('roles, log groups and dead-letter queues of all tasks exist', () =>
    together(deployments, (deployment) => new Wiring(api, deployment).assertTasks()),
  );
  await steps.passes('every alarm and every rule reaches a topic that exists', () =>
    together(deployments, (deployment) => new Wiring(api, deployment).assertNotifies()),
  );
}

/** Lets the tasks of both stacks run; the processes and ports they took. */
async function play(
  steps: Steps,
  { api, endpoint }: Moto,
  deployments: readonly Deployment[],
  folder: string,
): Promise<Omit<Leftovers, 'folder'>> {
  const { cleanup } = steps;
  const bundle = await steps.passes('npm run bundle', () => makeBundle(join(folder, 'image'), cleanup));
  const credentials = await TaskCredentials.start(deployments.flatMap(taskRolesOf), cleanup);
  const { principals } = credentials;
  const buckets = deployments.map(({ bucket }) => bucket);
  const s3 = await WormBuckets.start({ source: endpoint, buckets, principals, folder, cleanup });
  const secrets = new Secrets(api);
  const all: Task[] = [];
  for (const deployment of deployments) {
    const { mode } = deployment;
    const s3Endpoint = s3.endpoint;
    const place = join(folder, `tasks-${mode}`);
    const host = new TaskHost({ bundle, s3Endpoint, credentials, secrets, folder: place, cleanup });
    const wiring = new Wiring(api, deployment);
    await STORIES[mode]({ steps, deployment, host, secrets, wiring });

    const { tasks } = host;
    all.push(...tasks);
    await steps.passes(`${mode}: the bucket holds the anchors of the log, each locked`, () =>
      assertAnchors(s3, deployment, tasks),
    );
    await steps.passes(`${mode}: the applied policies allow everything that the tasks asked of S3`, () =>
      assertAuthorised(s3, deployment, principals),
    );
    await steps.passes(`${mode}: every metric that an alarm watches was emitted, with its dimensions`, () =>
      wiring.assertWatched(tasks),
    );
    await steps.passes(`${mode}: no secret is in anything that the tasks wrote`, () =>
      assertSilent(tasks, [...secretsOf(deployment), ...credentials.secrets]),
    );
  }
  const ports = [...s3.ports, credentials.port, ...all.flatMap(({ port }) => port ?? [])];
  return { pids: all.map(({ pid }) => pid), ports };
}

async function makeBundle(out: string, cleanup: Cleanup): Promise<string> {
  const args = [join(ROOT, '.config/bundle.mjs'), '--out', out];
  await runOrThrow(process.execPath, args, { cwd: ROOT, env: process.env, cleanup });
  return join(out, 'audit-anchor.cjs');
}

function taskRolesOf({ anchoring, verifyLatest, verifyFull }: Deployment): string[] {
  const tasks = [anchoring, verifyLatest.task, verifyFull.task];
  return [...new Set(tasks.map(({ taskRoleArn }) => taskRoleArn))];
}

function secretsOf({ database, keys }: Deployment): string[] {
  const encodings = ['base64', 'base64url', 'hex'] as const;
  const encoded = Object.values(keys).flatMap((key) => encodings.map((encoding) => key.toString(encoding)));
  return [...database.passwords, ...encoded];
}

/** Terraform mostly waits, so several at once take no longer. */
function together<T, R>(list: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  return Promise.all(list.map(work));
}

Steps.run(check);

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ENV, EXIT, METRICS } from '../../../runtime/contract';
import { startEmbeddedPostgres } from '../../../runtime/embedded/postgres/start';
import { AuditDatabase, keyRingJson } from '../deploy/audit-database';
import { runOrThrow, runProgram } from '../../support/programs/run';
import { Steps } from '../../support/programs/steps';
import { startMoto } from '../terraform/moto';
import { findProgram } from '../terraform/tools';
import { AwsFront } from './aws-front';
import {
  ANCHORS,
  CHAIN,
  DATABASE_SECRET,
  deployedMachine,
  HMAC_SECRET,
  SHARDS,
  TASKS,
} from './deployed-machine';
import { EcsStandIn, type Ending, type RunCommand } from './ecs-stand-in';
import { LockedBuckets } from './locked-buckets';
import { localDefinition } from './local-definition';
import { type Executed, StateMachines } from './state-machine';

/**
 * `npm run check:stepfunctions`: the state machine of `FullVerification`, synthesised, evaluated and interpreted by
 * moto, with the bundled program for every task that it runs, on a real PostgreSQL and a locked S3.
 */
const ROOT = resolve(__dirname, '../../..');
const KEYS = { k1: randomBytes(32) };
const ANCHORED_EVENTS = 20;

const NOT_EXECUTED = [
  'Step Functions itself: moto interpreted the definition, with waits of a second; its own integration of ECS does not work, so that a task was a function, answered here as ".sync" of AWS answers',
  'the children of the Distributed Map as executions of their own, its results, and ToleratedFailurePercentage, which moto reads and does not heed (no child ever stops the others there)',
  'ECS, Fargate and the image: the bundled program ran in processes of this machine',
  'IAM, KMS, EventBridge Scheduler, CloudWatch: test/constructs/compute looks at what they are told',
];

process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';

async function check(steps: Steps): Promise<void> {
  const { cleanup } = steps;
  const motoServer = findProgram('moto_server', 'MOTO_SERVER');
  if ('missing' in motoServer) return steps.skip('the state machine', motoServer.missing);
  const folder = mkdtempSync(join(tmpdir(), 'audit-anchor-states-'));
  cleanup.add(() => rmSync(folder, { recursive: true, force: true }));

  const { definition, container, reportsBucket, place } = await steps.passes('synth', () =>
    Promise.resolve(deployedMachine(join(folder, 'synth'))),
  );
  const bundle = await steps.passes('npm run bundle', async () => {
    const out = join(folder, 'image');
    const args = [join(ROOT, '.config/bundle.mjs'), '--out', out];
    await runOrThrow(process.execPath, args, { cwd: ROOT, env: process.env, cleanup });
    return join(out, 'audit-anchor.cjs');
  });
  const postgres = await startEmbeddedPostgres();
  cleanup.add(() => postgres.stop());
  const database = await AuditDatabase.create(postgres, 'full_verification', CHAIN);
  const s3 = await LockedBuckets.start([ANCHORS, reportsBucket], folder, cleanup);

  const run = async (command: readonly string[], databaseUrl = database.verifierUrl): Promise<number> => {
    const secrets: Readonly<Record<string, string>> = {
      [DATABASE_SECRET]: databaseUrl,
      [HMAC_SECRET]: keyRingJson(KEYS),
    };
    const injected = Object.entries(container.secrets).map(([name, arn]) => [name, secrets[arn] ?? '']);
    const env = {
      ...container.environment,
      ...(Object.fromEntries(injected) as Record<string, string>),
      [ENV.s3Endpoint]: s3.endpoint,
      AWS_ACCESS_KEY_ID: 'check',
      AWS_SECRET_ACCESS_KEY: 'check',
    };
    const args = [bundle, ...command];
    const { code, stdout, stderr } = await runProgram(process.execPath, args, { cwd: folder, env, cleanup });
    const said = `${stdout}${stderr}`;
    for (const secret of secretsOf(database))
      assert.ok(!said.includes(secret), `${command.join(' ')} shows a secret`);
    log.push(`${command.join(' ')} -> ${code}\n${said}`);
    return code;
  };
  const log: string[] = [];
  await steps.passes(`${SHARDS} anchors over ${SHARDS * ANCHORED_EVENTS} events`, async () => {
    for (let anchor = 1; anchor <= SHARDS; anchor++) {
      await database.append(ANCHORED_EVENTS, KEYS, 'k1');
      assert.equal(await run(['anchor', '--force'], database.anchoringUrl), 0, log.join('\n'));
      // Keys of anchors have whole seconds.
      await sleep(1_100);
    }
  });

  const ecs = new EcsStandIn(async (command) => ({ exitCode: await run(command) }));
  const read = (key: string): Promise<Uint8Array | null> => s3.read(reportsBucket, key);
  const front = await AwsFront.start(reportsBucket, read, ecs, cleanup);
  process.env['MOTO_PORT'] = String(front.port);
  const { endpoint } = await startMoto(motoServer.found, cleanup);
  const machines = new StateMachines(endpoint);
  const execute = async (name: string, interfere: Interference = () => null): Promise<Executed> => {
    log.length = 0;
    ecs.reset(interfered(run, interfere));
    return machines.execute(name, localDefinition(definition));
  };
  const namesOf = async (name: string) => s3.list(reportsBucket, `full-verification/${name}/`);
  const verdictOf = async (name: string): Promise<unknown> => {
    const report = await read(`full-verification/${name}/report.json`);
    return (JSON.parse(Buffer.from(report ?? Buffer.from('{}')).toString('utf8')) as { verdict?: unknown })
      .verdict;
  };
  const commands = (): string[] =>
    ecs.requests.map(({ Overrides }) => commandOf(Overrides.ContainerOverrides[0].Command));

  await steps.passes('an honest chain: planned, read by two tasks at a time, merged, verified', async () => {
    const { status, error, entered } = await execute('honest');
    assert.deepEqual({ status, error }, { status: 'SUCCEEDED', error: null }, log.join('\n'));
    assert.equal(entered.at(-1), 'Verified');
    assert.deepEqual(commands().sort(), ['merge', 'plan', 'shard 1', 'shard 2', 'shard 3']);
    assert.ok(ecs.most <= TASKS, `${ecs.most} tasks ran at the same time`);
    for (const { Cluster, TaskDefinition, LaunchType, NetworkConfiguration } of ecs.requests) {
      assert.deepEqual(
        [Cluster, TaskDefinition, LaunchType],
        [place.cluster, place.taskDefinition, 'FARGATE'],
      );
      const { Subnets, SecurityGroups, AssignPublicIp } = NetworkConfiguration.AwsvpcConfiguration;
      assert.deepEqual([Subnets, SecurityGroups.length, AssignPublicIp], [place.subnets, 1, 'DISABLED']);
    }
    assert.equal(await verdictOf('honest'), 'verified');
    assertMetric(log, EXIT.ok);
    const names = await namesOf('honest');
    assert.deepEqual(
      names.map(({ name }) => name),
      ['part-00001.json', 'part-00002.json', 'part-00003.json', 'plan.json', 'report.json', 'shards.json'],
    );
    assert.deepEqual([...new Set(names.map(({ lock }) => lock))], ['COMPLIANCE']);
  });
  await steps.passes('tasks that are killed, and tasks that find no capacity, are run again', async () => {
    const { error } = await execute('disturbed', (command, attempt) => {
      if (command === 'plan' && attempt <= 2) return { notStarted: 'Capacity is unavailable at this time' };
      return command === 'shard 2' && attempt === 1 ? { exitCode: null } : null;
    });
    assert.equal(error, null, log.join('\n'));
    assert.deepEqual(commands().filter((command) => command === 'plan').length, 3);
    assert.deepEqual(commands().filter((command) => command === 'shard 2').length, 2);
    assert.equal(await verdictOf('disturbed'), 'verified');
  });
  await steps.passes('a shard that is never read: the others are, and the merge proves nothing', async () => {
    const { status, error } = await execute('lost', (command) =>
      command === 'shard 1' ? { exitCode: 137 } : null,
    );
    assert.deepEqual({ status, error }, { status: 'FAILED', error: 'NotEvaluated' });
    assert.ok(commands().includes('shard 3'));
    assert.ok(commands().includes('merge'));
    assert.match(log.join('\n'), /shard 1 of the plan missing/);
    assert.equal(await verdictOf('lost'), undefined);
  });
  await steps.passes('a configuration that is wrong is not tried again', async () => {
    const { error } = await execute('misconfigured', (command) =>
      command === 'plan' ? { exitCode: 2 } : null,
    );
    assert.equal(error, 'NotEvaluated');
    assert.deepEqual(commands(), ['plan']);
  });
  await steps.passes(
    'a forged event: its shard finds it, the others are read, the merge says Tampered',
    async () => {
      await database.rewrite(ANCHORED_EVENTS + 3);
      const { status, error } = await execute('forged');
      assert.deepEqual({ status, error }, { status: 'FAILED', error: 'Tampered' }, log.join('\n'));
      assert.deepEqual(commands().sort(), ['merge', 'plan', 'shard 1', 'shard 2', 'shard 3']);
      assert.equal(await verdictOf('forged'), 'tampered');
      assertMetric(log, EXIT.tampered);
    },
  );
  assert.ok(
    front.read.every((key) => key.endsWith('/shards.json')),
    'the machine reads nothing but numbers',
  );
  for (const what of NOT_EXECUTED) steps.say(`not executed: ${what}`);
}

/** The merge, and only the merge, is a verification to the alarms. */
function assertMetric(log: readonly string[], result: number): void {
  const told = log.filter((each) => each.includes(`"${METRICS.verificationResult}":`));
  assert.equal(told.length, 1);
  assert.match(told[0] ?? '', /^verify --merge /);
  assert.ok(told[0]?.includes(`"${METRICS.verificationResult}":${result}`));
}

function secretsOf({ passwords }: AuditDatabase): string[] {
  const encodings = ['base64', 'base64url', 'hex'] as const;
  return [...passwords, ...encodings.map((encoding) => KEYS.k1.toString(encoding))];
}

/** What happens to an attempt of a command instead of running it; null to run it. */
type Interference = (command: string, attempt: number) => Ending | null;

function interfered(
  run: (command: readonly string[]) => Promise<number>,
  interfere: Interference,
): RunCommand {
  const attempts = new Map<string, number>();
  return async (command) => {
    const name = commandOf(command);
    const attempt = (attempts.get(name) ?? 0) + 1;
    attempts.set(name, attempt);
    return interfere(name, attempt) ?? { exitCode: await run(command) };
  };
}

/** `plan`, `shard 3` or `merge`. */
function commandOf([verify, option = '', ...rest]: readonly string[]): string {
  assert.equal(verify, 'verify');
  const kind = option.slice(2);
  return kind === 'shard' ? `shard ${rest[rest.indexOf('--number') + 1] ?? ''}` : kind;
}

Steps.run(check);

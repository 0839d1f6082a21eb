import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Steps } from '../../support/programs/steps';
import { createRole, type Moto, startMoto } from './moto';
import { ReadBack } from './read-back';
import { checkRuntime, NOT_EVALUATED } from './runtime-check';
import { EXISTING_ROLES, FULL, REFUSED, type Scenario, SCENARIOS } from './scenarios';
import { Terraform, type TerraformOptions } from './terraform';
import { findAwsProvider, findProgram } from './tools';

/**
 * `npm run check:terraform`: the synthesised stacks before a real Terraform with a real AWS provider, offline, and
 * applied to moto where it is installed. What is not installed is skipped, and said so.
 */
/** Part of the replication rule; that it was sent is checked below. */
const FORGOTTEN_BY_MOTO = ['aws_s3_bucket_replication_configuration.rule.0.source_selection_criteria.0'];

process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';

async function check(steps: Steps): Promise<void> {
  const { cleanup } = steps;
  const program = findProgram('terraform', 'TERRAFORM');
  if ('missing' in program) return steps.skip('every check of Terraform', program.missing);
  const provider = findAwsProvider();
  if ('missing' in provider) return steps.skip('every check of Terraform', provider.missing);

  const folder = mkdtempSync(join(tmpdir(), 'audit-anchor-terraform-'));
  cleanup.add(() => rmSync(folder, { recursive: true, force: true }));
  const moto = findProgram('moto_server', 'MOTO_SERVER');
  const aws = 'found' in moto ? await startMoto(moto.found, cleanup) : null;
  const endpoint = aws?.endpoint ?? null;
  const options = { program: program.found, provider: provider.found, folder, endpoint, cleanup };
  steps.say(
    `terraform ${program.found}, AWS provider ${provider.found.version}, moto ${endpoint === null ? 'none' : 'on loopback'}`,
  );
  if (aws !== null) await Promise.all(EXISTING_ROLES.map((role) => createRole(aws.api, role)));

  for (const scenario of SCENARIOS) await checkScenario(steps, scenario, options);
  const terraform = await checkScenario(steps, FULL, options);
  await checkHcl(steps, terraform, options);
  if (aws === null) {
    return steps.skip(
      'plan, apply, read back, anchor and verify',
      'missing' in moto ? moto.missing : 'moto did not start',
    );
  }
  for (const { name, variables, words } of REFUSED) {
    await steps.passes(`refused: ${name}`, () => terraform.refuses(variables, words));
  }
  await steps.passes('apply', () => terraform.apply());
  await steps.passes('a second plan changes nothing, but for what moto forgot', async () => {
    assert.deepEqual(await terraform.changesAfterApply(), FORGOTTEN_BY_MOTO);
  });
  await readBack(steps, terraform, aws);
  const environment = (await terraform.outputs())['gateway_environment'] as Record<string, unknown>;
  await steps.passes('anchor, append, anchor, verify in that bucket: verified, locked', () =>
    checkRuntime(aws.endpoint, environment, cleanup),
  );
  for (const what of NOT_EVALUATED) steps.say(`not evaluated: ${what}`);
}

async function checkScenario(
  steps: Steps,
  scenario: Scenario,
  options: TerraformOptions,
): Promise<Terraform> {
  const terraform = await steps.passes(`${scenario.name}: synth, init`, () =>
    Terraform.initialise(scenario, options),
  );
  await steps.passes(`${scenario.name}: validate`, () => terraform.validate());
  if (options.endpoint !== null) {
    await steps.passes(`${scenario.name}: plan`, async () => void (await terraform.plan()));
  }
  return terraform;
}

/** HCL is another way to write the same stack. */
async function checkHcl(steps: Steps, json: Terraform, options: TerraformOptions): Promise<void> {
  const hcl = await steps.passes('everything as HCL: synth, init', () =>
    Terraform.initialise(FULL, options, 'hcl'),
  );
  await steps.passes('everything as HCL: validate', () => hcl.validate());
  if (options.endpoint === null) return;
  await steps.passes('everything as HCL: plans the same as JSON', async () => {
    assert.deepEqual(await hcl.plan(), await json.plan());
  });
}

async function readBack(steps: Steps, terraform: Terraform, aws: Moto): Promise<void> {
  const made = new ReadBack(aws, terraform);
  try {
    for (const [title, look] of Object.entries(made.checks)) await steps.passes(title, look);
  } finally {
    made.close();
  }
}

Steps.run(check);

import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Cleanup } from '../../support/programs/cleanup';
import { runOrThrow } from '../../support/programs/run';
import type { Instance } from '../../support/terraform/module';
import type { Scenario } from './scenarios';
import type { AwsProvider } from './tools';

const ROOT = resolve(__dirname, '../../..');
export const REGISTER = join(ROOT, 'test/support/register-typescript.cjs');

interface Change {
  readonly address: string;
  readonly change: {
    readonly actions: readonly string[];
    readonly before: unknown;
    readonly after: unknown;
  };
}

interface Made {
  readonly mode: string;
  readonly type: string;
  readonly address: string;
  readonly values: Instance;
}

/** What Terraform knows of the resources that it made. */
export interface MadeResources {
  instances(type: string): ReadonlyMap<string, Instance>;
}

export interface TerraformOptions {
  readonly program: string;
  readonly provider: AwsProvider;
  readonly folder: string;
  /** Endpoint of every AWS service; null where there is none, and then nothing may be planned. */
  readonly endpoint: string | null;
  readonly cleanup: Cleanup;
}

/** Runs Terraform in the synthesised folder of a scenario, whose own files stay as they are. */
export class Terraform {
  private constructor(
    readonly scenario: Scenario,
    readonly directory: string,
    private readonly options: TerraformOptions,
  ) {}

  /** Synthesises a scenario with the program that users run, and initialises Terraform in it, offline. */
  static async initialise(
    scenario: Scenario,
    options: TerraformOptions,
    syntax: 'json' | 'hcl' = 'json',
  ): Promise<Terraform> {
    const out = join(options.folder, `${scenario.name} ${syntax}`.replaceAll(' ', '-'));
    mkdirSync(out);
    await runOrThrow(process.execPath, ['-r', REGISTER, 'main.ts'], {
      cwd: ROOT,
      env: {
        ...withoutPrefix('AUDIT_INFRA_'),
        ...scenario.settings,
        CDKTF_OUTDIR: out,
        ...(syntax === 'hcl' && { SYNTH_HCL_OUTPUT: 'true' }),
      },
      cleanup: options.cleanup,
    });
    const [stack] = readdirSync(join(out, 'stacks'));
    if (stack === undefined) throw new Error(`${scenario.name}: nothing was synthesised`);
    const terraform = new Terraform(scenario, join(out, 'stacks', stack), options);
    terraform.override();
    await terraform.run('init', '-input=false', `-plugin-dir=${options.provider.pluginDir}`);
    return terraform;
  }

  /** The synthesised file. */
  get json(): string {
    return readFileSync(join(this.directory, 'cdk.tf.json'), 'utf8');
  }

  async validate(): Promise<void> {
    await this.run('validate');
  }

  /** Plans; what would be made, by address, as far as it is known before. */
  async plan(): Promise<Readonly<Record<string, unknown>>> {
    await this.run('plan', '-input=false', '-out=check.tfplan', ...this.variables);
    const { stdout } = await this.run('show', '-json', 'check.tfplan');
    const { resource_changes: changes = [] } = JSON.parse(stdout) as {
      resource_changes?: Change[];
    };
    const made = changes.filter(({ change }) => change.actions.includes('create'));
    if (made.length === 0) throw new Error(`${this.scenario.name}: the plan makes nothing`);
    return Object.fromEntries(made.map(({ address, change }) => [address, change.after]));
  }

  /** Plans with other values of variables, which has to fail. */
  async refuses(variables: Readonly<Record<string, string>>, words: RegExp): Promise<void> {
    const changed = Object.entries(variables).map(([name, value]) => `-var=${name}=${value}`);
    await assert.rejects(this.run('plan', '-input=false', ...this.variables, ...changed), words);
  }

  async apply(): Promise<void> {
    await this.run('apply', '-input=false', '-auto-approve', 'check.tfplan');
  }

  /** What a second plan would change after the apply, as `type.attribute`. */
  async changesAfterApply(): Promise<string[]> {
    await this.run('plan', '-input=false', '-out=second.tfplan', ...this.variables);
    const { stdout } = await this.run('show', '-json', 'second.tfplan');
    const { resource_changes: changes = [] } = JSON.parse(stdout) as { resource_changes?: Change[] };
    return changes
      .filter(({ change }) => !['no-op', 'read'].includes(change.actions.join()))
      .flatMap(({ address, change: { before, after } }) =>
        differences(before, after).map((path) => `${address.replace(/\..*/, '')}${path}`),
      );
  }

  /** Values of the outputs. */
  async outputs(): Promise<Readonly<Record<string, unknown>>> {
    const { stdout } = await this.run('output', '-json');
    const outputs = JSON.parse(stdout) as Record<string, { value: unknown }>;
    return Object.fromEntries(Object.entries(outputs).map(([name, { value }]) => [name, value]));
  }

  /** Attributes of what was made, by type and address. */
  async made(): Promise<MadeResources> {
    const { stdout } = await this.run('show', '-json');
    const { values } = JSON.parse(stdout) as { values: { root_module: { resources: Made[] } } };
    const { resources } = values.root_module;
    return {
      instances: (type) =>
        new Map(
          resources
            .filter((each) => each.mode === 'managed' && each.type === type)
            .map((each) => [each.address, each.values]),
        ),
    };
  }

  /**
   * Terraform merges files called `*_override`: the version is the one that is there, the state stays here, and
   * buckets are addressed by path.
   */
  private override(): void {
    const { version } = this.options.provider;
    const alias =
      this.scenario.settings['AUDIT_INFRA_ENABLE_REPLICATION'] === 'true' ? [{ alias: 'dr_region' }] : [];
    const override = {
      terraform: {
        required_providers: { aws: { source: 'hashicorp/aws', version } },
        backend: { local: { path: 'terraform.tfstate' } },
      },
      provider: { aws: [{}, ...alias].map((block) => ({ ...block, s3_use_path_style: true })) },
    };
    writeFileSync(join(this.directory, 'check_override.tf.json'), JSON.stringify(override, null, 2));
    writeFileSync(join(this.directory, 'terraformrc'), 'disable_checkpoint = true\n');
  }

  private run(command: string, ...args: string[]) {
    const colour = command === 'show' || command === 'output' ? [] : ['-no-color'];
    return runOrThrow(this.options.program, [command, ...colour, ...args], this.runOptions);
  }

  private get variables(): string[] {
    return Object.entries(this.scenario.variables).map(([name, value]) => `-var=${name}=${value}`);
  }

  private get runOptions() {
    const { endpoint, cleanup } = this.options;
    return {
      cwd: this.directory,
      cleanup,
      env: {
        ...withoutPrefix('AWS_', 'TF_', 'AUDIT_INFRA_'),
        TF_CLI_CONFIG_FILE: join(this.directory, 'terraformrc'),
        TF_IN_AUTOMATION: '1',
        CHECKPOINT_DISABLE: '1',
        ...fakeAws(endpoint),
      },
    };
  }
}

/** Paths at which two values differ. */
function differences(before: unknown, after: unknown, path = ''): string[] {
  if (isDeepStrictEqual(before, after)) return [];
  if (!isRecord(before) || !isRecord(after)) return [path];
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].flatMap((name) => differences(before[name], after[name], `${path}.${name}`));
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** Credentials and endpoints with which nothing of the real AWS can be reached. */
export function fakeAws(endpoint: string | null): Record<string, string> {
  return {
    AWS_ACCESS_KEY_ID: 'check',
    AWS_SECRET_ACCESS_KEY: 'check',
    AWS_REGION: 'us-east-1',
    AWS_EC2_METADATA_DISABLED: 'true',
    // Port 9 discards: whoever asks although there is no endpoint is refused.
    AWS_ENDPOINT_URL: endpoint ?? 'http://127.0.0.1:9',
  };
}

/** This process's environment without the variables that would change what is checked. */
export function withoutPrefix(...prefixes: string[]): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !prefixes.some((prefix) => name.startsWith(prefix)),
  );
  return Object.fromEntries(kept);
}

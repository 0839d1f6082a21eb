import { accessSync, constants, readdirSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

/** Something that was looked for, or why it was not found. */
export type Found<T> = { readonly found: T } | { readonly missing: string };

/** An unpacked AWS provider in a folder that `terraform init -plugin-dir` takes. */
export interface AwsProvider {
  readonly pluginDir: string;
  readonly version: string;
}

const PROVIDER = 'registry.terraform.io/hashicorp/aws';

/** The program named by an environment variable, or found on the PATH. */
export function findProgram(
  name: string,
  variable: string,
  env: NodeJS.ProcessEnv = process.env,
): Found<string> {
  const named = env[variable];
  if (named !== undefined && named !== '') {
    return isProgram(named)
      ? { found: named }
      : { missing: `${variable} names ${named}, which is no program` };
  }
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const found = folders.map((folder) => join(folder, name)).find(isProgram);
  return found === undefined
    ? { missing: `${name} is not on the PATH and ${variable} is not set` }
    : { found };
}

/** The newest AWS provider for this machine in TERRAFORM_AWS_PROVIDER_DIR or the usual mirror folders. */
export function findAwsProvider(env: NodeJS.ProcessEnv = process.env): Found<AwsProvider> {
  const named = env['TERRAFORM_AWS_PROVIDER_DIR'];
  const folders = named === undefined || named === '' ? usualFolders() : [named];
  const providers = folders.flatMap(providersIn).sort((a, b) => compareVersions(b.version, a.version));
  const [newest] = providers;
  if (newest !== undefined) return { found: newest };
  const where =
    named === undefined || named === ''
      ? 'the usual mirror folders'
      : `TERRAFORM_AWS_PROVIDER_DIR (${named})`;
  return { missing: `no ${PROVIDER}/VERSION/${platform()}/terraform-provider-aws_v* in ${where}` };
}

function usualFolders(): string[] {
  const inOpt = namesIn('/opt')
    .filter((name) => name.includes('plugins'))
    .map((name) => join('/opt', name));
  return [
    join(homedir(), '.terraform.d', 'plugins'),
    '/usr/share/terraform/plugins',
    '/usr/local/share/terraform/plugins',
    ...inOpt,
  ];
}

function providersIn(pluginDir: string): AwsProvider[] {
  const folder = join(pluginDir, PROVIDER);
  return namesIn(folder)
    .filter((version) =>
      namesIn(join(folder, version, platform())).some((name) => name.startsWith('terraform-provider-aws_v')),
    )
    .map((version) => ({ pluginDir, version }));
}

/** Platform in the words of Terraform, such as `linux_amd64`. */
function platform(): string {
  const system = process.platform === 'win32' ? 'windows' : process.platform;
  const machine = { x64: 'amd64', ia32: '386' }[process.arch as string] ?? process.arch;
  return `${system}_${machine}`;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    // A folder that is not there holds nothing.
    return [];
  }
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function compareVersions(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}

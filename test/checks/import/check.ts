import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { runOrThrow, runProgram } from '../../support/programs/run';
import { Steps } from '../../support/programs/steps';
import { COMPILERS, type Project, TYPED_STACK, TYPESCRIPT, WITH_CDKTF, WITH_CDKTN } from './projects';

/**
 * `npm run check:import`: packs this package and installs it as other projects would, with cdktf and with cdktn
 * behind its names. What their stacks synthesise has to be what the repository synthesises.
 */
const ROOT = resolve(__dirname, '../../..');
const STACK = 'foreign-stack.cjs';

async function check(steps: Steps): Promise<void> {
  const { cleanup } = steps;
  const run = { cwd: ROOT, env: process.env, cleanup };
  const registry = await runProgram(
    'npm',
    ['view', 'cdktf@0.21.0', 'version', '--fetch-retries=0', '--loglevel=error'],
    run,
  );
  if (registry.code !== 0) {
    const reason =
      /npm (?:error|ERR!) (?:code )?(\S.*)/.exec(registry.stderr)?.[1] ?? `npm ended with ${registry.code}`;
    return steps.skip('the installation into other projects', `the registry cannot be reached: ${reason}`);
  }
  const folder = mkdtempSync(join(tmpdir(), 'audit-anchor-import-'));
  cleanup.add(() => rmSync(folder, { recursive: true, force: true }));

  const tarball = await steps.passes('npm pack', async () => {
    await runOrThrow('npm', ['pack', '--silent', '--pack-destination', folder], run);
    return join(folder, readdirSync(folder).find((name) => name.endsWith('.tgz')) ?? '');
  });
  const own = await steps.passes('synth in the repository', () =>
    synthesise(join(ROOT, 'test/checks/import'), folder, 'own'),
  );

  const place = await install(steps, WITH_CDKTF, folder, tarball);
  await steps.passes('cdktf: the same output, to the byte', async () => {
    assert.deepEqual(await synthesise(place, folder, WITH_CDKTF.name), own);
  });
  for (const config of Object.keys(COMPILERS)) {
    await steps.passes(`cdktf: types, ${config}`, () => compile(place, config));
  }

  const successor = await install(steps, WITH_CDKTN, folder, tarball);
  await steps.passes('cdktn: the same output but for the versions of its providers', async () => {
    const made = await synthesise(successor, folder, WITH_CDKTN.name);
    assert.deepEqual(withoutVersions(made), withoutVersions(own));
  });

  async function compile(project: string, config: string): Promise<void> {
    await runOrThrow(process.execPath, ['node_modules/typescript/bin/tsc', '-p', config], {
      ...run,
      cwd: project,
    });
  }

  /** Terraform JSON of each stack, as text. */
  async function synthesise(project: string, parent: string, name: string): Promise<Record<string, string>> {
    const out = join(parent, `${name}.out`);
    await runOrThrow(process.execPath, [STACK, out], { ...run, cwd: project });
    const stacks = readdirSync(join(out, 'stacks')).sort();
    return Object.fromEntries(
      stacks.map((stack) => [stack, readFileSync(join(out, 'stacks', stack, 'cdk.tf.json'), 'utf8')]),
    );
  }
}

/** A project with the package in it, from the registry and the tarball. */
async function install(steps: Steps, project: Project, folder: string, tarball: string): Promise<string> {
  const place = join(folder, project.name);
  mkdirSync(place);
  const dependencies = {
    ...project.dependencies,
    'cdktf-audit-anchor': `file:${tarball}`,
    typescript: TYPESCRIPT,
  };
  writeFileSync(join(place, 'package.json'), JSON.stringify({ private: true, dependencies }, null, 2));
  writeFileSync(join(place, 'typed-stack.ts'), TYPED_STACK);
  for (const [name, compilerOptions] of Object.entries(COMPILERS)) {
    const options = { ...compilerOptions, strict: true, noEmit: true, types: [], skipLibCheck: true };
    writeFileSync(
      join(place, name),
      JSON.stringify({ compilerOptions: options, files: ['typed-stack.ts'] }, null, 2),
    );
  }
  cpSync(join(__dirname, STACK), join(place, STACK));
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  await steps.passes(`${project.name}: npm install`, () =>
    runOrThrow('npm', ['install', ...flags], { cwd: place, env: process.env, cleanup: steps.cleanup }),
  );
  return place;
}

/** Where the two differ by design: who provides, in which version, and what synthesised. */
function withoutVersions(stacks: Record<string, string>): unknown {
  return Object.fromEntries(
    Object.entries(stacks).map(([name, text]) => {
      const { terraform, '//': metadata, ...rest } = JSON.parse(text) as Record<string, unknown>;
      assert.ok(terraform !== undefined && metadata !== undefined);
      return [name, rest];
    }),
  );
}

Steps.run(check);

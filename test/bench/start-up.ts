import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { compileInto } from './compile';
import { spread } from './figures';
import { endedChildrenCpu, machineLine } from './machine';

/**
 * What it costs to start: commands that need neither bucket nor database, next to an empty Node.js and to one that
 * loads the S3 SDK and the database driver.
 */
const ROOT = resolve(__dirname, '../..');

interface Start {
  readonly name: string;
  readonly args: (cli: string) => readonly string[];
  readonly exitCode: number;
}

const STARTS: readonly Start[] = [
  { name: 'node alone', args: () => ['-e', '0'], exitCode: 0 },
  { name: '--help', args: (cli) => [cli, '--help'], exitCode: 0 },
  { name: 'status without configuration', args: (cli) => [cli, 'status'], exitCode: 2 },
  {
    name: '--help with SDK and driver loaded',
    args: (cli) => ['-r', '@aws-sdk/client-s3', '-r', 'pg', cli, '--help'],
    exitCode: 0,
  },
];

interface Cost {
  readonly wallMs: number;
  readonly cpuMs: number;
}

function run(folder: string, { name, args, exitCode }: Start): Cost {
  const cpu = endedChildrenCpu();
  const start = performance.now();
  const { status } = spawnSync(process.execPath, args(join(folder, 'runtime/cli.js')), {
    cwd: folder,
    env: { PATH: process.env.PATH },
    stdio: 'ignore',
  });
  const wallMs = performance.now() - start;
  if (status !== exitCode) throw new Error(`${name} ended with ${status}, not ${exitCode}`);
  return { wallMs, cpuMs: (endedChildrenCpu() - cpu) * 1000 };
}

function main(): void {
  const { values } = parseArgs({ options: { rounds: { type: 'string', default: '15' } } });
  const folder = mkdtempSync(join(tmpdir(), 'bench-start-up-'));
  try {
    compileInto(folder, ROOT);
    copyFileSync(join(ROOT, 'package.json'), join(folder, 'package.json'));
    const costs = STARTS.map((): Cost[] => []);
    for (let round = 0; round < Number(values.rounds); round += 1) {
      STARTS.forEach((start, at) => costs[at]?.push(run(folder, start)));
    }
    console.log(`${machineLine()}\n\nname | wall ms, median | min-max | CPU ms`);
    STARTS.forEach(({ name }, at) => {
      const wall = spread((costs[at] ?? []).map(({ wallMs }) => wallMs));
      const cpu = spread((costs[at] ?? []).map(({ cpuMs }) => cpuMs));
      console.log(
        `${name} | ${wall.median.toFixed(0)} | ${wall.min.toFixed(0)}-${wall.max.toFixed(0)} | ${cpu.median.toFixed(0)}`,
      );
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

main();

import { spawnSync } from 'node:child_process';
import { copyFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Cleanup } from '../support/programs/cleanup';
import { integer, optionsFrom } from './arguments';
import { compileInto } from './compile';
import { spread } from './figures';
import { endedChildrenCpu, machineLine } from './machine';
import { MAX_ROUNDS } from './options';
import { temporaryFolder } from './temporary-folder';

/**
 * What it costs to start: commands that need neither bucket nor database, next to an empty Node.js and to one that
 * loads the S3 SDK and the database driver.
 */
const ROOT = resolve(__dirname, '../..');

/** Most milliseconds that `--help` takes beyond an empty Node.js, in the median of the rounds. */
const HELP_BAR_MS = 120;

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

function timed(folder: string, { name, args, exitCode }: Start): Cost {
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

export const USAGE = `npm run bench -- --only start-up [--rounds N] [--json]

Measures what it costs to start commands that need neither bucket nor database. Bar: --help within ${HELP_BAR_MS} ms of Node.js alone.

  --rounds  rounds (default 15)
  --json    one JSON document on standard output

Exit codes: 0 bar kept, 1 bar missed, 2 nothing measured.`;

export function run(args: readonly string[], cleanup: Cleanup): Promise<boolean> {
  const values = optionsFrom(args, {
    rounds: { type: 'string', default: '15' },
    json: { type: 'boolean', default: false },
  });
  const rounds = integer('rounds', values.rounds, 1, MAX_ROUNDS);
  const folder = temporaryFolder(cleanup);
  compileInto(folder, ROOT);
  copyFileSync(join(ROOT, 'package.json'), join(folder, 'package.json'));
  const costs = STARTS.map((): Cost[] => []);
  for (let round = 0; round < rounds; round += 1) {
    STARTS.forEach((start, at) => costs[at]?.push(timed(folder, start)));
  }
  const [alone = [], help = []] = costs;
  const beyond = spread(help.map(({ wallMs }, round) => wallMs - (alone[round]?.wallMs ?? Number.NaN)));
  const kept = beyond.median <= HELP_BAR_MS;
  if (values.json) {
    const variants = Object.fromEntries(STARTS.map(({ name }, at) => [name, costs[at]]));
    const figures = [
      { name: '--help beyond node alone, ms', ...beyond, bar: HELP_BAR_MS, verdict: kept ? 'PASS' : 'FAIL' },
    ];
    console.log(JSON.stringify({ machine: machineLine(), variants, figures }, null, 2));
    return Promise.resolve(kept);
  }
  console.log(`${machineLine()}\n\nname | wall ms, median | min-max | CPU ms`);
  STARTS.forEach(({ name }, at) => {
    const wall = spread((costs[at] ?? []).map(({ wallMs }) => wallMs));
    const cpu = spread((costs[at] ?? []).map(({ cpuMs }) => cpuMs));
    console.log(
      `${name} | ${wall.median.toFixed(0)} | ${wall.min.toFixed(0)}-${wall.max.toFixed(0)} | ${cpu.median.toFixed(0)}`,
    );
  });
  const range = `${beyond.min.toFixed(0)}-${beyond.max.toFixed(0)}`;
  console.log(
    `\n--help beyond node alone ${beyond.median.toFixed(0)} ms (${range}) bar ${HELP_BAR_MS} ms ${kept ? 'PASS' : 'FAIL'}`,
  );
  return Promise.resolve(kept);
}

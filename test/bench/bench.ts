import { Cleanup } from '../support/programs/cleanup';
import { UsageError } from './arguments';
import { chosenBench } from './programs';

/** `npm run bench`. Exit code 0 when no bar is missed, 1 when one is, 2 when nothing could be measured. */
async function main(): Promise<void> {
  const { bench, args } = chosenBench(process.argv.slice(2));
  if (args.includes('--help') || args.includes('-h')) {
    console.log(bench.USAGE);
    return;
  }
  const cleanup = new Cleanup();
  try {
    if (process.platform !== 'linux') {
      throw new Error(`found ${process.platform}, allowed linux: load and memory are read from /proc`);
    }
    process.exitCode = (await bench.run(args, cleanup)) ? 0 : 1;
  } catch (error) {
    if (!cleanup.interrupted) console.error(error instanceof Error ? error.message : error);
    if (error instanceof UsageError) console.error(`\n${bench.USAGE}`);
    process.exitCode = 2;
  } finally {
    await cleanup.run();
  }
}

void main();

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DEFAULTS } from '../../runtime/contract';
import { ChainQueries } from '../../runtime/adapters/postgres/chain-queries';
import type { Checkpoint } from '../../runtime/domain/chain/checkpoint';
import { ZERO_HASH } from '../../runtime/domain/digests';
import { LAYOUT } from './chain-events';
import type { BenchDatabase } from './database';
import type { Sample } from './figures';
import { type Command, measure } from './measure';
import { type Answer, type Task, TASK_VARIABLE } from './programs/task';
import type { Variant } from './variants';

/** What a table is expected to hold. */
export interface Scene {
  readonly table: string;
  /** Events that were anchored. */
  readonly events: number;
}

export interface VariantRun {
  readonly sample: Omit<Sample, 'round'>;
  /** Null for a program that cannot say. */
  readonly answer: Answer | null;
}

/** Runs variants of the bench, each as a process of its own. */
export class VariantRunner {
  constructor(
    private readonly database: BenchDatabase,
    /** Folder of the compiled programs. */
    private readonly compiled: string,
    /** False when the floor is a drain through the driver. */
    private readonly hasPsql: boolean,
  ) {}

  async run(variant: Variant, scene: Scene): Promise<VariantRun> {
    const usesPsql = variant.program === 'psql' && this.hasPsql;
    const command = usesPsql ? this.psql(scene) : this.node(variant, scene);
    const { output, ...measured } = await measure(command, this.database.serverPid);
    const answer = usesPsql ? null : (JSON.parse(output) as Answer);
    const insideSeconds = answer === null ? null : answer.insideMs / 1000;
    const peakRssBytes = Math.max(measured.peakRssBytes, answer?.peakRssBytes ?? 0);
    return { sample: { ...measured, insideSeconds, peakRssBytes }, answer };
  }

  private psql({ table }: Scene): Command {
    const location = new URL(this.database.url);
    const qualified = {
      schema: 'public',
      name: table,
      qualified: table,
      kind: 'table',
      columns: [],
    } as const;
    const statement = new ChainQueries(qualified, LAYOUT).copyStatement();
    return {
      file: 'psql',
      args: ['--no-psqlrc', '--quiet', '--set=ON_ERROR_STOP=1', '--command', statement],
      env: {
        PGHOST: location.hostname,
        PGPORT: location.port,
        PGUSER: decodeURIComponent(location.username),
        PGPASSWORD: decodeURIComponent(location.password),
        PGDATABASE: location.pathname.slice(1),
        PGSSLMODE: 'disable',
      },
      keepOutput: false,
    };
  }

  private node(variant: Variant, scene: Scene): Command {
    const program = variant.program === 'psql' ? 'drain' : variant.program;
    const file = join(this.compiled, 'test/bench/programs', `${program}.js`);
    const task = { [TASK_VARIABLE]: JSON.stringify(this.task(variant, scene)) };
    return { file: process.execPath, args: [file], env: task, keepOutput: true };
  }

  private task(variant: Variant, { table, events }: Scene): Task {
    const from = variant.newest === undefined ? 1 : firstOfNewest(events, variant.newest(events));
    const { url, checkpoints } = this.database;
    const firstLink = from === 1 ? ZERO_HASH : this.hashBefore(from);
    return { url, table, from, last: events, firstLink, checkpoints, options: variant.options };
  }

  private hashBefore(from: number): string {
    const checkpoints = JSON.parse(readFileSync(this.database.checkpoints, 'utf8')) as Checkpoint[];
    const before = checkpoints.find(({ lastSeq }) => lastSeq === from - 1)?.lastHash;
    if (!before) throw new Error(`no anchor ends at event ${from - 1}`);
    return before;
  }
}

/** The newest events begin behind an anchor, so there are up to one range more of them. */
export function firstOfNewest(events: number, newest: number): number {
  const step = DEFAULTS.eventThreshold;
  return Math.max(0, Math.floor((events - newest) / step)) * step + 1;
}

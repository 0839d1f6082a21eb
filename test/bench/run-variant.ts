import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DEFAULTS, ENV, EXIT } from '../../runtime/contract';
import { ChainQueries } from '../../runtime/adapters/postgres/read/chain-queries';
import { v1Columns } from '../../runtime/adapters/postgres/read/message-columns';
import type { Checkpoint } from '../../runtime/domain/chain/checkpoint';
import { ZERO_HASH } from '../../runtime/domain/digests';
import type { Finding } from '../../runtime/domain/findings/finding';
import { CHAIN_ID, KEY_ID, LAYOUT, SECRET } from './chain';
import type { BenchDatabase } from './database';
import type { Sample } from './figures';
import { type Command, measure } from './measure';
import type { AnchorBuckets } from './anchor-buckets';
import { type Answer, type Outcome, type Task, TASK_VARIABLE } from './programs/task';
import type { Variant } from './variants';

/** What a table is expected to hold. */
export interface Scene {
  readonly table: string;
  /** Events that were anchored. */
  readonly events: number;
}

export interface VariantRun {
  readonly sample: Omit<Sample, 'round'>;
  readonly answer: Outcome;
}

/** Runs variants of the bench, each as a process of its own. */
export class VariantRunner {
  constructor(
    private readonly database: BenchDatabase,
    /** Folder of the compiled programs. */
    private readonly compiled: string,
    /** False when the floor is a drain through the driver. */
    private readonly hasPsql: boolean,
    private readonly buckets: AnchorBuckets,
  ) {}

  async run(variant: Variant, scene: Scene): Promise<VariantRun> {
    const usesPsql = variant.program === 'psql' && this.hasPsql;
    if (usesPsql || variant.program === 'cli') {
      const command = usesPsql ? this.psql(scene) : this.cli(scene);
      const { output, ...measured } = await measure(command, this.database.serverPid);
      const answer = usesPsql ? rowsOf(output) : outcomeOf(output);
      return { sample: { ...measured, insideSeconds: null }, answer };
    }
    const { output, ...measured } = await measure(this.node(variant, scene), this.database.serverPid);
    const answer = JSON.parse(output) as Answer;
    const peakRssBytes = Math.max(measured.peakRssBytes, answer.peakRssBytes);
    return { sample: { ...measured, insideSeconds: answer.insideMs / 1000, peakRssBytes }, answer };
  }

  private cli({ table, events }: Scene): Command {
    return {
      file: process.execPath,
      args: [join(this.compiled, 'runtime/cli.js'), 'verify', '--json'],
      env: {
        ...this.buckets.environment(events),
        [ENV.chainId]: CHAIN_ID,
        [ENV.databaseUrl]: this.database.url,
        [ENV.eventsTable]: table,
        [ENV.hmacKeys]: JSON.stringify({ [KEY_ID]: SECRET.toString('base64') }),
      },
      answers: [EXIT.tampered],
    };
  }

  private psql({ table }: Scene): Command {
    const location = new URL(this.database.url);
    const qualified = {
      schema: 'public',
      name: table,
      qualified: table,
      kind: 'table',
      oid: 0,
      nonTableChild: null,
      columns: [],
    } as const;
    // psql's own COPY, since that says how many rows there were.
    const statement = new ChainQueries(qualified, LAYOUT, v1Columns(LAYOUT))
      .copyStatement()
      .replace(/^COPY/, '\\copy')
      .replace('TO STDOUT', "TO '/dev/null'");
    return {
      file: 'psql',
      args: ['--no-psqlrc', '--set=ON_ERROR_STOP=1', '--command', statement],
      env: {
        PGHOST: location.hostname,
        PGPORT: location.port,
        PGUSER: decodeURIComponent(location.username),
        PGPASSWORD: decodeURIComponent(location.password),
        PGDATABASE: location.pathname.slice(1),
        PGSSLMODE: 'disable',
      },
    };
  }

  private node(variant: Variant, scene: Scene): Command {
    const program = variant.program === 'psql' ? 'drain' : variant.program;
    const file = join(this.compiled, 'test/bench/programs', `${program}.js`);
    const task = { [TASK_VARIABLE]: JSON.stringify(this.task(variant, scene)) };
    return { file: process.execPath, args: [file], env: task };
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

/** What psql says at the end of its COPY. */
function rowsOf(output: string): Outcome {
  const [, rows] = /^COPY (\d+)$/m.exec(output) ?? [];
  return { events: rows === undefined ? null : Number(rows), found: [] };
}

/** What a document of `verify` says. */
function outcomeOf(output: string): Outcome {
  const { coverage, findings } = JSON.parse(output) as {
    readonly coverage: { readonly events: number };
    readonly findings: readonly Finding[];
  };
  const wrong = findings.filter(({ severity }) => severity === 'tampering' || severity === 'unproven');
  return { events: coverage.events, found: [...new Set(wrong.map(({ code }) => code))] };
}

/** The newest events begin behind an anchor, so there are up to one range more of them. */
export function firstOfNewest(events: number, newest: number): number {
  const step = DEFAULTS.eventThreshold;
  return Math.max(0, Math.floor((events - newest) / step)) * step + 1;
}

import { Command, CommanderError } from 'commander';
import type { VerifyOptions } from '../commands/verify';
import type { Chosen } from './chosen';
import { addCostCommand } from './cost-command';
import { addHelpCommand } from './help-command';
import { usageError } from './usage-error';
import { packageVersion } from './version';

const EXIT_CODES = `
Exit codes:
  0  done, or verified
  1  tampering was found
  2  the command line or the configuration has to change
  3  could not be evaluated: nothing is known to be wrong, nothing is proven

Configuration comes from the environment: AUDIT_ANCHOR_BUCKET, AUDIT_ANCHOR_CHAIN_ID, AWS_REGION, DATABASE_URL,
AUDIT_HMAC_KEYS and more; the README lists them all. With AUDIT_OUTPUT=log the commands anchor, verify and run write
JSON log lines and CloudWatch metrics (EMF) on stdout instead of a report.`;

function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  ${line}`).join('\n')}`;
}

/** Makes every command throw what is wrong with a command line; commander ends the process otherwise. */
function refuseWithUsage(command: Command): void {
  command.exitOverride((error) => {
    throw error.code === 'commander.helpDisplayed' || error.code === 'commander.version'
      ? error
      : usageError(command, error);
  });
  command.commands.forEach(refuseWithUsage);
}

/**
 * Parses the command line; runs nothing.
 * @returns null when help or the version was printed
 * @throws ConfigError `USAGE` for a wrong command line; the help is on `err` already when no command was given
 */
export function parseCommandLine(
  args: readonly string[],
  output: { readonly out: (text: string) => void; readonly err: (text: string) => void },
): Chosen | null {
  let chosen: Chosen['run'] | null = null;
  const choose = (run: Chosen['run']): void => {
    chosen = run;
  };
  const program = new Command('audit-anchor')
    .description(
      'Anchors a PostgreSQL audit chain into S3 Object Lock, and proves that the database still says what it said.',
    )
    .version(packageVersion(), '--version')
    .option('--json', 'print one JSON document on stdout, and nothing else there; wins over AUDIT_OUTPUT=log')
    .option('--quiet', 'print only what needs attention')
    .addHelpText(
      'after',
      examples(
        'audit-anchor init',
        'audit-anchor append < events.jsonl',
        'audit-anchor anchor',
        'audit-anchor verify',
        'audit-anchor verify --anchors-only --json',
      ) +
        '\n' +
        EXIT_CODES,
    )
    // Whoever catches the error shows it.
    .configureOutput({ writeOut: output.out, writeErr: output.err, outputError: () => {} })
    .configureHelp({ showGlobalOptions: true })
    .showSuggestionAfterError();

  program
    .command('init')
    .description('create the audit table, its append-only protection and the roles; safe to run twice')
    .option('--print', 'print the SQL instead of running it')
    .addHelpText('after', examples('audit-anchor init', 'audit-anchor init --print | psql'))
    .action((options: { print?: boolean }) =>
      choose((context, actions) => actions.initAction(context, options)),
    );
  program
    .command('anchor')
    .description('write an anchor if a trigger is due')
    .option('--force', 'write one in any case, and wait a minute for another anchorer that is at work')
    .addHelpText('after', examples('audit-anchor anchor', 'audit-anchor anchor --force --json'))
    .action((options: { force?: boolean }) =>
      choose((context, actions) => actions.anchorAction(context, options)),
    );
  program
    .command('run')
    .description(
      'the daemon: anchors on every trigger, verifies every hour, stops on SIGTERM with a last anchor',
    )
    .addHelpText('after', examples('audit-anchor run', 'AUDIT_HTTP_PORT=8080 audit-anchor run'))
    .action(() => choose((context, actions) => actions.runAction(context)));
  program
    .command('health')
    .description('ask the daemon on this machine whether it works; for container health checks')
    .addHelpText(
      'after',
      examples('AUDIT_HTTP_PORT=8080 audit-anchor health') +
        '\n\nExit codes: 0 healthy, 2 AUDIT_HTTP_PORT is not set, 3 not healthy or no answer.',
    )
    .action(() => choose((context, actions) => actions.healthAction(context)));
  program
    .command('verify')
    .description('prove from the bucket outward that the database still says what it said')
    .option('--full', 'every anchor and every event (default)')
    .option('--latest', 'the newest anchor, its events and those since')
    .option('--since-last', 'what was not verified before under the same anchors; needs --state')
    .option('--anchors-only', 'every anchor, without database or HMAC secrets: for auditors')
    .option('--from <index|time>', 'only events from here on, widened to whole anchored ranges')
    .option('--to <index|time>', 'only events up to here; a date is the end of that day, UTC')
    .option('--workers <n>', 'read with so many connections at once (default: AUDIT_VERIFY_WORKERS, else 1)')
    .option('--max-rate <n>', 'read at most so many events per second, to spare the database')
    .option('--state <file>', 'resume an interrupted run, and remember what was verified')
    .option('--plan <n>', 'divide the chain into at most so many shards, for as many processes')
    .option('--shard <plan>', 'read one shard of a plan, and write a partial report')
    .option('--number <n>', 'which shard of the plan, from 1')
    .option(
      '--out <place>',
      'write there instead of printing: a file, or a place for all (FOLDER/, s3://BUCKET/PREFIX/)',
    )
    .option('--merge <place>', 'combine the plan and the partial reports of a place into the report')
    .option('--max-age <hours>', 'how old a plan may be for --shard and --merge (default: 24)')
    .addHelpText(
      'after',
      examples(
        'audit-anchor verify',
        'audit-anchor verify --latest --json',
        'audit-anchor verify --from 2025-01-01 --to 2025-01-31',
        'audit-anchor verify --from 10001 --to 20000',
        'audit-anchor verify --workers 4 --max-rate 200000',
        'audit-anchor verify --since-last --state verified.json',
        'audit-anchor verify --plan 8 --out parts/plan.json',
        'audit-anchor verify --shard parts/plan.json --number 3 --out parts/3.json',
        'audit-anchor verify --merge parts',
        'audit-anchor verify --plan 8 --out s3://audit-reports/2030-01-15/',
        'audit-anchor verify --shard s3://audit-reports/2030-01-15/ --number 3',
        'audit-anchor verify --merge s3://audit-reports/2030-01-15/ --out s3://audit-reports/2030-01-15/',
      ),
    )
    .action((options: VerifyOptions) => choose((context, actions) => actions.verifyAction(context, options)));
  program
    .command('status')
    .description('newest anchor, head of the chain, unanchored events, retention left, database identity')
    .addHelpText('after', examples('audit-anchor status', 'audit-anchor status --json'))
    .action(() => choose((context, actions) => actions.statusAction(context)));
  program
    .command('append')
    .description('append events, given as JSON lines on standard input, to the chain')
    .option('--key-id <id>', 'key of the ring to hash them under (default: AUDIT_HMAC_ACTIVE_KEY_ID)')
    .addHelpText(
      'after',
      examples(
        'audit-anchor append < events.jsonl',
        `echo '{"occurred_at":"2025-01-15T14:00:00Z","actor":"alice","action":"login","outcome":"success"}' | audit-anchor append`,
      ),
    )
    .action((options: { keyId?: string }) =>
      choose((context, actions) => actions.appendAction(context, options)),
    );
  addCostCommand(program, choose);
  const hold = program
    .command('hold')
    .description('legal hold on an anchor: it cannot be deleted while the hold is on');
  for (const state of ['on', 'off'] as const) {
    hold
      .command(state)
      .argument('<key>', 'key of the anchor')
      .option('--version-id <id>', 'version (default: the one written first)')
      .description(state === 'on' ? 'set the legal hold' : 'lift the legal hold')
      .addHelpText(
        'after',
        examples(`audit-anchor hold ${state} production/2025/01/15/14/anchor-20250115T140000Z.json`),
      )
      .action((key: string, options: { versionId?: string }) =>
        choose((context, actions) => actions.holdAction(context, state === 'on', key, options)),
      );
  }
  addHelpCommand(hold);
  program
    .command('demo')
    .description(
      'the whole story on this machine: a real PostgreSQL, a WORM S3, anchors, attacks, verification',
    )
    .option('--keep', 'leave both servers running and print the environment for another shell')
    .action((options: { keep?: boolean }) =>
      choose((context, actions) => actions.demoAction(context, options)),
    );
  addHelpCommand(program);
  refuseWithUsage(program);

  try {
    program.parse([...args], { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) return null;
    throw error;
  }
  const { json = false, quiet = false } = program.opts<{ json?: boolean; quiet?: boolean }>();
  return chosen === null ? null : { json, quiet, run: chosen };
}

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { runCli } from '../../support/run-cli';

const ROOT = join(__dirname, '../../..');

const COMMANDS = ['init', 'anchor', 'run', 'health', 'verify', 'status', 'append', 'cost', 'hold', 'demo'];

describe('help and version', () => {
  test('--help shows every command, examples and exit codes', async () => {
    const { exitCode, stdout, stderr } = await runCli(['--help']);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    for (const command of COMMANDS) expect(stdout).toMatch(new RegExp(`^  ${command}\\b`, 'm'));
    expect(stdout).toMatchInlineSnapshot(`
      "Usage: audit-anchor [options] [command]

      Anchors a PostgreSQL audit chain into S3 Object Lock, and proves that the
      database still says what it said.

      Options:
        --version         output the version number
        --json            print one JSON document on stdout, and nothing else there;
                          wins over AUDIT_OUTPUT=log
        --quiet           print only what needs attention
        -h, --help        display help for command

      Commands:
        init [options]    create the audit table, its append-only protection and the
                          roles; safe to run twice
        anchor [options]  write an anchor if a trigger is due
        run               the daemon: anchors on every trigger, verifies every hour,
                          stops on SIGTERM with a last anchor
        health            ask the daemon on this machine whether it works; for
                          container health checks
        verify [options]  prove from the bucket outward that the database still says
                          what it said
        status            newest anchor, head of the chain, unanchored events,
                          retention left, database identity
        append [options]  append events, given as JSON lines on standard input, to the
                          chain
        cost [options]    what a year of this costs on AWS, line by line; an estimate
                          from list prices
        hold              legal hold on an anchor: it cannot be deleted while the hold
                          is on
        demo [options]    the whole story on this machine: a real PostgreSQL, a WORM
                          S3, anchors, attacks, verification
        help [command]    display help for command

      Examples:
        audit-anchor init
        audit-anchor append < events.jsonl
        audit-anchor anchor
        audit-anchor verify
        audit-anchor verify --anchors-only --json

      Exit codes:
        0  done, or verified
        1  tampering was found
        2  the command line or the configuration has to change
        3  could not be evaluated: nothing is known to be wrong, nothing is proven

      Configuration comes from the environment: AUDIT_ANCHOR_BUCKET, AUDIT_ANCHOR_CHAIN_ID, AWS_REGION, DATABASE_URL,
      AUDIT_HMAC_KEYS and more; the README lists them all. With AUDIT_OUTPUT=log the commands anchor, verify and run write
      JSON log lines and CloudWatch metrics (EMF) on stdout instead of a report.
      "
    `);
  });

  test.each([...COMMANDS, 'hold on', 'hold off'])('%s --help', async (command) => {
    const { exitCode, stdout, stderr } = await runCli([...command.split(' '), '--help']);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toContain(`Usage: audit-anchor ${command}`);
  });

  test('--version', async () => {
    const { exitCode, stdout } = await runCli(['--version']);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\S*\n$/);
  });

  test.each([
    ['help', 'Usage: audit-anchor [options] [command]'],
    ['help verify', 'Usage: audit-anchor verify [options]'],
    ['help hold', 'Usage: audit-anchor hold [options] [command]'],
    ['help hold on', 'Usage: audit-anchor hold on [options] <key>'],
    ['hold help off', 'Usage: audit-anchor hold off [options] <key>'],
  ])('%s', async (args, usage) => {
    const { exitCode, stdout, stderr } = await runCli(args.split(' '));
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout.split('\n')[0]).toBe(usage);
  });

  // The process has an exit code of its own before the command line is parsed.
  test.each(['help', 'help verify', 'hold help', '--json help'])('%s in a process ends well', (args) => {
    const program = ['-r', './test/support/register-typescript.cjs', 'runtime/cli.ts'];
    const { status, stdout, stderr } = spawnSync(process.execPath, [...program, ...args.split(' ')], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain('Usage: audit-anchor');
  });

  test.each(['--help', '--version', 'verify --help', 'help verify', 'help', 'hold help on'])(
    '%s with --json is a document',
    async (args) => {
      const { exitCode, document } = await runCli([...args.split(' '), '--json']);
      expect(exitCode).toBe(0);
      expect(document).toEqual({ exitCode: 0, output: expect.stringMatching(/\S/) });
    },
  );
});

const WRONG: readonly (readonly [name: string, args: readonly string[], message: RegExp])[] = [
  ['no command', [], /no command|Usage/],
  ['an unknown command', ['verfy'], /unknown command 'verfy'/],
  ['an unknown option', ['verify', '--everything'], /unknown option '--everything'/],
  ['an option without its value', ['verify', '--from'], /--from.*argument missing/],
  ['an argument too many', ['status', 'now'], /too many arguments/],
  ['hold without on or off', ['hold'], /no command|Usage/],
  ['hold without a key', ['hold', 'on'], /missing required argument 'key'/],
  ['two scopes', ['verify', '--latest', '--full'], /--full and --latest exclude each other/],
  [
    'a scope and a range',
    ['verify', '--anchors-only', '--from', '1'],
    /--anchors-only and --from\/--to exclude each other/,
  ],
  [
    'a range that ends before it begins',
    ['verify', '--from', '20', '--to', '10'],
    /--from 20 is behind --to 10/,
  ],
  [
    'times in the wrong order',
    ['verify', '--from', '2025-02-01', '--to', '2025-01-01'],
    /is behind --to 2025-01-01/,
  ],
  [
    'a range of nonsense',
    ['verify', '--from', 'yesterday'],
    /--from: found "yesterday", allowed a chain index/,
  ],
  ['a day that does not exist', ['verify', '--to', '2025-02-30'], /--to: found "2025-02-30"/],
  ['help on an unknown command', ['help', 'nope'], /unknown command 'nope'/],
  ['help on an unknown command of a group', ['help', 'hold', 'nope'], /unknown command 'nope'/],
  ['help on what is below a command', ['help', 'verify', 'full'], /unknown command 'full'/],
  ['an index beyond all', ['verify', '--to', '99999999999999999'], /--to: found "99999999999999999"/],
];

describe('a wrong command line', () => {
  test.each(WRONG)('%s', async (_name, args, message) => {
    const { exitCode, stdout, stderr } = await runCli(args);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(message);
  });

  test.each(WRONG)('%s, with --json', async (_name, args) => {
    const { exitCode, document, stderr } = await runCli([...args, '--json']);
    expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: '' });
    expect(document).toEqual({
      exitCode: 2,
      error: { code: 'USAGE', message: expect.stringMatching(/\S/), hint: expect.stringContaining('--help') },
    });
    expect(JSON.stringify(document)).not.toContain('outputHelp');
  });

  test.each([
    [['verfy'], "unknown command 'verfy'", 'Did you mean verify? See audit-anchor --help'],
    [['help', 'verfy'], "unknown command 'verfy'", 'Did you mean verify? See audit-anchor --help'],
    [
      ['verify', '--anchor-only'],
      "unknown option '--anchor-only'",
      'Did you mean --anchors-only? See audit-anchor verify --help',
    ],
    [['verify', '--anchros'], "unknown option '--anchros'", 'See audit-anchor verify --help'],
    [['hold', 'on'], "missing required argument 'key'", 'See audit-anchor hold on --help'],
    [['hold', 'of'], "unknown command 'of'", 'Did you mean one of off, on? See audit-anchor hold --help'],
  ])(
    '%j is answered with what was probably meant, as text and as a document',
    async (args, message, hint) => {
      const { stderr } = await runCli(args);
      expect(stderr).toBe(`error: ${message} [USAGE]\n  ${hint}\n`);
      const { document } = await runCli([...args, '--json']);
      expect(document).toEqual({ exitCode: 2, error: { code: 'USAGE', message, hint } });
    },
  );

  test('what came from the command line cannot act on the terminal', async () => {
    const { stderr } = await runCli(['verify', '--from', '\u001b[2Jnow']);
    expect(stderr).not.toContain('\u001b[2J');
  });
});

describe('a configuration that is not complete', () => {
  test('every fault is named at once', async () => {
    const { exitCode, stdout, stderr } = await runCli(['verify'], { env: {} });
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatchInlineSnapshot(`
      "error: 5 faults in the configuration
        AUDIT_ANCHOR_BUCKET: found nothing, allowed the name of the bucket that holds the anchors
        AWS_REGION: found nothing, allowed the AWS Region of the bucket, such as eu-west-1 (AWS_DEFAULT_REGION is read too)
        AUDIT_ANCHOR_CHAIN_ID: found nothing, allowed a name for this chain: letters, digits, ".", "_", "-" in parts joined by "/" (no part "." or "..", the first not beginning with "_"), at most 900 bytes
        AUDIT_HMAC_KEYS: found nothing, and nothing in AUDIT_HMAC_KEYS_FILE, allowed a JSON object {"key id": "secret", ...} with each secret as standard base64 of 32 to 1024 bytes, or the path of a file with it in AUDIT_HMAC_KEYS_FILE
        DATABASE_URL: found nothing, and neither PGHOST nor PGDATABASE, allowed postgres://USER:PASSWORD@HOST:PORT/DATABASE, or the PG* variables of libpq [CONFIG_INVALID]
        Correct the environment and run the command again
      "
    `);
  });

  test('and with --json, one by one', async () => {
    const { exitCode, document } = await runCli(['verify', '--json'], { env: {} });
    expect(exitCode).toBe(2);
    const { error } = document as { error: { code: string; faults: { setting: string }[] } };
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.faults.map(({ setting }) => setting)).toEqual(
      expect.arrayContaining(['AUDIT_ANCHOR_BUCKET', 'AUDIT_ANCHOR_CHAIN_ID']),
    );
  });

  test.each([
    ['AUDIT_ANCHOR_CHAIN_ID', 'pro duction'],
    ['AUDIT_ANCHOR_CHAIN_ID', '../production'],
    ['AUDIT_ANCHOR_RETENTION_DAYS', '0'],
    ['AUDIT_ANCHOR_RETENTION_DAYS', '-1'],
    ['AUDIT_ANCHOR_RETENTION_DAYS', '36501'],
    ['AUDIT_HMAC_KEYS', '{"k1": "c2hvcnQ="}'],
    ['AUDIT_HMAC_KEYS', 'not a ring'],
    ['AUDIT_HMAC_KEYS', '["c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"]'],
  ])('%s=%s', async (setting, value) => {
    const env = {
      AUDIT_ANCHOR_BUCKET: 'audit-anchors-prod',
      AUDIT_ANCHOR_CHAIN_ID: 'production',
      AWS_REGION: 'us-east-1',
      DATABASE_URL: 'postgres://reader:hunter2-hunter2@127.0.0.1:1/audit',
      AUDIT_HMAC_KEYS: JSON.stringify({ k1: Buffer.alloc(32, 'k').toString('base64') }),
      [setting]: value,
    };
    const { exitCode, document } = await runCli(['verify', '--json'], { env });
    expect(exitCode).toBe(2);
    const { error } = document as { error: { code: string; faults: { setting: string; found: string }[] } };
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.faults).toHaveLength(1);
    expect(error.faults[0]?.setting).toContain(setting);
    const text = await runCli(['verify'], { env });
    expect(text.stderr).toContain(setting);
  });
});

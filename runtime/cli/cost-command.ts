import type { Command } from 'commander';
import { ENV } from '../contract';
import type { CostActionOptions } from './cost-action';
import type { Chosen } from './chosen';

const HELP = `
Settings that the environment gives: ${ENV.intervalMinutes}, ${ENV.eventThreshold},
${ENV.retentionDays}, ${ENV.verifyIntervalMinutes}, ${ENV.verifyFullIntervalHours}.
Neither bucket nor database is asked for, or needed.

Examples:
  audit-anchor cost
  audit-anchor cost --compare
  audit-anchor cost --mode scheduled --every 60 --encryption s3
  audit-anchor cost --network nat --zones 2 --replica --dashboard
  audit-anchor cost --mode scheduled --no-s3-endpoint
  audit-anchor cost --year 1 --no-free-tier --json
  audit-anchor cost --full-verification --events 1e9 --tasks 16 --rate 700000
  echo '{"kmsKeyMonth": 1.2}' > prices.json && audit-anchor cost --prices prices.json`;

/** Adds the command `cost`, which only computes. */
export function addCostCommand(program: Command, choose: (run: Chosen['run']) => void): void {
  program
    .command('cost')
    .description('what a year of this costs on AWS, line by line; an estimate from list prices')
    .option('--mode <mode>', 'where anchors are made: service, scheduled or external (default: service)')
    .option('--every <minutes>', 'minutes between two looks of --mode scheduled (default: 5)')
    .option('--architecture <name>', 'processor of tasks: arm64 or x86_64 (default: arm64)')
    .option('--verifier <where>', 'task, or external: on a machine that is there anyway (default: task)')
    .option(
      '--no-gateway-metrics',
      'with --mode external: that program emits no metrics, so there are no alarms',
    )
    .option('--encryption <kind>', 'kms or s3 (default: kms)')
    .option(
      '--network <path>',
      'how tasks reach AWS: existing, public-ip, nat or interface-endpoints (default: existing)',
    )
    .option('--zones <number>', 'availability zones with NAT or interface endpoints (default: 2)')
    .option('--no-s3-endpoint', 'the subnets have no gateway endpoint for S3: images come through NAT')
    .option(
      '--full-task-seconds <number>',
      'seconds billed for a full verification (default: computed from the number of events)',
    )
    .option('--events-per-day <number>', 'events appended in a day, spread evenly (default: 100000)')
    .option('--rotations <number>', 'rotations of the HMAC key in a year (default: 4)')
    .option(
      '--year <number>',
      'year of operation, or steady: all anchors under retention, a key rotated twice (default: steady)',
    )
    .option('--expire', 'with --year: anchors are deleted after their retention')
    .option('--replica', 'with a replica in another Region')
    .option('--dashboard', 'with the dashboard')
    .option('--data-events', 'with CloudTrail data events of the bucket')
    .option('--archive', 'with archive classes after 30 and 90 days')
    .option('--no-free-tier', 'as if the rest of the account had used the free tier up')
    .option('--prices <file>', 'JSON object of prices that differ; --json shows their names')
    .option('--compare', 'beside the cheapest sensible setting and the claim of the source document')
    .option('--full-verification', 'instead: time and price of one full verification in several tasks')
    .option('--events <numbers>', 'with it: events, such as 1e9 (default: 1e8,1e9,1e10)')
    .option('--tasks <numbers>', 'with it: tasks that read at the same time (default: 1,4,16,64)')
    .option('--rate <number>', 'with it: events per second of one task, as measured')
    .option('--database-rate <number>', 'with it: events per second that the database gives to all of them')
    .addHelpText('after', HELP)
    .action((options: CostActionOptions, command: Command) => {
      const given = command.options
        .filter((option) => command.getOptionValueSource(option.attributeName()) === 'cli')
        .map(({ long }) => long ?? '');
      choose((context, actions) => actions.costAction(context, options, given));
    });
}

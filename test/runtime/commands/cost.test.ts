import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PRICE_NAMES } from '../../../runtime/cost/prices';
import { dollars } from '../../../runtime/cost/cost-text';
import { runCli } from '../../support/run-cli';

interface Section {
  readonly group: string;
  readonly usd: number;
  readonly lines: readonly { readonly id: string; readonly usd: number }[];
}

interface Bill {
  readonly exitCode: number;
  readonly usd: number;
  readonly sections: readonly Section[];
  readonly choices: readonly { readonly id: string; readonly usd: number }[];
  readonly settings: Record<string, unknown>;
  readonly prices: Record<string, { readonly usd: number; readonly source: string }>;
}

const folder = mkdtempSync(join(tmpdir(), 'audit-anchor-prices-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function priceFile(text: string): string {
  const file = join(folder, 'prices.json');
  writeFileSync(file, text);
  return file;
}

async function bill(args: readonly string[] = [], env: NodeJS.ProcessEnv = {}): Promise<Bill> {
  const { exitCode, document, stderr } = await runCli(['cost', ...args, '--json'], { env });
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  return document as unknown as Bill;
}

const idsOf = ({ sections }: Bill): string[] => sections.flatMap(({ lines }) => lines.map(({ id }) => id));
const lineOf = (from: Bill, id: string): number | undefined =>
  from.sections.flatMap(({ lines }) => lines).find((line) => line.id === id)?.usd;

describe('what it needs', () => {
  test('nothing: neither bucket nor database nor keys', async () => {
    expect((await bill()).usd).toBeGreaterThan(100);
  });

  test('a wrong setting in the environment is a fault here as everywhere', async () => {
    const { exitCode, stderr } = await runCli(['cost'], { env: { AUDIT_ANCHOR_INTERVAL_MINUTES: '0' } });
    expect(exitCode).toBe(2);
    expect(stderr).toContain('AUDIT_ANCHOR_INTERVAL_MINUTES: found "0"');
  });

  test('the environment gives the settings that it gives to every command', async () => {
    const { settings } = await bill([], {
      AUDIT_ANCHOR_INTERVAL_MINUTES: '15',
      AUDIT_ANCHOR_EVENT_THRESHOLD: '500',
      AUDIT_ANCHOR_RETENTION_DAYS: '2557',
      AUDIT_VERIFY_INTERVAL_MINUTES: '0',
      AUDIT_VERIFY_FULL_INTERVAL_HOURS: '168',
    });
    expect(settings).toMatchObject({
      intervalMinutes: 15,
      eventThreshold: 500,
      retentionDays: 2557,
      metrics: null,
      verification: { latestEveryMinutes: 0, fullEveryHours: 168 },
    });
  });
});

test.each([
  ['', {}, 14, 16],
  ['', { AUDIT_VERIFY_INTERVAL_MINUTES: '0' }, 13, 14],
  ['--mode scheduled', {}, 14, 16],
  ['--mode scheduled --verifier external', {}, 6, 12],
  ['--mode external --verifier external', {}, 14, 10],
  ['--mode external --verifier external --no-gateway-metrics', {}, 0, 0],
])('cost %s, with %j in the environment, counts %d metrics and %d alarms', async (args, env, ...expected) => {
  const { sections } = await bill([...args.split(' ').filter(Boolean), '--no-free-tier'], env);
  const lines = sections.flatMap((section) => section.lines) as unknown as { id: string; quantity: number }[];
  // Paid by the month.
  const counted = ['monitoring.metrics', 'monitoring.alarms'].map(
    (id) => (lines.find((line) => line.id === id)?.quantity ?? 0) / 12,
  );
  expect(counted).toEqual(expected);
});

describe('options', () => {
  test('a task looks every 5 minutes, or as often as an anchor is due', async () => {
    const anchored = { AUDIT_ANCHOR_INTERVAL_MINUTES: '2' };
    const { settings, choices } = await bill(['--mode', 'scheduled'], anchored);
    expect(settings).toMatchObject({ anchoring: { everyMinutes: 2 } });
    const ids = (await bill([], anchored)).choices.map(({ id }) => id);
    expect(ids.filter((id) => id.startsWith('scheduled'))).toEqual(['scheduled2']);
    expect(choices.map(({ id }) => id)).not.toContain('scheduled5');
  });

  test.each([
    ['--mode scheduled', { anchoring: { mode: 'scheduled', everyMinutes: 5, taskSeconds: 60 } }],
    ['--mode scheduled --every 60', { anchoring: { mode: 'scheduled', everyMinutes: 60 } }],
    ['--mode external', { anchoring: { mode: 'external' } }],
    ['--architecture x86_64', { task: { architecture: 'x86_64' } }],
    ['--verifier external', { verification: { runsAs: 'external' } }],
    ['--encryption s3', { encryption: 's3' }],
    ['--network nat --zones 3', { network: 'nat', availabilityZones: 3 }],
    ['--no-s3-endpoint', { network: 'existing', s3GatewayEndpoint: false }],
    ['--network nat --no-s3-endpoint', { network: 'nat', s3GatewayEndpoint: false }],
    ['--full-task-seconds 600', { verification: { runsAs: 'task', fullTaskSeconds: 600 } }],
    ['--events-per-day 1000000', { eventsPerDay: 1_000_000 }],
    ['--rotations 12', { keyRotationsPerYear: 12 }],
    ['--year 2', { year: 2, expireAfterRetention: false }],
    ['--year 2 --expire', { year: 2, expireAfterRetention: true }],
    ['--year steady', { year: 'steady' }],
    ['--replica', { replica: { alarms: expect.any(Number) } }],
    ['--dashboard', { dashboards: 1 }],
    ['--data-events', { dataEvents: true }],
    ['--mode external --no-gateway-metrics', { anchoring: { mode: 'external' }, gatewayMetrics: false }],
    ['--archive', { archive: { glacierInstantRetrievalAfterDays: 30, deepArchiveAfterDays: 90 } }],
    ['--no-free-tier', { freeTier: false }],
  ])('%s', async (args, settings) => {
    expect((await bill(args.split(' '))).settings).toMatchObject(settings);
  });

  test('a file of prices', async () => {
    const found = await bill(['--prices', priceFile('{"secretMonth": 1}')]);
    expect(lineOf(found, 'compute.secrets')).toBe(36);
    expect(found.prices.secretMonth).toMatchObject({ usd: 1, source: '--prices' });
    expect(found.prices.kmsKeyMonth).toMatchObject({ usd: 1, source: 'https://aws.amazon.com/kms/pricing/' });
  });
});

const WRONG: readonly (readonly [name: string, args: readonly string[], message: string])[] = [
  ['a mode', ['--mode', 'lambda'], '--mode: found "lambda", allowed service, scheduled, external'],
  [
    'a network path',
    ['--network', 'vpn'],
    '--network: found "vpn", allowed existing, public-ip, nat, interface-endpoints',
  ],
  ['an encryption', ['--encryption', 'none'], '--encryption: found "none", allowed kms, s3'],
  ['a year', ['--year', '0'], '--year: found "0", allowed a whole number of years from 1 to 100, or steady'],
  [
    'no number',
    ['--events-per-day', '1e6'],
    '--events-per-day: found "1e6", allowed a whole number of events from 0',
  ],
  [
    'a minus',
    ['--rotations', '-1'],
    '--rotations: found "-1", allowed a whole number of rotations from 0 to 1000',
  ],
  [
    'a schedule without scheduled anchoring',
    ['--every', '5'],
    '--every: found it with --mode service, allowed only with --mode scheduled; leave it out or change the mode',
  ],
  [
    'a task that looks more seldom than an anchor is due',
    ['--mode', 'scheduled', '--every', '120'],
    '--every: found "120", allowed at most the 60 minutes between two anchors (AUDIT_ANCHOR_INTERVAL_MINUTES)',
  ],
  [
    'a rate without a full verification',
    ['--rate', '3'],
    '--rate: found it without --full-verification, allowed only with that',
  ],
  [
    'numbers of events without a full verification',
    ['--compare', '--events', '3'],
    '--events: found it without --full-verification, allowed only with that',
  ],
  [
    'a comparison of a full verification',
    ['--full-verification', '--rate', '700000', '--compare'],
    '--compare: found it with --full-verification, allowed only --events, --tasks, --rate, --database-rate, --prices beside that',
  ],
  [
    'what a full verification has no use for, default or not',
    ['--full-verification', '--rate', '700000', '--no-s3-endpoint', '--zones', '2'],
    '--no-s3-endpoint: found it with --full-verification',
  ],
  [
    'zones without anything in them',
    ['--zones', '2'],
    '--zones: found it with --network existing, allowed only with --network nat or interface-endpoints',
  ],
  [
    'an endpoint that a public address does not need',
    ['--network', 'public-ip', '--no-s3-endpoint'],
    '--no-s3-endpoint: found it with --network public-ip, allowed only with --network existing or nat',
  ],
  [
    'seconds of a task that is not billed',
    ['--verifier', 'external', '--full-task-seconds', '90'],
    '--full-task-seconds: found it with --verifier external, allowed only with --verifier task',
  ],
  [
    'more seconds than a day has',
    ['--full-task-seconds', '86401'],
    '--full-task-seconds: found "86401", allowed a number of seconds from 0 to 86400',
  ],
  [
    'expiry without a year in which it shows',
    ['--expire'],
    '--expire: found it with --year steady, allowed only with the number of a year',
  ],
  [
    'a file that is not there',
    ['--prices', '/nowhere/prices.json'],
    '--prices: found "/nowhere/prices.json", which cannot be read (ENOENT), allowed the path of a readable JSON file',
  ],
];

describe('what is wrong is said with what is allowed', () => {
  test.each(WRONG)('%s', async (_name, args, message) => {
    const { exitCode, stdout, stderr } = await runCli(['cost', ...args]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).toContain('See audit-anchor cost --help');
  });

  test('all of it at once, options and prices', async () => {
    const prices = priceFile('{"kmsKeyMonth": -1, "gold": 1}');
    const args = ['cost', '--mode', 'x', '--year', 'y', '--prices', prices, '--json'];
    const { exitCode, document } = await runCli(args);
    const { error } = document as { error: { code: string; faults: { setting: string }[] } };
    expect({ exitCode, code: error.code }).toEqual({ exitCode: 2, code: 'USAGE' });
    expect(error.faults.map(({ setting }) => setting)).toEqual([
      '--mode',
      '--year',
      '--prices, "kmsKeyMonth"',
      '--prices, "gold"',
    ]);
  });
});

describe('--json', () => {
  test('amounts have at most six decimals and still add up', async () => {
    const found = await bill(['--replica', '--no-free-tier', '--dashboard', '--network', 'nat']);
    const decimals = [...JSON.stringify(found).matchAll(/\d\.(\d+(?:e-\d+)?)/g)].map(
      ([, digits = '']) => digits,
    );
    expect(decimals.length).toBeGreaterThan(50);
    expect(decimals.filter((digits) => digits.length > 6)).toEqual([]);
    const sum = (parts: readonly { usd: number }[]): number =>
      parts.reduce((total, { usd }) => total + usd, 0);
    expect(sum(found.sections)).toBeCloseTo(found.usd, 4);
    for (const section of found.sections) expect(sum(section.lines)).toBeCloseTo(section.usd, 4);
  });

  test('every price that can be changed is listed with its source', async () => {
    expect(Object.keys((await bill()).prices)).toEqual(PRICE_NAMES);
  });

  test('names of lines are stable', async () => {
    const everything = await bill([
      '--replica',
      '--dashboard',
      '--data-events',
      '--archive',
      '--network',
      'nat',
    ]);
    expect(idsOf(everything)).toMatchInlineSnapshot(`
      [
        "anchors.storage",
        "anchors.put",
        "anchors.get",
        "anchors.list",
        "anchors.instantTransitions",
        "anchors.instantStorage",
        "anchors.instantEarlyEnd",
        "anchors.instantGet",
        "anchors.instantRetrieval",
        "anchors.deepTransitions",
        "anchors.deepStorage",
        "anchors.deepIndex",
        "anchors.deepEarlyEnd",
        "encryption.key",
        "encryption.keyRotations",
        "encryption.requests",
        "compute.anchoringVcpu",
        "compute.anchoringMemory",
        "compute.verificationVcpu",
        "compute.verificationMemory",
        "compute.scheduler",
        "compute.images",
        "compute.secrets",
        "compute.secretCalls",
        "monitoring.metrics",
        "monitoring.alarms",
        "monitoring.dashboards",
        "monitoring.logIngest",
        "monitoring.logStorage",
        "network.natGateways",
        "network.natTraffic",
        "replica.storage",
        "replica.put",
        "replica.transfer",
        "replica.timeControl",
        "replica.key",
        "replica.keyRotations",
        "replica.kmsRequests",
        "replica.metrics",
        "replica.alarms",
        "records.accessLogs",
        "records.dataEvents",
      ]
    `);
  });

  test('each other decision, and what it changes', async () => {
    const { choices, usd } = await bill();
    for (const [id, args] of [
      ['scheduled5', ['--mode', 'scheduled']],
      ['external', ['--mode', 'external']],
      ['s3Encryption', ['--encryption', 's3']],
      ['replica', ['--replica']],
      ['nat', ['--network', 'nat']],
      ['noS3Endpoint', ['--no-s3-endpoint']],
      ['dataEvents', ['--data-events']],
      ['noFreeTier', ['--no-free-tier']],
    ] as const) {
      const choice = choices.find((candidate) => candidate.id === id);
      expect([id, choice?.usd]).toEqual([id, expect.closeTo((await bill(args)).usd - usd, 4)]);
    }
    expect(choices.map(({ id }) => id)).not.toContain('service');
  });
});

describe('for people', () => {
  test('a table with subtotals, the total first, and where the prices are from', async () => {
    const { stdout } = await runCli(['cost']);
    const { usd, sections } = await bill();
    expect(stdout.split('\n')[0]).toBe(`${dollars(usd)} USD a year`);
    expect(stdout).toMatch(new RegExp(`^Total +${dollars(usd)}$`, 'm'));
    for (const section of sections) expect(stdout).toContain(dollars(section.usd));
    expect(stdout.replaceAll('\n', ' ')).toMatch(
      /An estimate .* list prices of us-east-1, put together on \d{4}-\d{2}-\d{2}; --json names the source/,
    );
    expect(stdout).toContain('Not included: ');
    expect(stdout).not.toMatch(/NaN|Infinity|undefined|\.\d{6,}/);
  });

  test('images are free only with the gateway endpoint, and what they cost without it is said', async () => {
    const scheduled = ['--mode', 'scheduled'];
    const more = (await bill([...scheduled, '--no-s3-endpoint'])).usd - (await bill(scheduled)).usd;
    // A look every five minutes, a verification an hour and a full one a day, 60 MB each.
    const starts = 12 * 24 * 365 + 24 * 365 + 365;
    expect(more).toBeCloseTo(((starts * 60) / 1_024) * 0.045, 4);
    const caveat = `Without it NAT takes ${dollars(more)} USD a year for that: --no-s3-endpoint.`;
    const text = async (...args: readonly string[]): Promise<string> =>
      (await runCli(['cost', ...scheduled, ...args])).stdout.replaceAll('\n', ' ');
    expect(await text()).toContain(caveat);
    for (const args of [['--no-s3-endpoint'], ['--network', 'interface-endpoints']]) {
      expect(await text(...args)).not.toContain('Without it NAT');
    }
    const idle = await runCli(['cost', '--mode', 'external', '--verifier', 'external']);
    expect(idle.stdout).not.toContain('Without it NAT');
  });

  test('a full verification is as long as the chain, in words', async () => {
    const formula = async (...args: readonly string[]): Promise<string> => {
      const { sections } = await bill(args);
      const lines = sections.flatMap((section) => section.lines) as unknown as {
        id: string;
        formula: string;
      }[];
      return lines.find(({ id }) => id === 'compute.verificationVcpu')?.formula ?? '';
    };
    expect(await formula()).toContain(
      '365 full of 341 s each: 60 s to start, 40,000,000 events at 142,500 a second; a minute or more is billed',
    );
    expect(await formula('--full-task-seconds', '90')).toContain('365 full of 90 s each; a minute');
  });

  test('changed prices are mentioned', async () => {
    const { stdout } = await runCli(['cost', '--prices', priceFile('{"secretMonth": 1, "kmsKeyMonth": 1}')]);
    expect(stdout.replaceAll('\n', ' ')).toContain('2 of them changed by --prices');
  });

  test('--quiet prints it all the same, since it was asked for', async () => {
    expect((await runCli(['--quiet', 'cost'])).stdout).toBe((await runCli(['cost'])).stdout);
  });

  test.each([
    [0, '0.00'],
    [0.004, '<0.01'],
    [0.005, '0.01'],
    [-0.001, '-<0.01'],
    [-12.5, '-12.50'],
    [1234567.891, '1,234,567.89'],
    [0.999, '1.00'],
  ])('%d is %s', (usd, text) => {
    expect(dollars(usd)).toBe(text);
  });
});

describe('--compare', () => {
  interface Comparison {
    readonly columns: readonly (Section & {
      readonly name: string;
      readonly title: string;
      readonly sections: Section[];
    })[];
  }
  const compare = async (...args: readonly string[]): Promise<Comparison> =>
    (await bill(['--compare', ...args])) as unknown as Comparison;

  test('defaults, the cheapest sensible setting, and the claim of the source document', async () => {
    const { columns } = await compare();
    expect(columns.map(({ name }) => name)).toEqual(['settings', 'cheapest', 'sourceDocument']);
    const [settings, cheapest, source] = columns.map(({ usd }) => usd) as [number, number, number];
    expect(settings).toBe((await bill()).usd);
    expect(cheapest).toBe((await bill(['--mode', 'scheduled', '--every', '60', '--encryption', 's3'])).usd);
    expect(source.toFixed(2)).toBe('0.08');
  });

  test('the first column says whether it shows the defaults', async () => {
    expect((await compare()).columns[0]?.title).toBe('defaults');
    expect((await compare('--replica')).columns[0]?.title).toBe('these settings');
    const { document } = await runCli(['cost', '--compare', '--json'], {
      env: { AUDIT_ANCHOR_RETENTION_DAYS: '1' },
    });
    expect((document as unknown as Comparison).columns[0]?.title).toBe('these settings');
  });

  test('what a replica and each network path would add to both', async () => {
    const { columns } = (await compare()) as unknown as {
      columns: { additions: { id: string; usd: number }[] }[];
    };
    const cheapest = ['--mode', 'scheduled', '--every', '60', '--encryption', 's3'];
    for (const [at, base] of [[], cheapest].entries()) {
      const without = (await bill(base)).usd;
      const added: Record<string, unknown> = { replica: (await bill([...base, '--replica'])).usd - without };
      for (const path of ['public-ip', 'nat', 'interface-endpoints']) {
        added[path] = (await bill([...base, '--network', path])).usd - without;
      }
      added['noS3Endpoint'] = (await bill([...base, '--no-s3-endpoint'])).usd - without;
      const shown = Object.entries(added).map(([id, usd]) => ({
        id,
        title: expect.any(String),
        usd: expect.closeTo(usd as number, 4),
      }));
      expect(columns[at]?.additions).toEqual(shown);
    }
    expect(columns[2]?.additions).toEqual([]);
  });

  test('what the source document leaves out is listed by section', async () => {
    const { columns } = await compare('--replica');
    const [settings, , source] = columns;
    const counted = new Set(source?.sections.flatMap(({ lines }) => lines.map(({ id }) => id)));
    const missing = (settings?.sections ?? []).map(({ lines }) =>
      lines.filter(({ id }) => !counted.has(id)).reduce((sum, { usd }) => sum + usd, 0),
    );
    const { stdout } = await runCli(['cost', '--compare', '--replica']);
    const [list = ''] = (stdout.split('first column:\n')[1] ?? '').split('\n\n');
    const listed = list.split('\n').map((line) => line.split(/ {2,}/).pop());
    expect(listed).toEqual(missing.map(dollars));
    expect(listed.length).toBe(6);
  });
});

test('--help shows examples', async () => {
  const { stdout } = await runCli(['cost', '--help']);
  expect(stdout).toContain('audit-anchor cost --compare');
  expect(stdout).toContain('AUDIT_ANCHOR_RETENTION_DAYS');
});

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createNodeCryptoEngine } from '../../runtime/adapters/digests/node-crypto-engine';
import { ChainScanner } from '../../runtime/domain/chain/chain-scanner';
import { v1Tuples } from '../../runtime/domain/chain/tuple-layout';
import { ZERO_HASH } from '../../runtime/domain/digests';
import { FindingLog } from '../../runtime/domain/findings/finding-log';
import type { Cleanup } from '../support/programs/cleanup';
import { judgeBuilds } from './against';
import { CHAIN_KEY, KEY_ID, LAYOUT } from './chain';
import { ChainEvents } from './chain-events';
import { findMovedFiles } from './compile';
import { type Figure, judge, ratios, type Sample, spread } from './figures';
import { cpuTimes, foreignShare } from './machine';
import { DEFAULT_EVENTS, parseOptions } from './options';
import { chosenBench } from './programs';
import { memoryResults, type VariantResult, verdictFailures, verdictOf } from './report';
import { firstOfNewest } from './run-variant';
import { NO_SIMD, TWENTIETH, VARIANTS, VERIFY } from './variants';

function sample(round: number, seconds: number, more: Partial<Sample> = {}): Sample {
  return {
    round,
    seconds,
    insideSeconds: seconds / 2,
    cpuSeconds: seconds,
    serverCpuSeconds: 0,
    foreign: 0,
    peakRssBytes: 1,
    ...more,
  };
}

describe('the generated chain', () => {
  const chain = new ChainEvents(2_000);
  const stream = [...chain.copyInput()];

  test('is sound, and its events have the size that they are said to have', () => {
    const findings = new FindingLog();
    const engine = createNodeCryptoEngine([CHAIN_KEY]);
    const scanner = new ChainScanner({
      layout: LAYOUT,
      tuples: v1Tuples(LAYOUT),
      engine,
      keyIds: [KEY_ID],
      findings,
      firstIndex: 1,
      firstLink: ZERO_HASH,
      checkpoints: [],
    });
    stream.forEach((piece) => scanner.push(piece));
    expect(scanner.finish()).toMatchObject({ events: 2_000, recomputed: 2_000, lastIndex: 2_000 });
    expect(findings.all()).toEqual([]);
    engine.dispose();
    expect(Math.abs(chain.messageBytes / 2_000 - 315)).toBeLessThan(3);
  });

  test('is the same in every run', () => {
    const again = Buffer.concat([...new ChainEvents(2_000).copyInput()]);
    expect(again.equals(Buffer.concat(stream))).toBe(true);
  });
});

describe('figures', () => {
  const figure: Figure = { numerator: 'a', denominator: 'b', of: 'process', bar: () => 1.5 };
  const judged = (above: Sample[], below: Sample[]) =>
    judge(
      figure,
      new Map([
        ['a', above],
        ['b', below],
      ]),
      1_000_000,
    );

  test('a median lies in the middle, also of an even number', () => {
    expect(spread([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3 });
    expect(spread([4, 1, 2, 3])).toEqual({ median: 2.5, min: 1, max: 4 });
  });

  test('ratios are those within the rounds', () => {
    const above = [sample(1, 2), sample(2, 30), sample(3, 9)];
    const below = [sample(2, 20), sample(1, 1), sample(4, 5)];
    expect(ratios(above, below)).toEqual([2, 1.5]);
    expect(ratios([sample(1, 1, { insideSeconds: 3 })], [sample(1, 9)], 'task')).toEqual([3 / 4.5]);
  });

  test('passes up to the bar and fails above it', () => {
    expect(judged([sample(1, 3)], [sample(1, 2)])?.verdict).toBe('PASS');
    expect(judged([sample(1, 3.01)], [sample(1, 2)])?.verdict).toBe('FAIL');
  });

  test('is inconclusive when others disturbed most rounds, whichever of the two runs it was', () => {
    const busy = { foreign: 0.07 };
    const quiet = [sample(1, 1), sample(2, 1), sample(3, 1)];
    expect(judged([sample(1, 9, busy), sample(2, 9), sample(3, 9)], quiet)?.verdict).toBe('FAIL');
    const below = [sample(1, 1), sample(2, 1, busy), sample(3, 1)];
    expect(judged([sample(1, 9, busy), sample(2, 9), sample(3, 9)], below)?.verdict).toBe('INCONCLUSIVE');
  });

  test('is left out when one of the two did not run', () => {
    expect(judged([], [sample(1, 1)])).toBeNull();
  });

  test('memory is judged by the worst run, and its growth by the difference', () => {
    const megabytes = (name: string, ...peaks: number[]): VariantResult => ({
      variant: VARIANTS.find((variant) => variant.name === name)!,
      events: name === VERIFY ? 1_000_000 : 50_000,
      samples: peaks.map((peak, round) => sample(round, 1, { peakRssBytes: peak * 1024 ** 2 })),
      skipped: null,
      tampered: null,
    });
    const verdicts = (...results: VariantResult[]) => memoryResults(results).map(({ verdict }) => verdict);
    expect(verdicts(megabytes(VERIFY, 90, 120), megabytes(TWENTIETH, 110))).toEqual(['PASS', 'PASS']);
    expect(verdicts(megabytes(VERIFY, 90, 121), megabytes(TWENTIETH, 110))).toEqual(['FAIL', 'FAIL']);
  });
});

describe('what was said of the copies', () => {
  const said = (name: string, tampered: Record<string, string[]>): VariantResult => ({
    variant: VARIANTS.find((variant) => variant.name === name)!,
    events: 1,
    samples: [],
    skipped: null,
    tampered,
  });

  test('a miss is a failure of ours, and of others only told', () => {
    const missed = { none: [], content: [], swap: ['X'] };
    expect(verdictFailures([said(VERIFY, missed)])).toEqual(['verify MISSED content FAIL']);
    expect(verdictFailures([said('cli', missed)])).toEqual(['cli MISSED content FAIL']);
    expect(verdictFailures([said('links-only', missed)])).toEqual([]);
    expect(verdictOf(said('links-only', missed))).toBe('MISSED content');
  });

  test('whoever finds something in the sound copy has found nothing', () => {
    const vacuous = { none: ['X'], content: ['X'] };
    expect(verdictFailures([said('cursor', vacuous)])).toEqual([
      'cursor found something in a sound copy FAIL',
    ]);
    expect(verdictOf(said('cursor', vacuous))).toBe('FOUND something in a sound copy');
  });

  test('both engines have to say the same', () => {
    const one = { none: [], content: ['EVENT_HASH'] };
    const other = { none: [], content: ['EVENT_LINK'] };
    expect(verdictFailures([said(VERIFY, one), said(NO_SIMD, one)])).toEqual([]);
    expect(verdictFailures([said(VERIFY, one), said(NO_SIMD, other)])).toEqual([
      'verify and no-simd do not say the same FAIL',
    ]);
  });
});

test('a variant is said to miss what it did not find', () => {
  const variant = VARIANTS.find(({ name }) => name === 'links-only')!;
  const result = { variant, events: 1, samples: [], skipped: null };
  expect(verdictOf({ ...result, tampered: { none: [], content: [], swap: ['links'] } })).toBe(
    'MISSED content',
  );
  expect(verdictOf({ ...result, tampered: { none: [], content: ['hashes'], swap: ['links'] } })).toBe(
    'found',
  );
});

test('two builds are held against each other by time within the task, and by memory', () => {
  const own = (inside: number, peakRssBytes: number): Sample[] => [
    sample(1, 9, { insideSeconds: inside, peakRssBytes }),
  ];
  const judged = (kind: 'verify' | 'merkle' | 'append', bytes: number, time: number, memory: number) =>
    judgeBuilds(
      [{ name: kind, kind, bytes, events: 1 }],
      new Map([
        [`present ${kind}`, own(time, memory)],
        [`other ${kind}`, own(100, 100)],
      ]),
    ).map(({ verdict }) => verdict);
  expect(judged('verify', 315, 110, 110)).toEqual(['PASS', 'PASS']);
  expect(judged('verify', 315, 111, 111)).toEqual(['FAIL', 'FAIL']);
  expect(judged('merkle', 315, 85, 100)).toEqual(['PASS', 'PASS']);
  expect(judged('merkle', 1_500, 71, 100)).toEqual(['FAIL', 'PASS']);
  expect(judged('append', 0, 106, 100)).toEqual(['FAIL', 'PASS']);
});

test('the newest events begin behind an anchor', () => {
  expect(firstOfNewest(1_000_000, 10_000)).toBe(990_001);
  expect(firstOfNewest(1_004_321, 10_000)).toBe(990_001);
  expect(firstOfNewest(5_000, 10_000)).toBe(1);
});

test('what the bench, its programs and the server did is not counted as done by others', () => {
  const before = { machine: 100, bench: 10, programs: 20, server: 30 };
  const after = { machine: 108, bench: 11, programs: 23, server: 34 };
  expect(foreignShare(before, after, 4)).toBe(0);
  expect(foreignShare(before, { ...after, server: 30 }, 4)).toBeCloseTo(1 / cpus().length);
  // Counters of the machine and of its processes do not tick at once.
  expect(foreignShare(before, { ...after, machine: 107 }, 4)).toBe(0);
});

const onLinux = process.platform === 'linux' ? test : test.skip;

onLinux('CPU time of this process is seen as it is used', () => {
  const before = cpuTimes(process.pid).bench;
  const enough = performance.now() + 5_000;
  let used = 0;
  while (used < 0.1 && performance.now() < enough) used = cpuTimes(process.pid).bench - before;
  expect(used).toBeGreaterThanOrEqual(0.1 - 1e-9);
});

test.each([
  [['--only', 'append', '--rounds', '2'], 'appending', ['--rounds', '2']],
  [['--json', '--only=start-up'], 'to start', ['--json']],
  [['--only', 'anchors', '--help'], '--anchors-only', ['--help']],
  [['--only', 'verify'], 'Measures verification', ['--only', 'verify']],
  [['--only', 'append,verify'], 'Measures verification', ['--only', 'append,verify']],
  [['--json'], 'Measures verification', ['--json']],
  [['--against', '.', '--only', 'append'], 'next to another one', ['--against', '.', '--only', 'append']],
])('%j is for the bench of %s', (args, measures, left) => {
  const chosen = chosenBench(args);
  expect(chosen.bench.USAGE).toContain(measures);
  expect(chosen.args).toEqual(left);
});

test.each([
  [['--only', 'append', '--events', '0'], '--events: found "0", allowed an integer from 1000 to 1000000'],
  [['--only', 'append', '--rounds', 'x'], '--rounds: found "x", allowed an integer from 1 to 1000'],
  [['--only', 'anchors', '--anchors', '1e9'], '--anchors: found "1e9", allowed an integer from 1 to 61320'],
  [['--only', 'start-up', '--rounds', '-1'], '--rounds'],
  [['--only', 'start-up', '--events', '9'], "Unknown option '--events'"],
  [['--event', '30000'], "Unknown option '--event'"],
  [['--against', '/nowhere'], '--against: found "/nowhere", allowed a checkout, or a folder with dist/'],
  [['--against', '.', '--bytes', '315,9'], '--bytes: found "9", allowed an integer from 200 to 8000'],
  [['--against', '.', '--only', 'floor'], '--only: found "floor", allowed verify, merkle, append'],
])('%j is refused before anything is made', async (args, message) => {
  const chosen = chosenBench(args);
  const made = jest.fn();
  const cleanup = { add: made } as unknown as Cleanup;
  await expect((async () => chosen.bench.run(chosen.args, cleanup))()).rejects.toThrow(message);
  expect(made).not.toHaveBeenCalled();
});

describe('options', () => {
  const names = ['floor', 'verify'];

  test('have defaults', () => {
    const { events, rounds, only, json, directory } = parseOptions([], names);
    expect({ events, rounds, only, json, directory }).toEqual({
      events: DEFAULT_EVENTS,
      rounds: 5,
      only: [],
      json: false,
      directory: null,
    });
    expect(parseOptions(['--events', '5000000'], names).rounds).toBe(3);
  });

  test.each([
    [['--events', '10'], '--events: found "10", allowed an integer from 30000 to 100000000'],
    [['--events', 'many'], '--events: found "many", allowed'],
    [['--rounds', '0'], '--rounds: found "0", allowed an integer from 1 to 1000'],
    [['--only', 'verify,fast'], '--only: found "fast", allowed floor, verify'],
  ])('%j is refused', (args, message) => {
    expect(() => parseOptions(args, names)).toThrow(message);
  });
});

test('the bench finds the files of another build where that build has them', () => {
  const folder = mkdtempSync(join(tmpdir(), 'audit-anchor-moved-'));
  try {
    const program = join(folder, 'test/bench/programs/verify.js');
    for (const file of ['adapters/postgres/append.js', 'commands/append.js', 'domain/digests.js']) {
      mkdirSync(dirname(join(folder, 'runtime', file)), { recursive: true });
      writeFileSync(join(folder, 'runtime', file), '');
    }
    mkdirSync(dirname(program), { recursive: true });
    const wanted = ['adapters/postgres/append/append', 'domain/digests', 'domain/nowhere'];
    writeFileSync(program, wanted.map((name) => `require("../../../runtime/${name}");`).join(''));
    findMovedFiles(folder);
    const found = [...readFileSync(program, 'utf8').matchAll(/"([^"]+)"/g)].map(([, name]) => name);
    expect(found).toEqual([
      join(folder, 'runtime/adapters/postgres/append.js'),
      join(folder, 'runtime/domain/digests.js'),
      '../../../runtime/domain/nowhere',
    ]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

import { fullVerificationCost, type FullVerificationLoad } from '../../../runtime/cost/full-verification';
import { LIST_PRICES } from '../../../runtime/cost/prices';
import { runCli } from '../../support/run-cli';

const LOAD: FullVerificationLoad = {
  events: 1e9,
  tasks: 16,
  taskRate: 500_000,
  databaseRate: null,
  architecture: 'arm64',
  vcpu: 1,
  memoryGb: 2,
};
const cost = (load: Partial<FullVerificationLoad> = {}) =>
  fullVerificationCost({ ...LOAD, ...load }, LIST_PRICES);

test('reading takes the events divided by what all tasks read, besides starts, plan and merge', () => {
  expect(cost().seconds).toBe(1e9 / (16 * 500_000) + 3 * 60 + 2 * 30);
  expect(cost({ tasks: 1 }).seconds).toBe(2_000 + 240);
});

test('tasks are billed for what they run, and the machine for its transitions', () => {
  const hours = (2 * 90 + 16 * (60 + 125)) / 3_600;
  expect(cost().usd).toBeCloseTo(hours * (0.03238 + 2 * 0.00356) + (7 + 4 * 16) * 0.000025, 10);
  expect(cost({ architecture: 'x86_64' }).usd).toBeGreaterThan(cost().usd);
});

test('more tasks than the database can serve wait, and cost', () => {
  const limited = cost({ databaseRate: 2_000_000 });
  expect(limited).toMatchObject({ databaseIsLimit: true, seconds: 500 + 240 });
  expect(limited.usd).toBeGreaterThan(cost({ tasks: 4 }).usd);
  expect(cost({ tasks: 4, databaseRate: 2_000_000 }).databaseIsLimit).toBe(false);
});

const run = (args: string) => runCli(['cost', '--full-verification', ...args.split(' ')]);

test('the table is printed without bucket, database or keys', async () => {
  const { exitCode, stdout, stderr } = await run(
    '--rate 700000 --events 1e9,25000 --tasks 1,16 --database-rate 1e6',
  );
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  const [titles, first, second] = stdout.split('\n');
  expect(titles).toMatch(/^events +1 task +16 tasks$/);
  expect(first).toMatch(/^10\^9 +27 min 48 s, 0\.02 USD +20 min 40 s, 0\.19 USD \*$/);
  expect(second).toMatch(/^25,000 +4 min, <0\.01 USD +4 min, 0\.01 USD \*$/);
  expect(stdout).toContain('* read at 1,000,000 events per second');
});

test('the same as a document', async () => {
  const { document } = await runCli(['cost', '--full-verification', '--rate', '700000', '--json']);
  const rows = document['rows'] as { events: number; byTasks: { tasks: number }[] }[];
  expect(rows.map(({ events }) => events)).toEqual([1e8, 1e9, 1e10]);
  expect(rows[0]?.byTasks.map(({ tasks }) => tasks)).toEqual([1, 4, 16, 64]);
});

test.each([
  ['--events 1e9', 'npm run bench -- --only merkle prints them, in a checkout of the sources'],
  ['--rate 0', '--rate: found "0", allowed a whole number of events per second from 1'],
  [
    '--rate 1 --tasks 4,x',
    '--tasks: found "x", allowed separated by commas: a whole number of tasks from 1 to 256',
  ],
  ['--rate 1 --events 1.5e9', '--events: found "1.5e9"'],
  ['--rate 1 --events 1e14', '--events: found "1e14"'],
  ['--rate 1 --database-rate -1', '--database-rate: found "-1"'],
])('%s is refused', async (args, message) => {
  const { exitCode, stderr } = await run(args);
  expect(exitCode).toBe(2);
  expect(stderr).toContain(message);
});

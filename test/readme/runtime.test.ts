import { parseCommandLine } from '../../runtime/cli/program';
import { DEFAULTS, ENV, EXIT } from '../../runtime/contract';
import { FINDINGS } from '../../runtime/domain/findings/finding';
import { codeBlocks, compileExample, README, readText, tableRows } from './readme';

const SCRIPTS = Object.keys(
  (JSON.parse(readText('package.json')) as { scripts: Record<string, string> }).scripts,
);

function help(...args: string[]): string {
  let text = '';
  const output = { out: (part: string) => (text += part), err: (part: string) => (text += part) };
  expect(parseCommandLine([...args, '--help'], output)).toBeNull();
  return text;
}

test('the configuration table lists exactly the settings of the contract', () => {
  const documented = tableRows('## Configuration').map(([name]) => name);
  expect(documented.sort()).toEqual(Object.values(ENV).sort());
});

test('the defaults in the table are those of the contract', () => {
  const table = new Map(tableRows('## Configuration').map(([name, value]) => [name, value]));
  for (const key of Object.keys(DEFAULTS) as (keyof typeof DEFAULTS)[]) {
    expect([key, table.get(ENV[key])]).toEqual([key, String(DEFAULTS[key])]);
  }
});

test('the command table lists exactly the commands there are', () => {
  const documented = tableRows('## Use it').flatMap(([command]) =>
    (command ?? '').split(', ').map((name) => name.split(' ')[0]),
  );
  const commands = [...help().matchAll(/^ {2}([a-z]+)\s+(?:\[options\]\s+)?\S/gm)].map(([, name]) => name);
  const known = commands.filter((name) => name !== 'help' && name !== 'audit');
  expect(documented.length).toBeGreaterThan(7);
  expect([...new Set(documented)].sort()).toEqual([...new Set(known)].sort());
});

test('options named for a command exist', () => {
  for (const [command = '', text = ''] of tableRows('## Use it')) {
    const [name = ''] = command.split(' ');
    for (const [option] of text.matchAll(/--[a-z-]+/g)) expect(help(name)).toContain(option);
  }
});

test('the exit codes are those of the contract', () => {
  expect(tableRows('### Exit codes').map(([code]) => Number(code))).toEqual(Object.values(EXIT));
});

test('every code in the troubleshooting table exists', () => {
  const known = Object.keys(FINDINGS).join(' ') + readText('runtime/errors.ts');
  const codes = tableRows('## Troubleshooting').map(([code]) => code ?? '');
  expect(codes.length).toBeGreaterThan(8);
  expect(codes.filter((code) => !new RegExp(`\\b${code}\\b`).test(known))).toEqual([]);
});

test('every npm script it names exists', () => {
  const named = [...(README + readText('CONTRIBUTING.md')).matchAll(/npm run ([a-z:-]+)/g)].map(
    ([, name]) => name,
  );
  expect(named.length).toBeGreaterThan(3);
  expect(named.filter((name) => !SCRIPTS.includes(name ?? ''))).toEqual([]);
});

test('.ci/run calls the test command of the README', () => {
  expect(codeBlocks('sh')).toContain('npm ci && npm test\n');
  expect(readText('.ci/run')).toContain('npm ci && npm test\n');
});

test('the example of the library compiles', () => {
  const example = codeBlocks('ts').find((code) => code.includes('appendEvents')) ?? '';
  expect(example).not.toBe('');
  expect(compileExample(example, `declare const client: import('pg').Client;`)).toEqual([]);
  expect(
    compileExample(example.replace('chainId', 'chain'), `declare const client: import('pg').Client;`),
  ).not.toEqual([]);
}, 60_000);

test('the example of the verifier compiles', () => {
  const example = codeBlocks('ts').find((code) => code.includes('new Verifier')) ?? '';
  expect(example).not.toBe('');
  expect(compileExample(example, '')).toEqual([]);
  expect(compileExample(example.replace('retentionDays:', 'retention:'), '')).not.toEqual([]);
}, 60_000);

test('the example of the writer compiles', () => {
  const example = codeBlocks('ts').find((code) => code.includes('ChainWriter')) ?? '';
  expect(example).not.toBe('');
  expect(compileExample(example, '')).toEqual([]);
  expect(compileExample(example.replace('chainId', 'chain'), '')).not.toEqual([]);
}, 60_000);

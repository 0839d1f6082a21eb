import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { parseCommandLine } from '../runtime/cli/program';
import { DEFAULTS, ENV, EXIT } from '../runtime/contract';
import { FINDINGS } from '../runtime/domain/findings/finding';

const ROOT = join(__dirname, '..');
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');
const README = read('README.md');
const SCRIPTS = Object.keys(
  (JSON.parse(read('package.json')) as { scripts: Record<string, string> }).scripts,
);

/** First cells of the rows of the table under a heading, without back-ticks. */
function rows(heading: string): string[][] {
  const section = README.split(`\n${heading}\n`)[1]?.split(/\n#{2,3} /)[0] ?? '';
  const lines = section.split('\n').filter((line) => line.startsWith('|') && !/^\| -|^\| ?:?-/.test(line));
  return lines.slice(1).map((line) =>
    line
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll('`', '')),
  );
}

function help(...args: string[]): string {
  let text = '';
  const output = { out: (part: string) => (text += part), err: (part: string) => (text += part) };
  expect(
    parseCommandLine([...args, '--help'], output, () => Promise.reject(new Error('not run'))),
  ).toBeNull();
  return text;
}

test('the configuration table lists exactly the settings of the contract', () => {
  const documented = rows('## Configuration').map(([name]) => name);
  expect(documented.sort()).toEqual(Object.values(ENV).sort());
});

test('the defaults in the table are those of the contract', () => {
  const table = new Map(rows('## Configuration').map(([name, value]) => [name, value]));
  for (const key of Object.keys(DEFAULTS) as (keyof typeof DEFAULTS)[]) {
    expect([key, table.get(ENV[key])]).toEqual([key, String(DEFAULTS[key])]);
  }
});

test('the command table lists exactly the commands there are', () => {
  const documented = rows('## Use it').flatMap(([command]) =>
    (command ?? '').split(', ').map((name) => name.split(' ')[0]),
  );
  const commands = [...help().matchAll(/^ {2}([a-z]+)\s+(?:\[options\]\s+)?\S/gm)].map(([, name]) => name);
  const known = commands.filter((name) => name !== 'help' && name !== 'audit');
  expect([...new Set(documented)].sort()).toEqual([...new Set(known)].sort());
});

test('options named for a command exist', () => {
  for (const [command = '', text = ''] of rows('## Use it')) {
    const [name = ''] = command.split(' ');
    for (const [option] of text.matchAll(/--[a-z-]+/g)) expect(help(name)).toContain(option);
  }
});

test('the exit codes are those of the contract', () => {
  expect(rows('### Exit codes').map(([code]) => Number(code))).toEqual(Object.values(EXIT));
});

test('every code in the troubleshooting table exists', () => {
  const known = Object.keys(FINDINGS).join(' ') + read('runtime/errors.ts');
  const codes = rows('## Troubleshooting').map(([code]) => code ?? '');
  expect(codes.length).toBeGreaterThan(8);
  expect(codes.filter((code) => !new RegExp(`\\b${code}\\b`).test(known))).toEqual([]);
});

test('every npm script it names exists', () => {
  const named = [...(README + read('CONTRIBUTING.md')).matchAll(/npm run ([a-z:]+)/g)].map(
    ([, name]) => name,
  );
  expect(named.length).toBeGreaterThan(3);
  expect(named.filter((name) => !SCRIPTS.includes(name ?? ''))).toEqual([]);
});

test('.ci/run calls the test command of the README', () => {
  const command = /```sh\n(npm ci && npm test)\n```/.exec(README)?.[1] ?? 'none';
  expect(read('.ci/run')).toContain(command);
});

test('the TypeScript example compiles against the library', () => {
  const example = /```ts\n([\s\S]*?)```/.exec(README)?.[1] ?? '';
  const file = join(ROOT, 'readme-example.ts');
  const source = `import type { Client } from 'pg';\ndeclare const client: Client;\nexport async function example() {\n${example.replace(/^import .*$/gm, '')}\n}\n`;
  const imports = [...example.matchAll(/^import .*$/gm)].map(([line]) =>
    line.replace('cdktf-audit-anchor', './runtime/index'),
  );
  const text = [...imports, source].join('\n');
  const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.json'), (path) => ts.sys.readFile(path)) as {
    config: object;
  };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, ROOT);
  const host = ts.createCompilerHost({ ...options, noEmit: true });
  const getSourceFile = host.getSourceFile.bind(host);
  host.getSourceFile = (name, version, ...rest) =>
    name === file ? ts.createSourceFile(name, text, version) : getSourceFile(name, version, ...rest);
  const fileExists = host.fileExists.bind(host);
  host.fileExists = (name) => name === file || fileExists(name);
  const program = ts.createProgram([file], { ...options, noEmit: true }, host);
  const main = program.getSourceFile(file);
  const faults = [...program.getSyntacticDiagnostics(main), ...program.getSemanticDiagnostics(main)];
  expect(example).toContain('appendEvents');
  expect(faults.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))).toEqual([]);
}, 30_000);

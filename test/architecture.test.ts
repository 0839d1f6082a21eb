import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

/**
 * Which part may import which. A part is the longest of these paths that a file lies below; whatever is not
 * listed is forbidden.
 */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  main: ['constructs/index'],
  'constructs/index': [
    'constructs/access',
    'constructs/audit-anchoring',
    'constructs/audit-anchoring-props',
    'constructs/compute',
    'constructs/errors',
    'constructs/monitoring',
    'constructs/replication',
    'constructs/stack',
    'constructs/storage',
    'constructs/tags',
    'constructs/validation',
  ],
  'constructs/environment': ['constructs/validation'],
  'constructs/errors': [],
  'constructs/tags': [],
  'constructs/guard': [],
  'constructs/validation': ['constructs/errors'],
  'constructs/storage': [
    'constructs/errors',
    'constructs/guard',
    'constructs/tags',
    'constructs/validation',
    'runtime/contract',
  ],
  'constructs/access': [
    'constructs/errors',
    'constructs/guard',
    'constructs/storage',
    'constructs/tags',
    'constructs/validation',
    'runtime/contract',
  ],
  'constructs/replication': [
    'constructs/access',
    'constructs/errors',
    'constructs/guard',
    'constructs/storage',
    'constructs/tags',
    'constructs/validation',
  ],
  'constructs/monitoring': [
    'constructs/access',
    'constructs/environment',
    'constructs/guard',
    'constructs/replication',
    'constructs/storage',
    'constructs/tags',
    'constructs/validation',
    'runtime/contract',
  ],
  'constructs/compute': [
    'constructs/access',
    'constructs/environment',
    'constructs/guard',
    'constructs/monitoring',
    'constructs/storage',
    'constructs/tags',
    'constructs/validation',
    'runtime/contract',
  ],
  'constructs/audit-anchoring': [
    'constructs/access',
    'constructs/audit-anchoring-props',
    'constructs/compute',
    'constructs/monitoring',
    'constructs/replication',
    'constructs/storage',
    'constructs/validation',
  ],
  'constructs/audit-anchoring-props': [
    'constructs/access',
    'constructs/compute',
    'constructs/environment',
    'constructs/monitoring',
    'constructs/storage',
    'constructs/tags',
    'constructs/validation',
  ],
  'constructs/stack': [
    'constructs/access',
    'constructs/audit-anchoring',
    'constructs/audit-anchoring-props',
    'constructs/compute',
    'constructs/environment',
    'constructs/errors',
    'constructs/guard',
    'constructs/monitoring',
    'constructs/storage',
    'constructs/validation',
    'runtime/contract',
  ],
  'runtime/contract': [],
  'runtime/errors': [],
  'runtime/printable': [],
  'runtime/config-faults': ['runtime/errors', 'runtime/printable'],
  'runtime/domain': ['runtime/contract', 'runtime/errors'],
  'runtime/application': ['runtime/contract', 'runtime/domain', 'runtime/errors', 'runtime/printable'],
  'runtime/adapters': [
    'runtime/application',
    'runtime/config-faults',
    'runtime/contract',
    'runtime/domain',
    'runtime/errors',
    'runtime/printable',
  ],
  'runtime/config': [
    'runtime/adapters/keys',
    'runtime/config-faults',
    'runtime/contract',
    'runtime/domain',
    'runtime/errors',
    'runtime/printable',
  ],
  'runtime/terminal': [],
  'runtime/cost': ['runtime/config-faults', 'runtime/contract', 'runtime/errors', 'runtime/terminal'],
  'runtime/report': ['runtime/domain', 'runtime/printable', 'runtime/terminal'],
  'runtime/commands': [
    'runtime/application',
    'runtime/config-faults',
    'runtime/contract',
    'runtime/cost',
    'runtime/domain',
    'runtime/errors',
    'runtime/printable',
    'runtime/report',
    'runtime/terminal',
  ],
  'runtime/embedded': ['runtime/errors'],
  'runtime/composition': [
    'runtime/adapters',
    'runtime/application',
    'runtime/config',
    'runtime/contract',
    'runtime/domain',
    'runtime/errors',
  ],
  'runtime/demo': [
    'runtime/adapters',
    'runtime/application',
    'runtime/cli',
    'runtime/commands',
    'runtime/composition',
    'runtime/contract',
    'runtime/domain',
    'runtime/embedded',
    'runtime/errors',
    'runtime/report',
    'runtime/terminal',
  ],
  'runtime/cli': [
    'runtime/adapters',
    'runtime/application',
    'runtime/commands',
    'runtime/composition',
    'runtime/contract',
    'runtime/cost',
    'runtime/demo',
    'runtime/domain',
    'runtime/errors',
    'runtime/printable',
    'runtime/terminal',
  ],
  'runtime/index': [
    'runtime/adapters',
    'runtime/application',
    'runtime/cost',
    'runtime/domain',
    'runtime/errors',
  ],
};

/** Arrows that would be allowed between rooms of one part, or into one, and are not. */
const CLOSED: readonly (readonly [from: string, to: string])[] = [
  ['constructs/compute/platform', 'constructs/compute/tasks'],
  ['constructs/compute/platform', 'constructs/compute/full-verification'],
  ['constructs/compute/tasks', 'constructs/compute/full-verification'],
  ['runtime/adapters/postgres/append', 'runtime/adapters/postgres/read'],
  ['runtime/adapters/postgres/read', 'runtime/adapters/postgres/append'],
  ['runtime/commands', 'runtime/domain/sharding'],
];

/** Packages a part may use besides its own files; Node.js itself is always allowed except in the pure parts. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  main: ['cdktf'],
  constructs: ['@cdktf/provider-aws', '@cdktf/provider-random', 'cdktf', 'constructs'],
  'runtime/domain': [],
  'runtime/application': [],
  'runtime/adapters': ['@aws-sdk/client-s3', 'hpagent', 'pg', 'pg-copy-streams', 'pino', 'proxy-from-env'],
  'runtime/config': [],
  'runtime/terminal': ['picocolors'],
  'runtime/embedded': ['fast-xml-parser', 'pg'],
  'runtime/demo': ['@aws-sdk/client-s3'],
  'runtime/cli': ['commander'],
};

/** The pure core: no file, network, clock or dice. */
const PURE = ['runtime/domain', 'runtime/application', 'runtime/cost', 'runtime/report'];
const PURE_BUILTINS = ['node:crypto', 'node:buffer'];
const CLOCKS_AND_DICE =
  /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bprocess\.|\bsetTimeout\(|\bsetInterval\(/;

const ROOT = resolve(__dirname, '..');
const IMPORT =
  /^\s*(?:import|export)\b[^'"]*?\bfrom\s+['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)|^\s*import\s+['"]([^'"]+)['"]/gm;

interface Import {
  readonly file: string;
  readonly specifier: string;
  /** Repository path without extension, null for a package. */
  readonly target: string | null;
}

function sources(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((name) => name.endsWith('.ts') && !name.includes('/assembly/'));
}

const FILES = ['main.ts', ...sources('constructs'), ...sources('runtime')];
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

function importsOf(file: string): Import[] {
  return [...read(file).matchAll(IMPORT)].map((match) => {
    const specifier = match[1] ?? match[2] ?? match[3] ?? '';
    const target = specifier.startsWith('.') ? relative(ROOT, resolve(ROOT, dirname(file), specifier)) : null;
    return { file, specifier, target };
  });
}

const IMPORTS = FILES.flatMap(importsOf);

function inside(path: string, part: string): boolean {
  return path === part || path === `${part}.ts` || path.startsWith(`${part}/`);
}

function partOf(path: string): string {
  const part = Object.keys(ARROWS)
    .filter((candidate) => inside(path, candidate))
    .sort((a, b) => b.length - a.length)[0];
  if (!part) throw new Error(`${path} lies in no part of the architecture; add an arrow or move it`);
  return part;
}

test('every file lies in a part, and the scan sees them all', () => {
  expect(FILES.length).toBeGreaterThan(100);
  expect(IMPORTS.length).toBeGreaterThan(300);
  expect(() => FILES.map(partOf)).not.toThrow();
});

test('imports follow the arrows', () => {
  const forbidden = IMPORTS.filter(({ file, target }) => {
    if (target === null) return false;
    const from = partOf(file);
    return !inside(target, from) && !(ARROWS[from] ?? []).some((part) => inside(target, part));
  });
  expect(forbidden.map(({ file, specifier }) => `${file} -> ${specifier}`)).toEqual([]);
});

test('what only an arrow to a whole part would allow stays closed', () => {
  const isClosed = (file: string, target: string | null): boolean =>
    target !== null && CLOSED.some(([from, to]) => inside(file, from) && inside(target, to));
  expect(CLOSED.flat().filter((room) => !FILES.some((file) => inside(file, room)))).toEqual([]);
  expect(IMPORTS.filter(({ file, target }) => isClosed(file, target))).toEqual([]);
});

test('files of postgres/ itself do not depend on its rooms', () => {
  const shared = IMPORTS.filter(({ file }) => dirname(file) === 'runtime/adapters/postgres');
  expect(shared.length).toBeGreaterThan(20);
  expect(shared.filter(({ target }) => /postgres\/(?:append|read)\//.test(target ?? ''))).toEqual([]);
});

test('each part uses only its own packages, and the runtime nothing of cdktf', () => {
  const forbidden = IMPORTS.filter(({ file, target, specifier }) => {
    if (target !== null || specifier.startsWith('node:')) return false;
    const allowed = Object.entries(PACKAGES).flatMap(([part, names]) => (inside(file, part) ? names : []));
    return !allowed.some((name) => specifier === name || specifier.startsWith(`${name}/`));
  });
  expect(forbidden.map(({ file, specifier }) => `${file} -> ${specifier}`)).toEqual([]);
});

test('no file loads a whole provider, which takes seconds and hundreds of megabytes', () => {
  const barrels = IMPORTS.filter(({ specifier }) => /^@cdktf\/provider-[a-z]+$/.test(specifier));
  expect(barrels.map(({ file }) => file)).toEqual([]);
});

test('the core is pure', () => {
  const core = FILES.filter((file) => PURE.some((part) => inside(file, part)));
  const impure = IMPORTS.filter(
    ({ file, specifier }) =>
      core.includes(file) && specifier.startsWith('node:') && !PURE_BUILTINS.includes(specifier),
  );
  expect(impure.map(({ file, specifier }) => `${file} -> ${specifier}`)).toEqual([]);
  expect(core.filter((file) => CLOCKS_AND_DICE.test(read(file)))).toEqual([]);
});

test('inner files do not import an index', () => {
  const importers = IMPORTS.filter(({ target }) => target?.endsWith('/index')).map(({ file }) => file);
  expect(importers.filter((file) => file !== 'main.ts')).toEqual([]);
});

test('there are no cycles between files', () => {
  const edges = new Map(FILES.map((file) => [file.replace(/\.ts$/, ''), [] as string[]]));
  for (const { file, target } of IMPORTS)
    if (target !== null) edges.get(file.replace(/\.ts$/, ''))?.push(target);
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) cycles.push([...path.slice(path.indexOf(file)), file].join(' -> '));
    if (done.has(file) || path.includes(file)) return;
    edges.get(file)?.forEach((next) => visit(next, [...path, file]));
    done.add(file);
  };
  [...edges.keys()].forEach((file) => visit(file, []));
  expect(cycles).toEqual([]);
});

test('no file is a drawer for odds and ends, and none is a novel', () => {
  const drawers = FILES.filter((file) => /(?:^|\/)(?:utils?|helpers?|managers?|common|misc)\.ts$/.test(file));
  expect(drawers).toEqual([]);
  const novels = FILES.filter((file) => !file.endsWith('.wasm.ts') && read(file).split('\n').length > 320);
  expect(novels).toEqual([]);
});

test('production code does not import tests', () => {
  expect(IMPORTS.filter(({ target }) => target?.startsWith('test/'))).toEqual([]);
});

/** Makes the program one file that runs wherever Node.js does, and the licences of what went into it. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const PROGRAM = 'audit-anchor.cjs';
const NOTICES = 'THIRD-PARTY-NOTICES.txt';
const LICENCE_FILE = /^(?:licen[cs]e|notice|copying)(?:[.-].*)?$/i;
const RULE = '-'.repeat(80);
const HELP = `Usage: npm run bundle -- [--out FOLDER]

Makes the program one file that runs wherever Node.js does, and the licences of what went into it.

  --out FOLDER   where both are written, which is made when it is not there (default: bundle)
  -h, --help     show this

Exit codes: 0 done, 2 the arguments have to change.
`;

/** The demo starts servers that are no part of the product; its place is taken by a file that says so. */
const withoutDemo = {
  name: 'without-demo',
  setup({ onResolve }) {
    onResolve({ filter: /\/demo\/demo$/ }, () => ({ path: join(ROOT, 'runtime/demo/not-bundled.ts') }));
  },
};

/** Folders of the packages that files of the bundle come from. */
function packageFolders(inputs) {
  const folders = new Set();
  for (const input of inputs) {
    const [, folder] = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input) ?? [];
    if (folder !== undefined) folders.add(join(ROOT, folder));
  }
  return [...folders];
}

/** Name, version, licence and, where the package brings them, the licence texts. */
function noticeOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  if (typeof license !== 'string') throw new Error(`${name}@${version} names no licence in its package.json`);
  const texts = readdirSync(folder)
    .filter((file) => LICENCE_FILE.test(file))
    .sort()
    .map((file) => readFileSync(join(folder, file), 'utf8').trim());
  return { title: `${name}@${version} (${license})`, texts };
}

function noticesOf(folders) {
  const byText = new Map();
  for (const { title, texts } of folders.map(noticeOf)) {
    const text = texts.join('\n\n') || 'The package brings no text of its licence.';
    byText.set(text, [...(byText.get(text) ?? []), title]);
  }
  const parts = [...byText].map(([text, titles]) => ({ titles: titles.sort(), text }));
  parts.sort((a, b) => (a.titles[0] < b.titles[0] ? -1 : 1));
  const head = `${PROGRAM} contains these packages, each under its own licence.`;
  return [head, ...parts.map(({ titles, text }) => `${titles.join('\n')}\n\n${text}`)].join(
    `\n\n${RULE}\n\n`,
  );
}

/**
 * Writes program and notices into `folder`.
 * @returns the path of the program, its size in bytes, and the packages that it contains
 */
export async function bundle(folder) {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const program = join(folder, PROGRAM);
  mkdirSync(folder, { recursive: true });
  const { metafile, warnings } = await build({
    absWorkingDir: ROOT,
    entryPoints: ['runtime/cli.ts'],
    outfile: program,
    bundle: true,
    platform: 'node',
    target: 'node20.19',
    format: 'cjs',
    minify: true,
    // The stack of a defect should name what failed.
    keepNames: true,
    legalComments: 'none',
    define: { BUNDLED_VERSION: JSON.stringify(version) },
    plugins: [withoutDemo],
    metafile: true,
    logLevel: 'warning',
  });
  if (warnings.length > 0) throw new Error('the bundler had warnings; the bundle is not to be trusted');
  const folders = packageFolders(Object.keys(metafile.inputs));
  writeFileSync(join(folder, NOTICES), `${noticesOf(folders)}\n`);
  const [output] = Object.values(metafile.outputs);
  return { program, bytes: output.bytes, packages: folders.length };
}

/** Values of the options; null, and said, when they are wrong. */
function readOptions() {
  try {
    const out = { type: 'string', default: join(ROOT, 'bundle') };
    return parseArgs({ options: { out, help: { type: 'boolean', short: 'h', default: false } } }).values;
  } catch (error) {
    process.stderr.write(`error: ${error.message}\n  See npm run bundle -- --help\n`);
    process.exitCode = 2;
    return null;
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const options = readOptions();
  if (options?.help) process.stdout.write(HELP);
  else if (options) {
    const { program, bytes, packages } = await bundle(resolve(options.out));
    process.stdout.write(`${program}: ${Math.ceil(bytes / 1024)} KiB, ${packages} packages\n`);
  }
}

// Compiles sha256-simd.ts into ../sha256-simd.wasm.ts.
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import asc from 'assemblyscript/asc';

const ENTRY = 'sha256-simd.ts';
const OUTPUT = new URL('../sha256-simd.wasm.ts', import.meta.url);
const LINE_LENGTH = 100;
const HELP = `Usage: npm run build:wasm -- [--print]

Compiles assembly/${ENTRY} into the WebAssembly module that hashes events.

  --print      write the module to standard output instead of runtime/adapters/digests/sha256-simd.wasm.ts
  -h, --help   show this

Exit codes: 0 done, 2 the arguments have to change.
`;

/** The bytes of the module. Nothing is written to disk. */
async function compile() {
  let wasm;
  const { error, stderr } = await asc.main(
    [ENTRY, '--outFile', 'sha256-simd.wasm', '--optimizeLevel', '3', '--converge', '--noAssert']
      .concat(['--runtime', 'stub', '--enable', 'simd', '--initialMemory', '1'])
      .concat(['--use', 'abort=']),
    {
      readFile: (name) =>
        readFile(fileURLToPath(new URL(name, import.meta.url)), 'utf8').catch((cause) => {
          // The compiler probes for files and expects null for the ones that are not there.
          if (cause.code === 'ENOENT') return null;
          throw cause;
        }),
      writeFile: (_name, contents) => {
        wasm = contents;
      },
      listFiles: () => [],
    },
  );
  if (error) throw new Error(`${ENTRY} does not compile\n${stderr.toString()}`, { cause: error });
  return wasm;
}

function render(wasm) {
  const lines = Buffer.from(wasm)
    .toString('base64')
    .match(new RegExp(`.{1,${LINE_LENGTH}}`, 'g'));
  return `/**
 * Generated from assembly/${ENTRY}, do not edit. To make it again:
 *
 *     node runtime/adapters/digests/assembly/build.mjs
 */

/** Base64 of the WebAssembly module; the line breaks are not part of it. */
export const SHA256_SIMD_WASM = \`
${lines.join('\n')}
\`;
`;
}

/** Values of the options; null, and said, when they are wrong. */
function readOptions() {
  const flag = { type: 'boolean', default: false };
  try {
    return parseArgs({ options: { print: flag, help: { ...flag, short: 'h' } } }).values;
  } catch (error) {
    process.stderr.write(`error: ${error.message}\n  See npm run build:wasm -- --help\n`);
    process.exitCode = 2;
    return null;
  }
}

const options = readOptions();
if (options?.help) process.stdout.write(HELP);
else if (options) {
  const source = render(await compile());
  if (options.print) process.stdout.write(source);
  else await writeFile(OUTPUT, source);
}

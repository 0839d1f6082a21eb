// Compiles sha256-simd.ts into ../sha256-simd.wasm.ts; with --print, to standard output instead.
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const ENTRY = 'sha256-simd.ts';
const OUTPUT = new URL('../sha256-simd.wasm.ts', import.meta.url);
const LINE_LENGTH = 100;

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

const source = render(await compile());
if (process.argv.includes('--print')) process.stdout.write(source);
else await writeFile(OUTPUT, source);

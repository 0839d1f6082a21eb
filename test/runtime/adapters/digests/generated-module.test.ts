import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';

const folder = path.join(__dirname, '../../../../runtime/adapters/digests');

describe('sha256-simd.wasm.ts', () => {
  it('is what the compiler makes of the sources', () => {
    const made = execFileSync(process.execPath, [path.join(folder, 'assembly/build.mjs'), '--print'], {
      encoding: 'utf8',
    });
    expect(made).toMatch(/^[A-Za-z0-9+/]{100}$/m);
    expect(readFileSync(path.join(folder, 'sha256-simd.wasm.ts'), 'utf8')).toBe(made);
  }, 60_000);
});

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Put in by the bundler: a lone file has no package.json, or lies below that of another program. */
declare const BUNDLED_VERSION: string | undefined;

/** Version of the package this file belongs to, from the nearest package.json above it. */
export function packageVersion(from = __dirname): string {
  if (typeof BUNDLED_VERSION === 'string') return BUNDLED_VERSION;
  const file = join(from, 'package.json');
  if (existsSync(file)) return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
  const parent = dirname(from);
  return parent === from ? 'unknown' : packageVersion(parent);
}

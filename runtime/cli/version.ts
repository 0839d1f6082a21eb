import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Version of the package this file belongs to, from the nearest package.json above it. */
export function packageVersion(from = __dirname): string {
  const file = join(from, 'package.json');
  if (existsSync(file)) return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
  const parent = dirname(from);
  return parent === from ? 'unknown' : packageVersion(parent);
}

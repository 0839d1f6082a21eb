import type { ReportPlace } from '../application/shards/report-store';
import { ConfigError } from '../errors';
import { printable } from '../printable';

/** Where plans and reports are: one file, or a place for all of them. */
export type ReportLocation = { readonly kind: 'file'; readonly path: string } | ReportPlace;

const S3_URL = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/;
/** Characters of keys that need no quoting anywhere; 900 leaves room for the names below. */
const PREFIX = /^[\w!.*'()/=+@:-]{0,900}$/;

/**
 * Reads a location: `s3://BUCKET/PREFIX/`, a folder that ends in "/", or a file.
 * @throws ConfigError `USAGE`
 */
export function parseLocation(option: string, text: string): ReportLocation {
  if (!text.startsWith('s3:'))
    return text.endsWith('/') ? { kind: 'folder', path: text } : { kind: 'file', path: text };
  const [, bucket, prefix = ''] = S3_URL.exec(text) ?? [];
  if (bucket === undefined || !PREFIX.test(prefix)) {
    throw new ConfigError(
      'USAGE',
      `${option}: found ${printable(JSON.stringify(text.slice(0, 64)))}, allowed s3://BUCKET/PREFIX/, a folder ending in "/", or a file`,
      { hint: 'See audit-anchor verify --help' },
    );
  }
  return { kind: 'bucket', bucket, prefix: prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/` };
}

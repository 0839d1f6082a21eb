import type { TextRule } from '../validation';

const RESERVED_START = ['xn--', 'sthree-', 'amzn-s3-demo-'];
const RESERVED_END = ['-s3alias', '--ol-s3', '--x-s3', '--table-s3'];

/** Hyphen and eight hex digits of a four-byte `random_id`. */
const SUFFIX_LENGTH = 9;
const MAX_LENGTH = 63;

/** Dots are allowed by S3 but break TLS for virtual-hosted names, and the bucket policy demands TLS. */
export const BUCKET_NAME: TextRule = {
  test: (name) =>
    /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/.test(name) &&
    !RESERVED_START.some((start) => name.startsWith(start)) &&
    !RESERVED_END.some((end) => name.endsWith(end)),
  allowed: `3 to ${MAX_LENGTH} of a-z, 0-9 and "-", beginning and ending with a letter or digit, without the starts and ends that S3 reserves`,
};

/** What may stand before the random suffix. */
export const BUCKET_NAME_PREFIX: TextRule = {
  test: (prefix) =>
    /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(prefix) &&
    prefix.length <= MAX_LENGTH - SUFFIX_LENGTH &&
    !RESERVED_START.some((start) => prefix.startsWith(start)),
  allowed: `1 to ${MAX_LENGTH - SUFFIX_LENGTH} of a-z, 0-9 and "-", beginning and ending with a letter or digit (a hyphen and 8 hex digits follow)`,
};

import type { Exchange } from '../exchange';
import { header } from '../http/request';
import { invalidArgument } from '../s3-error';

/** S3 gives at most this many entries in one page, whatever is asked for. */
const MAX_PAGE = 1_000;

/** What all listings take. */
export interface ListQuery {
  readonly prefix: string;
  readonly delimiter: string;
  readonly maxKeys: number;
  /** Encodes a key or prefix for the answer, as `encoding-type` asks. */
  readonly encode: (text: string) => string;
  /** `url` or undefined. */
  readonly encodingType: string | undefined;
}

/** @throws S3Error InvalidArgument */
export function readListQuery({ headers, query }: Exchange): ListQuery {
  // Nothing here is ever restored, so no entry has a RestoreStatus to show.
  const optional = header(headers, 'x-amz-optional-object-attributes') ?? 'RestoreStatus';
  if (optional !== 'RestoreStatus') {
    throw invalidArgument('x-amz-optional-object-attributes', optional, 'Invalid attribute name specified');
  }
  const encodingType = query.get('encoding-type') ?? undefined;
  if (encodingType !== undefined && encodingType !== 'url') {
    throw invalidArgument('encoding-type', encodingType, 'Invalid Encoding Method specified in Request');
  }
  return {
    prefix: query.get('prefix') ?? '',
    delimiter: query.get('delimiter') ?? '',
    maxKeys: readMaxKeys(query.get('max-keys')),
    encode: encodingType === undefined ? (text) => text : encodeUrl,
    encodingType,
  };
}

function readMaxKeys(text: string | null): number {
  if (text === null || text === '') return MAX_PAGE;
  if (!/^-?\d+$/.test(text)) {
    throw invalidArgument('max-keys', text, 'Provided max-keys not an integer or within integer range');
  }
  const value = Number(text);
  if (value < 0 || value > 2_147_483_647) {
    throw invalidArgument('max-keys', text, 'Argument maxKeys must be an integer between 0 and 2147483647');
  }
  return Math.min(value, MAX_PAGE);
}

function encodeUrl(text: string): string {
  // A lone surrogate has no UTF-8 form; it cannot come in through a URL either.
  return encodeURIComponent(text)
    .replaceAll('%2F', '/')
    .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

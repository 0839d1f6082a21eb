import { S3Error } from '../s3-error';

export interface ByteRange {
  readonly start: number;
  readonly length: number;
  /** Value of the Content-Range header. */
  readonly contentRange: string;
}

/**
 * Reads a Range header. Several ranges, and what cannot be read, are ignored, as RFC 9110 allows.
 * @returns null for the whole object
 * @throws S3Error InvalidRange when it lies outside the object
 */
export function parseRange(text: string | undefined, size: number): ByteRange | null {
  const match = /^bytes=(\d*)-(\d*)$/.exec(text ?? '');
  if (match === null || (match[1] === '' && match[2] === '')) return null;
  const [first, last] = [match[1] ?? '', match[2] ?? ''];
  if (first !== '' && last !== '' && Number(last) < Number(first)) return null;
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (start >= size || end < start) {
    throw new S3Error('InvalidRange', 'The requested range is not satisfiable', {
      details: { RangeRequested: text ?? '', ActualObjectSize: String(size) },
      headers: { 'content-range': `bytes */${size}` },
    });
  }
  return { start, length: end - start + 1, contentRange: `bytes ${start}-${end}/${size}` };
}

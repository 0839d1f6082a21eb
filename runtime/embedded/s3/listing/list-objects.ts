import type { Operation, Services } from '../exchange';
import type { Exchange } from '../exchange';
import { xmlResponse } from '../http/response';
import type { XmlNode } from '../http/xml-writer';
import { bucketFor } from '../operations/access';
import { invalidArgument } from '../s3-error';
import type { VersionIndex } from '../store/version-index';
import { OWNER, commonPrefix, contentNodes, listedTime } from './entries';
import { readListQuery, type ListQuery } from './list-query';
import { takePage, walk, type Found, type Page } from './walk';

/** ListObjects, version 1: pages by Marker. */
export const listObjects: Operation = (exchange, services) => {
  const bucket = bucketFor(exchange, services, 's3:ListBucket');
  const query = readListQuery(exchange);
  const marker = exchange.query.get('marker') ?? '';
  const page = pageOf(services, bucket.name, query, marker || null);
  // Without a delimiter the client takes the last key as the next marker, and S3 does not repeat it.
  const next = page.truncated && query.delimiter !== '' ? nameOf(page.items.at(-1)) : null;
  return Promise.resolve(
    xmlResponse('ListBucketResult', [
      ...commonNodes(bucket.name, query, page),
      ['Marker', query.encode(marker)],
      ['NextMarker', next === null ? null : query.encode(next)],
      ...entries(services.store.index(bucket.name), page, query, true),
    ]),
  );
};

/** ListObjectsV2: pages by an opaque token, or from StartAfter. */
export const listObjectsV2: Operation = (exchange, services) => {
  const bucket = bucketFor(exchange, services, 's3:ListBucket');
  if (exchange.query.get('list-type') !== '2') {
    throw invalidArgument('list-type', exchange.query.get('list-type') ?? '', 'Invalid list-type specified');
  }
  const query = readListQuery(exchange);
  const token = exchange.query.get('continuation-token');
  const startAfter = exchange.query.get('start-after');
  // A token knows where it is; S3 then ignores StartAfter.
  const after = token === null ? startAfter || null : readToken(token);
  const page = pageOf(services, bucket.name, query, after);
  return Promise.resolve(
    xmlResponse('ListBucketResult', [
      ...commonNodes(bucket.name, query, page),
      ['KeyCount', page.items.length],
      ['ContinuationToken', token],
      ['NextContinuationToken', page.truncated ? writeToken(nameOf(page.items.at(-1))) : null],
      ['StartAfter', startAfter === null ? null : query.encode(startAfter)],
      ...entries(services.store.index(bucket.name), page, query, wantsOwner(exchange)),
    ]),
  );
};

function pageOf(services: Services, bucket: string, query: ListQuery, after: string | null): Page<Found> {
  const index = services.store.index(bucket);
  const isVisible = (key: string) => index.current(key) !== undefined;
  return takePage(walk(index.keys, { ...query, after }, isVisible), query.maxKeys);
}

function commonNodes(bucket: string, query: ListQuery, page: Page<Found>): XmlNode[] {
  return [
    ['Name', bucket],
    ['Prefix', query.encode(query.prefix)],
    ['MaxKeys', query.maxKeys],
    ['Delimiter', query.delimiter === '' ? null : query.encode(query.delimiter)],
    ['EncodingType', query.encodingType],
    ['IsTruncated', page.truncated],
  ];
}

function entries(index: VersionIndex, page: Page<Found>, query: ListQuery, owner: boolean): XmlNode[] {
  return page.items.flatMap((item): XmlNode[] => {
    if (item.kind === 'folder') return [commonPrefix(query.encode(item.folder))];
    const record = index.current(item.key);
    if (record === undefined) return [];
    return [
      [
        'Contents',
        [
          ['Key', query.encode(record.key)],
          ['LastModified', listedTime(record)],
          ...contentNodes(record.content),
          ...(owner ? [OWNER] : []),
        ],
      ],
    ];
  });
}

function wantsOwner(exchange: Exchange): boolean {
  return exchange.query.get('fetch-owner') === 'true';
}

function nameOf(item: Found | undefined): string {
  if (item === undefined) return '';
  return item.kind === 'key' ? item.key : item.folder;
}

/** Clients treat the token as opaque; the prefix tells it from a key pasted in its place. */
const TOKEN = 'after:';

function writeToken(last: string): string {
  return Buffer.from(TOKEN + last, 'utf8').toString('base64url');
}

function readToken(token: string): string {
  const text = Buffer.from(token, 'base64url').toString('utf8');
  if (text.startsWith(TOKEN) && writeToken(text.slice(TOKEN.length)) === token)
    return text.slice(TOKEN.length);
  throw invalidArgument('continuation-token', token, 'The continuation token provided is incorrect');
}

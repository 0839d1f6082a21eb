import type { Operation } from '../exchange';
import { xmlResponse } from '../http/response';
import type { XmlNode } from '../http/xml-writer';
import { bucketFor } from '../operations/access';
import { assertVersionId } from '../operations/find-version';
import { invalidArgument } from '../s3-error';
import { isObject, type VersionRecord } from '../store/records';
import type { VersionIndex } from '../store/version-index';
import { OWNER, commonPrefix, contentNodes, listedTime } from './entries';
import { readListQuery, type ListQuery } from './list-query';
import { takePage, walk } from './walk';

type Entry =
  | { readonly kind: 'version'; readonly record: VersionRecord; readonly isLatest: boolean }
  | { readonly kind: 'folder'; readonly folder: string };

interface Marker {
  readonly key: string | null;
  readonly versionId: string | null;
}

/** Every version and delete marker: keys in UTF-8 binary order, and for one key the newest first. */
export const listObjectVersions: Operation = (exchange, services) => {
  const bucket = bucketFor(exchange, services, 's3:ListBucketVersions');
  const query = readListQuery(exchange);
  const marker = readMarker(exchange.query);
  const index = services.store.index(bucket.name);
  const page = takePage(entriesOf(index, query, marker), query.maxKeys);
  const last = page.truncated ? page.items.at(-1) : undefined;
  return Promise.resolve(
    xmlResponse('ListVersionsResult', [
      ['Name', bucket.name],
      ['Prefix', query.encode(query.prefix)],
      ['KeyMarker', query.encode(marker.key ?? '')],
      ['VersionIdMarker', marker.versionId ?? ''],
      ['MaxKeys', query.maxKeys],
      ['Delimiter', query.delimiter === '' ? null : query.encode(query.delimiter)],
      ['EncodingType', query.encodingType],
      ['IsTruncated', page.truncated],
      ['NextKeyMarker', last && query.encode(last.kind === 'folder' ? last.folder : last.record.key)],
      ['NextVersionIdMarker', last?.kind === 'version' ? last.record.versionId : null],
      ...page.items.map((entry) => nodeOf(entry, query)),
    ]),
  );
};

function readMarker(query: URLSearchParams): Marker {
  const key = query.get('key-marker') || null;
  const versionId = query.get('version-id-marker');
  if (versionId !== null && key === null) {
    throw invalidArgument(
      'version-id-marker',
      versionId,
      'A version-id marker cannot be specified without a key marker.',
    );
  }
  if (versionId === '') {
    throw invalidArgument('version-id-marker', '', 'A version-id marker cannot be empty.');
  }
  if (versionId !== null) assertVersionId(versionId);
  return { key, versionId };
}

function* entriesOf(index: VersionIndex, query: ListQuery, marker: Marker): Generator<Entry> {
  const scope = { ...query, after: marker.key, inclusive: marker.versionId !== null };
  for (const found of walk(index.keys, scope)) {
    if (found.kind === 'folder') {
      yield found;
      continue;
    }
    const history = index.history(found.key);
    const versionId = found.key === marker.key ? marker.versionId : null;
    for (let at = startIn(history, versionId); at >= 0; at--) {
      yield {
        kind: 'version',
        record: history[at] as VersionRecord,
        isLatest: at === history.length - 1,
      };
    }
  }
}

/**
 * Position of the first version to list, going back in time. The documentation does not say what a marker means
 * whose version has been deleted since: here every version of its key is listed again, so that none is missed.
 */
function startIn(history: readonly VersionRecord[], versionId: string | null): number {
  const at = history.findIndex((record) => record.versionId === versionId);
  return (at < 0 ? history.length : at) - 1;
}

function nodeOf(entry: Entry, query: ListQuery): XmlNode {
  if (entry.kind === 'folder') return commonPrefix(query.encode(entry.folder));
  const { record, isLatest } = entry;
  const nodes: XmlNode[] = [
    ['Key', query.encode(record.key)],
    ['VersionId', record.versionId],
    ['IsLatest', isLatest],
    ['LastModified', listedTime(record)],
  ];
  return isObject(record)
    ? ['Version', [...nodes, ...contentNodes(record.content), OWNER]]
    : ['DeleteMarker', [...nodes, OWNER]];
}

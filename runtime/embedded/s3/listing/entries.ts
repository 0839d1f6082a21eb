import type { XmlNode } from '../http/xml-writer';
import { CHECKSUM_ALGORITHMS } from '../integrity/checksums';
import { OWNER_ID } from '../operations/buckets';
import type { ObjectContent, VersionRecord } from '../store/records';

export const OWNER: XmlNode = ['Owner', [['ID', OWNER_ID]]];

/** Listings show whole seconds. */
export function listedTime(record: VersionRecord): string {
  return new Date(Math.floor(record.lastModified / 1000) * 1000).toISOString();
}

/** What every listing shows of an object besides its key. */
export function contentNodes(content: ObjectContent): XmlNode[] {
  const algorithms = CHECKSUM_ALGORITHMS.filter((algorithm) => content.checksums[algorithm] !== undefined);
  return [
    ['ETag', `"${content.etag}"`],
    ...algorithms.map((algorithm): XmlNode => ['ChecksumAlgorithm', algorithm]),
    ['ChecksumType', algorithms.length > 0 ? 'FULL_OBJECT' : null],
    ['Size', content.size],
    ['StorageClass', content.storageClass],
  ];
}

export function commonPrefix(encoded: string): XmlNode {
  return ['CommonPrefixes', [['Prefix', encoded]]];
}

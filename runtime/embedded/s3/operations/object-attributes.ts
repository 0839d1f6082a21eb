import type { Operation } from '../exchange';
import { header } from '../http/request';
import { xmlResponse } from '../http/response';
import type { XmlNode } from '../http/xml-writer';
import { CHECKSUMS, CHECKSUM_ALGORITHMS } from '../integrity/checksums';
import { invalidArgument } from '../s3-error';
import type { ObjectContent } from '../store/records';
import { objectAccess } from './access';
import { findObject, requestedVersionId } from './find-version';

const ATTRIBUTES = ['ETag', 'Checksum', 'ObjectParts', 'StorageClass', 'ObjectSize'];

/** Tells about a version without its body, also in an archive. No object here has parts. */
export const getObjectAttributes: Operation = (exchange, services) => {
  const bucket = services.store.bucket(exchange.bucket);
  services.authorizer.require(
    requestedVersionId(exchange) === null
      ? ['s3:GetObjectAttributes', 's3:GetObject']
      : ['s3:GetObjectVersionAttributes', 's3:GetObjectVersion'],
    objectAccess(exchange, bucket),
  );
  const text = header(exchange.headers, 'x-amz-object-attributes') ?? '';
  const wanted = text.split(',').map((name) => name.trim());
  if (!wanted.every((name) => ATTRIBUTES.includes(name))) {
    throw invalidArgument('x-amz-object-attributes', text, 'Invalid attribute name specified.');
  }
  const record = findObject(exchange, services, bucket);
  const { content } = record;
  const nodes: XmlNode[] = [
    ['ETag', content.etag],
    ['Checksum', checksums(content)],
    ['StorageClass', content.storageClass],
    ['ObjectSize', content.size],
  ];
  const headers: Record<string, string> = { 'last-modified': new Date(record.lastModified).toUTCString() };
  if (bucket.versioning !== 'Off') headers['x-amz-version-id'] = record.versionId;
  return Promise.resolve(
    xmlResponse(
      'GetObjectAttributesResponse',
      nodes.filter(([name]) => wanted.includes(name)),
      headers,
    ),
  );
};

function checksums(content: ObjectContent): XmlNode[] | null {
  const found = CHECKSUM_ALGORITHMS.flatMap((algorithm): XmlNode[] => {
    const value = content.checksums[algorithm];
    return value === undefined ? [] : [[CHECKSUMS[algorithm].element, value]];
  });
  return found.length === 0 ? null : [...found, ['ChecksumType', 'FULL_OBJECT']];
}

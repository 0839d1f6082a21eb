import { keyLane, type Exchange, type Operation, type Services } from '../exchange';
import { assertKeyLength } from '../http/request';
import { xmlResponse } from '../http/response';
import type { XmlNode } from '../http/xml-writer';
import { assertDeletable } from '../lock/lock-rules';
import type { Action } from '../policy/actions';
import { S3Error, malformedXml } from '../s3-error';
import { isObject } from '../store/records';
import { bypassesGovernance, objectAccess } from './access';
import { newVersionId } from './create-version';
import { assertVersionId, requestedVersionId } from './find-version';
import { assertBodyIsDigested, readXml } from './xml-body';

/** S3 takes at most this many keys in one bulk delete. */
const MAX_KEYS = 1_000;

interface Deleted {
  /** True when a delete marker was added, or the version that went was one. */
  readonly deleteMarker: boolean;
  /** Id of the marker added, or of the version that went; null in a bucket without versioning. */
  readonly versionId: string | null;
}

export const deleteObject: Operation = async (exchange, services) => {
  const deleted = await remove(exchange, services, requestedVersionId(exchange));
  const headers: Record<string, string> = {};
  if (deleted.versionId !== null) headers['x-amz-version-id'] = deleted.versionId;
  if (deleted.deleteMarker) headers['x-amz-delete-marker'] = 'true';
  return { status: 204, headers };
};

export const deleteObjects: Operation = async (exchange, services) => {
  services.store.bucket(exchange.bucket);
  assertBodyIsDigested(exchange);
  const root = await readXml(exchange, 'Delete');
  const objects = root.only('Object', 'Quiet').children('Object');
  if (objects.length === 0 || objects.length > MAX_KEYS) throw malformedXml();
  const quiet = root.text('Quiet')?.trim() === 'true';
  const wanted = objects.map((object) => {
    const key = object.only('Key', 'VersionId').text('Key');
    if (key === undefined || key === '') throw malformedXml();
    return { key, versionId: object.text('VersionId') || null };
  });
  const results: XmlNode[] = [];
  for (const { key, versionId } of wanted) {
    const result = await removeOne(exchange, services, key, versionId);
    if (!quiet || result[0] === 'Error') results.push(result);
  }
  return xmlResponse('DeleteResult', results);
};

/** One key of a bulk delete: its refusal is part of the answer and stops nothing. */
async function removeOne(
  exchange: Exchange,
  services: Services,
  key: string,
  versionId: string | null,
): Promise<XmlNode> {
  const named: XmlNode[] = [
    ['Key', key],
    ['VersionId', versionId],
  ];
  try {
    assertKeyLength(key);
    if (versionId !== null) assertVersionId(versionId);
    const query = new URLSearchParams(versionId === null ? {} : { versionId });
    const deleted = await remove({ ...exchange, key, query }, services, versionId);
    const marker: XmlNode[] = deleted.deleteMarker
      ? [
          ['DeleteMarker', true],
          ['DeleteMarkerVersionId', deleted.versionId],
        ]
      : [];
    return ['Deleted', [...named, ...marker]];
  } catch (error) {
    if (!(error instanceof S3Error)) throw error;
    return ['Error', [...named, ['Code', error.code], ['Message', error.message]]];
  }
}

async function remove(exchange: Exchange, services: Services, versionId: string | null): Promise<Deleted> {
  const bypass = bypassesGovernance(exchange) && versionId !== null;
  const actions: Action[] = [versionId === null ? 's3:DeleteObject' : 's3:DeleteObjectVersion'];
  if (bypass) actions.push('s3:BypassGovernanceRetention');
  return services.serialiser.run(keyLane(exchange.bucket, exchange.key), async () => {
    const bucket = services.store.bucket(exchange.bucket);
    services.authorizer.require(actions, objectAccess(exchange, bucket));
    return versionId === null
      ? removeCurrent(exchange, services)
      : removeVersion(exchange, services, versionId, bypass);
  });
}

/** A lock does not stop this: the versions stay, a delete marker goes on top. */
async function removeCurrent(exchange: Exchange, services: Services): Promise<Deleted> {
  const { store, clock } = services;
  const bucket = store.bucket(exchange.bucket);
  if (bucket.versioning === 'Off') {
    const current = store.index(bucket.name).latest(exchange.key);
    if (current !== undefined) await store.remove(bucket.name, current);
    return { deleteMarker: false, versionId: null };
  }
  const marker = await store.add(
    bucket.name,
    {
      key: exchange.key,
      versionId: newVersionId(bucket),
      lastModified: clock.now(),
      content: null,
      retention: null,
      legalHold: null,
    },
    null,
  );
  return { deleteMarker: true, versionId: marker.versionId };
}

/** Deleting a version that is not there succeeds. */
async function removeVersion(
  exchange: Exchange,
  services: Services,
  versionId: string,
  bypass: boolean,
): Promise<Deleted> {
  const { store, clock } = services;
  const record = store.index(exchange.bucket).find(exchange.key, versionId);
  if (record === undefined) return { deleteMarker: false, versionId };
  assertDeletable(record, clock.now(), bypass);
  await store.remove(exchange.bucket, record);
  return { deleteMarker: !isObject(record), versionId };
}

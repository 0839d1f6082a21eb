import { keyLane, type Exchange, type Operation, type Services } from '../exchange';
import { xmlResponse } from '../http/response';
import { assertRetentionChange, isLockMode, parseRetainUntil } from '../lock/lock-rules';
import { assertLockable } from '../lock/upload-lock';
import type { Action } from '../policy/actions';
import { S3Error, malformedXml } from '../s3-error';
import type { ObjectRecord, Retention, VersionRecord } from '../store/records';
import { bypassesGovernance, objectAccess } from './access';
import { findObject } from './find-version';
import { readXml } from './xml-body';

export const getObjectRetention: Operation = (exchange, services) => {
  const { retention } = read(exchange, services, 's3:GetObjectRetention');
  if (retention === null) throw noLockConfiguration();
  return Promise.resolve(
    xmlResponse('Retention', [
      ['Mode', retention.mode],
      ['RetainUntilDate', new Date(retention.retainUntil).toISOString()],
    ]),
  );
};

export const getObjectLegalHold: Operation = (exchange, services) => {
  const { legalHold } = read(exchange, services, 's3:GetObjectLegalHold');
  if (legalHold === null) throw noLockConfiguration();
  return Promise.resolve(xmlResponse('LegalHold', [['Status', legalHold]]));
};

export const putObjectRetention: Operation = async (exchange, services) => {
  const root = await readXml(exchange, 'Retention');
  const mode = root.only('Mode', 'RetainUntilDate').text('Mode');
  const until = root.text('RetainUntilDate');
  // Both empty asks to remove retention; one alone is no valid document.
  if ((mode === undefined) !== (until === undefined)) throw malformedXml();
  if (mode !== undefined && !isLockMode(mode)) throw malformedXml();
  await update(exchange, services, (access) => {
    const now = services.clock.now();
    const next: Retention | null =
      mode === undefined || until === undefined ? null : { mode, retainUntil: parseRetainUntil(until, now) };
    const bypass = bypassesGovernance(exchange);
    const actions: Action[] = ['s3:PutObjectRetention'];
    if (bypass) actions.push('s3:BypassGovernanceRetention');
    const lock = { mode: next?.mode, retainUntil: next?.retainUntil };
    services.authorizer.require(actions, { ...access, lock });
    return (record) => {
      assertRetentionChange(record, next, now, bypass);
      return { ...record, retention: next };
    };
  });
  return { status: 200 };
};

export const putObjectLegalHold: Operation = async (exchange, services) => {
  const root = await readXml(exchange, 'LegalHold');
  const status = root.only('Status').text('Status');
  if (status !== 'ON' && status !== 'OFF') throw malformedXml();
  await update(exchange, services, (access) => {
    services.authorizer.require(['s3:PutObjectLegalHold'], { ...access, lock: { legalHold: status } });
    return (record) => ({ ...record, legalHold: status });
  });
  return { status: 200 };
};

function read(exchange: Exchange, services: Services, action: Action): ObjectRecord {
  const bucket = services.store.bucket(exchange.bucket);
  services.authorizer.require([action], objectAccess(exchange, bucket));
  assertLockable(bucket);
  return findObject(exchange, services, bucket);
}

/** @param plan checks the request against the policy, then gives the change of the version */
async function update(
  exchange: Exchange,
  services: Services,
  plan: (access: ReturnType<typeof objectAccess>) => (record: ObjectRecord) => VersionRecord,
): Promise<void> {
  await services.serialiser.run(keyLane(exchange.bucket, exchange.key), async () => {
    const bucket = services.store.bucket(exchange.bucket);
    assertLockable(bucket);
    const change = plan(objectAccess(exchange, bucket));
    await services.store.update(bucket.name, change(findObject(exchange, services, bucket)));
  });
}

function noLockConfiguration(): S3Error {
  return new S3Error(
    'NoSuchObjectLockConfiguration',
    'The specified object does not have a ObjectLock configuration',
  );
}

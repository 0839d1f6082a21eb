import type { Exchange, Services } from '../exchange';
import { readUploadLock, type UploadLock } from '../lock/upload-lock';
import type { Action } from '../policy/actions';
import type { BucketRecord } from '../store/records';
import { objectAccess } from './access';
import { assertWriteHeaders } from './preconditions';

/**
 * Checks what every write of an object has to bring along, before its body is looked at: well-formed headers, and
 * the rights for the object and for each kind of lock it asks for.
 * @returns the lock it asks for
 */
export function authorizeWrite(exchange: Exchange, services: Services, bucket: BucketRecord): UploadLock {
  assertWriteHeaders(exchange.headers);
  const lock = readUploadLock(exchange.headers, bucket, services.clock.now());
  const requested = {
    mode: lock.retention?.mode,
    retainUntil: lock.retention?.retainUntil,
    legalHold: lock.legalHold ?? undefined,
  };
  services.authorizer.require(
    writeActions(exchange, lock),
    objectAccess(exchange, bucket, { lock: requested, creates: true }),
  );
  return lock;
}

/** Lock headers need rights of their own beside s3:PutObject, and a comparison the right to read. */
function writeActions(exchange: Exchange, lock: UploadLock): Action[] {
  const actions: Action[] = ['s3:PutObject'];
  if (exchange.headers['if-match'] !== undefined) actions.push('s3:GetObject');
  if (lock.retention !== null) actions.push('s3:PutObjectRetention');
  if (lock.legalHold !== null) actions.push('s3:PutObjectLegalHold');
  return actions;
}

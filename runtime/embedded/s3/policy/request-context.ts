import type { Caller } from '../http/caller';
import { header, type S3Request } from '../http/request';
import { accountOf } from './evaluator';

/** Days and lock values a request asks for; absent ones leave their condition keys absent. */
export interface RequestedLock {
  readonly mode?: string | undefined;
  /** Milliseconds since the epoch. */
  readonly retainUntil?: number | undefined;
  readonly legalHold?: string | undefined;
}

export interface ContextSettings {
  readonly region: string;
  /** Value of aws:SecureTransport; S3's own is whether the request came over TLS. */
  readonly secureTransport: boolean;
}

const DAY = 86_400_000;
/** Condition keys that are the value of a header of the same name. */
const FROM_HEADERS = [
  'x-amz-server-side-encryption',
  'x-amz-server-side-encryption-aws-kms-key-id',
  'x-amz-storage-class',
  'x-amz-acl',
  'x-amz-content-sha256',
  'if-none-match',
  'if-match',
];
const FROM_QUERY: Readonly<Record<string, string>> = {
  's3:prefix': 'prefix',
  's3:delimiter': 'delimiter',
  's3:max-keys': 'max-keys',
  's3:versionid': 'versionId',
};

/**
 * Values of the condition keys in a request. They come from the request alone: what S3 fills in from the defaults
 * of a bucket, encryption or retention, is not in it.
 * @param creates whether the request creates an object (`s3:ObjectCreationOperation`)
 */
export function requestContext(
  request: S3Request,
  caller: Caller,
  settings: ContextSettings,
  now: number,
  lock: RequestedLock,
  creates: boolean,
): Map<string, string> {
  const context = globalContext(request, caller, settings, now);
  context.set('s3:authtype', caller.authType);
  context.set('s3:signatureversion', 'AWS4-HMAC-SHA256');
  context.set('s3:objectcreationoperation', String(creates));
  if (settings.secureTransport) context.set('s3:tlsversion', '1.3');
  for (const name of FROM_HEADERS) setIfPresent(context, `s3:${name}`, header(request.headers, name));
  for (const [key, name] of Object.entries(FROM_QUERY)) {
    setIfPresent(context, key, request.query.get(name) ?? undefined);
  }
  setIfPresent(context, 's3:object-lock-mode', lock.mode);
  setIfPresent(context, 's3:object-lock-legal-hold', lock.legalHold);
  if (lock.retainUntil !== undefined) {
    context.set('s3:object-lock-retain-until-date', new Date(lock.retainUntil).toISOString());
    // The documentation does not say how part days count; whole days that remain is the stricter reading.
    context.set(
      's3:object-lock-remaining-retention-days',
      String(Math.floor((lock.retainUntil - now) / DAY)),
    );
  }
  return context;
}

function globalContext(
  request: S3Request,
  caller: Caller,
  settings: ContextSettings,
  now: number,
): Map<string, string> {
  const account = accountOf(caller.principalArn);
  const context = new Map([
    ['aws:currenttime', new Date(now).toISOString()],
    ['aws:epochtime', String(Math.floor(now / 1000))],
    ['aws:principalarn', caller.principalArn],
    ['aws:principalaccount', account],
    ['aws:principaltype', principalType(caller.principalArn)],
    ['aws:principalisawsservice', 'false'],
    ['aws:viaawsservice', 'false'],
    ['aws:requestedregion', settings.region],
    ['aws:resourceaccount', account],
    ['s3:resourceaccount', account],
    ['aws:securetransport', String(settings.secureTransport)],
  ]);
  setIfPresent(context, 'aws:useragent', header(request.headers, 'user-agent'));
  return context;
}

function principalType(arn: string): string {
  if (arn.endsWith(':root')) return 'Account';
  return arn.includes(':user/') ? 'User' : 'AssumedRole';
}

function setIfPresent(context: Map<string, string>, key: string, value: string | undefined): void {
  if (value !== undefined) context.set(key, value);
}

import { S3Error, invalidArgument } from '../s3-error';
import { header, type S3Request } from './request';

/** The account everything belongs to, and its root, when no principal is mapped. */
export const OWNER_ACCOUNT = '000000000000';
export const OWNER_ROOT = `arn:aws:iam::${OWNER_ACCOUNT}:root`;

/** Who sends a request, as its signature claims. Signatures are not verified: this server is on loopback only. */
export interface Caller {
  readonly principalArn: string;
  readonly authType: 'REST-HEADER' | 'REST-QUERY-STRING';
}

export interface IdentifyOptions {
  readonly region: string;
  /** ARN of the principal behind an access key id. */
  readonly principals: Readonly<Record<string, string>>;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

const SCOPE = /^([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request$/;
const ALGORITHM = 'AWS4-HMAC-SHA256';

/**
 * @throws S3Error AccessDenied for an anonymous request or a presigned one out of its time, InvalidArgument for two
 * signatures, AuthorizationQueryParametersError, or AuthorizationHeaderMalformed, also for another region
 */
export function identify(request: S3Request, { region, principals, now }: IdentifyOptions): Caller {
  const authorization = header(request.headers, 'authorization');
  const presigned = request.query.has('X-Amz-Algorithm') || request.query.has('X-Amz-Signature');
  if (authorization === undefined && !presigned) throw new S3Error('AccessDenied', 'Access Denied');
  if (authorization !== undefined && presigned) {
    throw invalidArgument('Authorization', authorization, 'Only one auth mechanism allowed');
  }
  const credential =
    authorization === undefined
      ? presignedCredential(request.query, now)
      : /^AWS4-HMAC-SHA256\s+(?:.*[,\s])?Credential=([^,\s]+)/.exec(authorization)?.[1];
  const scope = SCOPE.exec(credential ?? '');
  if (scope === null) {
    throw new S3Error(
      'AuthorizationHeaderMalformed',
      'The authorization header is malformed; it needs a Signature Version 4 credential scope for s3',
    );
  }
  const [, accessKeyId, , claimed] = scope as unknown as [string, string, string, string];
  if (claimed !== region) {
    throw new S3Error(
      'AuthorizationHeaderMalformed',
      `The authorization header is malformed; the region '${claimed}' is wrong; expecting '${region}'`,
      { details: { Region: region }, headers: { 'x-amz-bucket-region': region } },
    );
  }
  return {
    principalArn: Object.hasOwn(principals, accessKeyId) ? (principals[accessKeyId] as string) : OWNER_ROOT,
    authType: authorization === undefined ? 'REST-QUERY-STRING' : 'REST-HEADER',
  };
}

/** A week in seconds: the longest a presigned URL holds. */
const MAX_EXPIRES = 604_800;
/** How far the signing clock may be ahead, in milliseconds. */
const MAX_AHEAD = 15 * 60_000;
const PRESIGNED = ['Algorithm', 'Credential', 'Signature', 'Date', 'SignedHeaders', 'Expires'];

/** The credential of a presigned URL that holds at this time. */
function presignedCredential(query: URLSearchParams, now: number): string {
  const part = (name: string) => query.get(`X-Amz-${name}`) ?? '';
  if (PRESIGNED.some((name) => part(name) === '') || part('Algorithm') !== ALGORITHM) {
    throw malformedQuery(
      `Query-string authentication version 4 requires ${PRESIGNED.map((name) => `X-Amz-${name}`).join(', ')}, and the algorithm ${ALGORITHM}`,
    );
  }
  const expires = Number(part('Expires'));
  if (!/^-?\d+$/.test(part('Expires'))) throw malformedQuery('X-Amz-Expires should be a number');
  if (expires < 0) throw malformedQuery('X-Amz-Expires must be non-negative');
  if (expires > MAX_EXPIRES) {
    throw malformedQuery('X-Amz-Expires must be less than a week (in seconds); that is, at most 604800');
  }
  const signed = signingTime(part('Date'));
  if (signed > now + MAX_AHEAD) throw new S3Error('AccessDenied', 'Request is not valid yet');
  const end = signed + expires * 1000;
  if (now > end) {
    throw new S3Error('AccessDenied', 'Request has expired', {
      details: {
        'X-Amz-Expires': part('Expires'),
        Expires: new Date(end).toISOString(),
        ServerTime: new Date(now).toISOString(),
      },
    });
  }
  return part('Credential');
}

function signingTime(text: string): number {
  const iso = text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z');
  const time = iso === text ? Number.NaN : Date.parse(iso);
  if (Number.isNaN(time)) {
    throw malformedQuery("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"");
  }
  return time;
}

function malformedQuery(message: string): S3Error {
  return new S3Error('AuthorizationQueryParametersError', message);
}

import { S3Error } from '../s3-error';
import { header, type S3Request } from './request';

/** The account everything belongs to, and its root, when no principal is mapped. */
export const OWNER_ACCOUNT = '000000000000';
export const OWNER_ROOT = `arn:aws:iam::${OWNER_ACCOUNT}:root`;

/** Who sends a request, as its signature claims. Signatures are not verified: this server is on loopback only. */
export interface Caller {
  readonly principalArn: string;
  readonly authType: 'REST-HEADER' | 'REST-QUERY-STRING';
}

const SCOPE = /^([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request$/;

/**
 * @param principals ARN of the principal behind an access key id
 * @throws S3Error AccessDenied for an anonymous request, AuthorizationHeaderMalformed for another region
 */
export function identify(
  request: S3Request,
  region: string,
  principals: Readonly<Record<string, string>>,
): Caller {
  const authorization = header(request.headers, 'authorization');
  const presigned = request.query.get('X-Amz-Credential');
  if (authorization === undefined && presigned === null) throw new S3Error('AccessDenied', 'Access Denied');
  const credential =
    authorization === undefined
      ? presigned
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

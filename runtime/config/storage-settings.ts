import { isIPv4 } from 'node:net';
import { quoted } from '../config-faults';
import { ENV } from '../contract';
import { endpointProblem } from '../contract/setting-rules';
import type { Config } from './config';
import type { SettingReader } from './setting-reader';

/** Read by the SDKs too; theirs, so not part of our contract. */
const DEFAULT_REGION = 'AWS_DEFAULT_REGION';
const GENERAL_ENDPOINT = 'AWS_ENDPOINT_URL';

const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const BUCKET_RULE =
  'a bucket name: 3 to 63 lower-case letters, digits, "." and "-", beginning and ending with a letter or digit';
const RESERVED_PREFIXES = ['xn--', 'sthree-', 'amzn-s3-demo-'];
const RESERVED_SUFFIXES = ['-s3alias', '--ol-s3', '.mrap', '--x-s3', '--table-s3'];

function bucketProblem(name: string): string | null {
  if (name.startsWith('arn:')) {
    return 'the name of the bucket itself, not an ARN: the verifier reads settings that access points do not have';
  }
  const affix =
    RESERVED_PREFIXES.find((prefix) => name.startsWith(prefix)) ??
    RESERVED_SUFFIXES.find((suffix) => name.endsWith(suffix));
  if (affix !== undefined) return `the name of a general purpose bucket; S3 reserves "${affix}"`;
  if (!BUCKET.test(name)) return BUCKET_RULE;
  if (name.includes('..')) return 'a bucket name without two dots in a row';
  return isIPv4(name) ? 'a bucket name that does not look like an IP address' : null;
}

const AWS_REGION = /^[a-z]{2,}(?:-[a-z]+)+-\d{1,2}$/;
/** Other S3 servers have names of their own, such as "auto" or "garage". */
const ANY_REGION = /^[A-Za-z0-9-]{1,64}$/;

function readRegion(reader: SettingReader, customEndpoint: boolean): string | null {
  const setting =
    reader.text(ENV.region) === null && reader.text(DEFAULT_REGION) ? DEFAULT_REGION : ENV.region;
  const region = reader.required(
    setting,
    `the AWS Region of the bucket, such as eu-west-1 (${DEFAULT_REGION} is read too)`,
  );
  if (region === null) return null;
  if ((customEndpoint ? ANY_REGION : AWS_REGION).test(region)) return region;
  const rule = customEndpoint
    ? 'letters, digits and "-"'
    : 'an AWS Region, such as eu-west-1 or us-gov-west-1';
  return reader.fault(setting, quoted(region), rule);
}

function readEndpoint(reader: SettingReader): string | null {
  const setting = reader.text(ENV.s3Endpoint) === null ? GENERAL_ENDPOINT : ENV.s3Endpoint;
  const text = reader.text(setting);
  if (text === null) return null;
  const problem = endpointProblem(text, quoted);
  return problem === null ? text : reader.fault(setting, problem.found, problem.allowed);
}

const KEY_ARN = /^arn:aws[a-z-]*:kms:([a-z0-9-]+):\d{12}:key\/[A-Za-z0-9-]{1,256}$/;
const KEY_RULE = 'the full ARN of a key, arn:aws:kms:REGION:ACCOUNT:key/ID';

function readKmsKey(reader: SettingReader, region: string | null): string | null {
  const arn = reader.text(ENV.kmsKeyArn);
  if (arn === null) return null;
  const keyRegion = KEY_ARN.exec(arn)?.[1];
  if (keyRegion === undefined) {
    const reason = /(?:^|:)alias\//.test(arn)
      ? ', not an alias: an alias can be pointed at another key later, and an anchor has to name its key for good'
      : '';
    return reader.fault(ENV.kmsKeyArn, quoted(arn), KEY_RULE + reason);
  }
  if (region !== null && keyRegion !== region) {
    const allowed = `a key in ${region}: S3 uses keys of the Region of the bucket only`;
    return reader.fault(ENV.kmsKeyArn, `a key in ${keyRegion}`, allowed);
  }
  return arn;
}

/** Bucket, Region, endpoint and key. */
export function readStorage(
  reader: SettingReader,
): Pick<Config, 'bucket' | 'region' | 'endpoint' | 'kmsKeyArn'> {
  const bucket = reader.required(ENV.bucket, 'the name of the bucket that holds the anchors');
  const problem = bucket === null ? null : bucketProblem(bucket);
  if (bucket !== null && problem !== null) reader.fault(ENV.bucket, quoted(bucket), problem);
  const endpoint = readEndpoint(reader);
  const region = readRegion(reader, endpoint !== null);
  return { bucket, region, endpoint, kmsKeyArn: readKmsKey(reader, region) };
}

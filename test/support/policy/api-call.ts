import { decide, type Check, type Decision, type Target } from './decide';
import type { Deployed, DeployedBucket } from './deployed';
import type { PolicyDocument } from './document';
import type { Principal } from './principal';

type Context = Readonly<Record<string, readonly string[]>>;

/** A call of an API: everything that AWS authorises for it. */
export interface ApiCall {
  readonly checks: readonly { readonly check: Check; readonly target: Target }[];
}

export interface Outcome {
  readonly allowed: boolean;
  /** Sids of every Deny that covers the call. */
  readonly deniedBy: readonly string[];
  /** Actions that nothing allows, each with the side that is missing. */
  readonly notAllowed: readonly string[];
}

/** A call is allowed when every check of it is. */
export function authorise(principal: Principal, { checks }: ApiCall): Outcome {
  const decisions = checks.map(({ check, target }) => ({
    check,
    decision: decide(principal, check, target),
  }));
  const deniedBy = new Set(decisions.flatMap(({ decision }) => denials(decision)));
  const notAllowed = decisions.flatMap(({ check, decision }) =>
    !decision.allowed && decision.because === 'not allowed' ? [`${check.action} (${decision.missing})`] : [],
  );
  return {
    allowed: decisions.every(({ decision }) => decision.allowed),
    deniedBy: [...deniedBy],
    notAllowed,
  };
}

function denials(decision: Decision): readonly string[] {
  return !decision.allowed && decision.because === 'explicit deny' ? decision.by : [];
}

/** How a request travels and when it is made. */
export interface Transport {
  /** Value of aws:SecureTransport. */
  readonly secure: boolean;
  /** Milliseconds since 1970, for the days that remain of a lock. */
  readonly now: number;
}

const DAY_MS = 86_400_000;

/** Condition keys of S3 that are the value of a request header. */
const HEADER_KEYS: Readonly<Record<string, string>> = {
  'x-amz-server-side-encryption': 's3:x-amz-server-side-encryption',
  'x-amz-server-side-encryption-aws-kms-key-id': 's3:x-amz-server-side-encryption-aws-kms-key-id',
  'x-amz-server-side-encryption-customer-algorithm': 's3:x-amz-server-side-encryption-customer-algorithm',
  'x-amz-object-lock-mode': 's3:object-lock-mode',
  'x-amz-object-lock-retain-until-date': 's3:object-lock-retain-until-date',
  'x-amz-object-lock-legal-hold': 's3:object-lock-legal-hold',
  'if-none-match': 's3:if-none-match',
};

/** Builds calls against the buckets, keys, roles, queues and topics of a deployed stack. */
export class S3Calls {
  constructor(
    private readonly deployed: Deployed,
    private readonly transport: Transport,
  ) {}

  /** PutObject with the headers of a request; lock headers and encryption ask for further actions. */
  put(bucketName: string, key: string, headers: Readonly<Record<string, string>>): ApiCall {
    const bucket = this.bucket(bucketName);
    const context = { ...this.headerContext(headers), 's3:objectcreationoperation': ['true'] };
    const actions = ['s3:PutObject'];
    if ('x-amz-object-lock-mode' in headers) actions.push('s3:PutObjectRetention');
    if ('x-amz-object-lock-legal-hold' in headers) actions.push('s3:PutObjectLegalHold');
    const kmsKey = headers['x-amz-server-side-encryption-aws-kms-key-id'];
    return {
      checks: [
        ...this.objectChecks(bucket, key, actions, context),
        ...(kmsKey === undefined
          ? []
          : this.keyChecks(bucket, kmsKey, ['kms:GenerateDataKey', 'kms:Decrypt'])),
      ],
    };
  }

  /** PutObjectRetention on a version. */
  putRetention(bucketName: string, key: string, mode: string, until: number): ApiCall {
    const headers = {
      'x-amz-object-lock-mode': mode,
      'x-amz-object-lock-retain-until-date': new Date(until).toISOString(),
    };
    return this.onObject(bucketName, key, 's3:PutObjectRetention', this.headerContext(headers));
  }

  /** Any other action on an object. */
  onObject(bucketName: string, key: string, action: string, context: Context = {}): ApiCall {
    return { checks: this.objectChecks(this.bucket(bucketName), key, [action], context) };
  }

  /** Reading the bytes: the object and, when it is encrypted with a key of the stack, that key. */
  read(bucketName: string, key: string, kmsKey: string | null): ApiCall {
    const bucket = this.bucket(bucketName);
    return {
      checks: [
        ...this.objectChecks(bucket, key, ['s3:GetObjectVersion'], {}),
        ...(kmsKey === null ? [] : this.keyChecks(bucket, kmsKey, ['kms:Decrypt'])),
      ],
    };
  }

  /** An action on the bucket itself. */
  onBucket(bucketName: string, action: string, context: Context = {}): ApiCall {
    const { arn, policy } = this.bucket(bucketName);
    const target: Target = { service: 's3', account: this.deployed.account, policy };
    return {
      checks: [{ check: { action, resource: arn, context: { ...this.always, ...context } }, target }],
    };
  }

  /** ListObjectVersions or ListObjectsV2 below a prefix; without one the key is absent. */
  list(bucketName: string, action: string, prefix?: string): ApiCall {
    return this.onBucket(bucketName, action, prefix === undefined ? {} : { 's3:prefix': [prefix] });
  }

  /** An action of KMS on a key, called directly. */
  onKey(keyArn: string, action: string, context: Context = {}): ApiCall {
    return { checks: [this.keyCheck(keyArn, action, { ...this.always, ...context })] };
  }

  /** An action of KMS that S3 calls for a request on a bucket with a bucket key. */
  throughS3(bucketName: string, keyArn: string, action: string): ApiCall {
    return { checks: this.keyChecks(this.bucket(bucketName), keyArn, [action]) };
  }

  /** A message to a queue or a topic of the stack. */
  onChannel(arn: string, action: string, context: Context = {}): ApiCall {
    const channel = this.deployed.channels.get(arn);
    if (channel === undefined) throw new Error(`the stack has no queue or topic ${arn}`);
    return this.onOther(arn, action, context, channel.policy);
  }

  /**
   * An action on something of the account without a policy of its own, or with one that leaves the decision to the
   * account, as the keys of other stacks do.
   */
  onOther(arn: string, action: string, context: Context = {}, policy: PolicyDocument | null = null): ApiCall {
    const target: Target = { service: 'other', account: this.deployed.account, policy };
    return {
      checks: [{ check: { action, resource: arn, context: { ...this.always, ...context } }, target }],
    };
  }

  /** AssumeRole, judged by the trust policy of the role and the policies of whoever asks. */
  assume(roleName: string, context: Context): ApiCall {
    const policy = this.deployed.roles.get(roleName)?.trust ?? null;
    if (policy === null) throw new Error(`the stack makes no role ${roleName}`);
    const { account } = this.deployed;
    const resource = `arn:aws:iam::${account}:role/${roleName}`;
    const check = { action: 'sts:AssumeRole', resource, context: { ...this.always, ...context } };
    return { checks: [{ check, target: { service: 'sts', account, policy } }] };
  }

  private bucket(name: string): DeployedBucket {
    const bucket = this.deployed.buckets.get(name);
    if (bucket === undefined) throw new Error(`the stack has no bucket ${name}`);
    return bucket;
  }

  private get always(): Context {
    return { 'aws:securetransport': [String(this.transport.secure)] };
  }

  private objectChecks(bucket: DeployedBucket, key: string, actions: readonly string[], context: Context) {
    const target: Target = { service: 's3', account: this.deployed.account, policy: bucket.policy };
    const resource = `${bucket.arn}/${key}`;
    return actions.map((action) => ({
      check: { action, resource, context: { ...this.always, ...context } },
      target,
    }));
  }

  private keyChecks({ arn, region }: DeployedBucket, keyArn: string, actions: readonly string[]) {
    const context = {
      'kms:viaservice': [`s3.${region}.amazonaws.com`],
      'kms:encryptioncontext:aws:s3:arn': [arn],
    };
    return actions.map((action) => this.keyCheck(keyArn, action, context));
  }

  private keyCheck(keyArn: string, action: string, context: Context) {
    const policy = this.deployed.keys.get(keyArn)?.policy ?? null;
    const account = keyArn.split(':')[4] ?? '';
    return {
      check: { action, resource: keyArn, context },
      target: { service: 'kms' as const, account, policy },
    };
  }

  private headerContext(headers: Readonly<Record<string, string>>): Context {
    const context: Record<string, readonly string[]> = {};
    for (const [name, value] of Object.entries(headers)) {
      const key = HEADER_KEYS[name.toLowerCase()];
      if (key !== undefined) context[key] = [value];
    }
    const until = headers['x-amz-object-lock-retain-until-date'];
    if (until !== undefined) {
      // Whole days that remain, the stricter of the two readings that the documentation leaves open.
      const days = Math.floor((Date.parse(until) - this.transport.now) / DAY_MS);
      context['s3:object-lock-remaining-retention-days'] = [String(days)];
    }
    return context;
  }
}

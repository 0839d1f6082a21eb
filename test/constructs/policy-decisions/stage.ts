import { ok, ScriptedS3 } from '../../runtime/adapters/s3/scripted-s3';
import { anchorKey } from '../../../runtime/domain/anchor/object-key';
import { type ApiCall, authorise, type Outcome, S3Calls } from '../../support/policy/api-call';
import type { Deployed } from '../../support/policy/deployed';
import { readPolicy, type PolicyDocument } from '../../support/policy/document';
import type { Principal } from '../../support/policy/principal';
import {
  ACCOUNT,
  AUDITOR_ACCOUNT,
  BUCKET,
  CHAIN,
  REPLICA,
  roleArn,
} from '../../support/terraform/full-stack';

const DAY_MS = 86_400_000;
/** When requests arrive; the writer took its time a moment before. */
export const NOW = Date.parse('2030-01-15T14:00:01.250Z');
const WRITTEN_AT = Date.parse('2030-01-15T14:00:00Z');
/** A lock that ends so many days after the anchor was made. */
export const after = (days: number): number => WRITTEN_AT + days * DAY_MS;

/** An anchor of the chain, as the runtime names it. */
export const ANCHOR = anchorKey(CHAIN, WRITTEN_AT / 1000);

/** What a row works with: the calls over TLS, the same over plain HTTP, the headers of the runtime's own PUT. */
export interface Stage {
  readonly calls: S3Calls;
  readonly plain: S3Calls;
  readonly headers: Readonly<Record<string, string>>;
  readonly sourceKey: string;
  readonly replicaKey: string;
}

export type Headers = Readonly<Record<string, string>>;

/** Who asks, for what, and what AWS decides. */
export type Row = readonly [who: Who, does: string, call: (stage: Stage) => ApiCall, decision: string];

export type Who =
  | 'the writer'
  | 'the verifier'
  | 'the custodian'
  | 'the replication role'
  | 'an administrator'
  | 'the deploy role'
  | 'the break-glass role'
  | 'the root user'
  | 'an administrator of another account'
  | "an auditor's account"
  | 'nobody in particular'
  | 'the logging service'
  | 'the replication service'
  | 'the container service'
  | 'the verifier task'
  | 'the starter of writers'
  | 'the starter of verifiers'
  | 'the scheduler of writers'
  | 'the scheduler of verifiers'
  | 'the carrier of events'
  | 'the schedule service'
  | 'the event service'
  | 'the alarm service';

export function stageOf(deployed: Deployed, headers: Headers): Stage {
  const [sourceKey, replicaKey] = keysOf(deployed);
  return {
    calls: new S3Calls(deployed, { secure: true, now: NOW }),
    plain: new S3Calls(deployed, { secure: false, now: NOW }),
    headers,
    sourceKey,
    replicaKey,
  };
}

/** Key of the source and key of the replica. */
export function keysOf({ keys, buckets }: Deployed): [source: string, replica: string] {
  const [source, replica] = [BUCKET, REPLICA].map((name) => {
    const region = buckets.get(name)?.region;
    return [...keys.keys()].find((arn) => arn.split(':')[3] === region);
  });
  if (source === undefined || replica === undefined) throw new Error('the stack lacks a key');
  return [source, replica];
}

/** The headers that the runtime sends when it creates an anchor, taken off the wire. */
export async function headersOfCreate(kmsKeyArn: string): Promise<Headers> {
  const server = await ScriptedS3.start();
  const store = server.store({ kmsKeyArn, bucket: BUCKET });
  try {
    server.script(ok({ 'x-amz-version-id': 'v1' }));
    const object = { key: ANCHOR, body: Buffer.from('{}'), sha256: '0'.repeat(64), metadata: {} };
    await store.create({ ...object, retainUntil: after(400) });
    return Object.fromEntries(
      Object.entries(server.seen[0]?.headers ?? {}).map(([name, value]) => [name, String(value)]),
    );
  } finally {
    store.close();
    await server.stop();
  }
}

/** Headers with some of them replaced or, where undefined, left out. */
export function changed(headers: Headers, changes: Readonly<Record<string, string | undefined>>): Headers {
  const merged = Object.entries({ ...headers, ...changes });
  return Object.fromEntries(merged.filter((entry): entry is [string, string] => entry[1] !== undefined));
}

export function principalOf(who: Who, { roles }: Deployed): Principal {
  const stackRole = (name: string): Principal => {
    const role = roles.get(name);
    if (role === undefined) throw new Error(`the stack does nothing for a role ${name}`);
    return { kind: 'role', arn: roleArn(name), policies: role.policies };
  };
  const mighty = (arn: string): Principal => ({ kind: 'role', arn, policies: [EVERYTHING] });
  switch (who) {
    case 'the writer':
      return stackRole('audit-anchor-writer-prod');
    case 'the verifier':
      return stackRole('audit-anchor-verifier-prod');
    case 'the custodian':
      return stackRole('custodian');
    case 'the replication role':
      return stackRole('audit-anchor-replication-prod');
    case 'an administrator':
      return mighty(roleArn('admin'));
    case 'the deploy role':
      return mighty(roleArn('deployer'));
    case 'the break-glass role':
      return mighty(roleArn('break-glass'));
    case 'the root user':
      return { kind: 'root', arn: `arn:aws:iam::${ACCOUNT}:root` };
    case 'an administrator of another account':
      return mighty('arn:aws:iam::999988887777:role/admin');
    case "an auditor's account":
      return mighty(`arn:aws:iam::${AUDITOR_ACCOUNT}:role/auditor`);
    case 'nobody in particular':
      return { kind: 'anonymous' };
    case 'the logging service':
      return { kind: 'service', service: 'logging.s3.amazonaws.com' };
    case 'the replication service':
      return { kind: 'service', service: 's3.amazonaws.com' };
    case 'the container service':
      return { kind: 'service', service: 'ecs-tasks.amazonaws.com' };
    case 'the verifier task':
      return stackRole('audit-anchor-verify-prod');
    case 'the starter of writers':
      return stackRole('audit-anchor-service-exec-prod');
    case 'the starter of verifiers':
      return stackRole('audit-anchor-verify-exec-prod');
    case 'the scheduler of writers':
      return stackRole('audit-anchor-scheduler-prod');
    case 'the scheduler of verifiers':
      return stackRole('audit-anchor-verify-scheduler-prod');
    case 'the carrier of events':
      return stackRole('audit-anchor-prod-dr-events');
    case 'the schedule service':
      return { kind: 'service', service: 'scheduler.amazonaws.com' };
    case 'the event service':
      return { kind: 'service', service: 'events.amazonaws.com' };
    case 'the alarm service':
      return { kind: 'service', service: 'cloudwatch.amazonaws.com' };
  }
}

const EVERYTHING: PolicyDocument = readPolicy(
  'AdministratorAccess',
  '{"Version":"2012-10-17","Statement":[{"Sid":"Everything","Effect":"Allow","Action":"*","Resource":"*"}]}',
  'identity',
);

/** Decides a row over the policies of a stack. */
export function decideRow([who, , call]: Row, deployed: Deployed, headers: Headers): string {
  return told(authorise(principalOf(who, deployed), call(stageOf(deployed, headers))));
}

/** An explicit Deny is the reason that counts: no Allow brings back what it forbids. */
function told({ allowed, deniedBy, notAllowed }: Outcome): string {
  if (allowed) return 'allowed';
  if (deniedBy.length > 0) return `denied by ${deniedBy.join(', ')}`;
  return `not allowed: ${notAllowed.join(', ')}`;
}

import { DataAwsIamPolicyDocument } from '@cdktf/provider-aws/lib/data-aws-iam-policy-document';
import { IamRolePolicy } from '@cdktf/provider-aws/lib/iam-role-policy';
import { Construct } from 'constructs';
import type { KeyUse } from '../storage/anchor-key-reference';
import { allow, type PolicyStatement, when } from '../storage/policy-document';
import type { WormBucket } from '../storage/worm-bucket';
import { PropCheck, type TextRule } from '../validation';
import { encryptionHeaders, keyStatements, lockBounds } from './bucket-conditions';
import { checkChainIds } from './chain-id';
import { type Grantee, granteeRole, ROLE_NAME } from './grantee-role';
import {
  CHECK_BUCKET,
  CREATE_ANCHORS,
  FIND_VERSIONS,
  HOLD_ANCHORS,
  LIST_ANCHORS,
  newAnchorsOf,
  objectsOf,
  perChain,
  prefixOf,
  READ_BACK_ANCHORS,
  SEND_RETENTION,
  VERIFY_ANCHORS,
  VERIFY_BUCKET,
} from './permissions';

export interface AnchorBucketGrantsProps {
  /** The anchor bucket, or its replica. */
  readonly bucket: WormBucket;
}

export interface GrantProps {
  /**
   * Name of the inline policy on the role. A second policy of the same name on the same role would replace
   * the first, so a role that serves two buckets needs two names.
   *
   * @default - `audit-anchor-writer`, `audit-anchor-verifier` or `audit-anchor-custodian`
   */
  readonly policyName?: string;
}

export interface WriteGrantProps extends GrantProps {
  /** Chains the role may write, each the `AUDIT_ANCHOR_CHAIN_ID` of a writer; at least one. */
  readonly chainIds: readonly string[];
}

export interface ReadGrantProps extends GrantProps {
  /**
   * Chains the role may see.
   *
   * @default - the whole bucket
   */
  readonly chainIds?: readonly string[];
}

const POLICY_NAME: TextRule = {
  test: (name) => /^[\w+=,.@-]{1,128}$/.test(name),
  allowed: '1 to 128 of letters, digits and "+=,.@_-"',
};

/**
 * Gives roles exactly what their part needs, on the bucket and on its key. A writer, a verifier and a
 * custodian should be three roles: who writes evidence must not judge it.
 *
 * The id given to each grant is part of the public contract of the stack, like every construct id.
 */
export class AnchorBucketGrants extends Construct {
  private readonly bucket: WormBucket;

  constructor(scope: Construct, id: string, props: AnchorBucketGrantsProps) {
    super(scope, id);
    this.bucket = props.bucket;
  }

  /**
   * Lets a role create anchors: in its chains, under the names of anchors, once, encrypted and locked as the
   * bucket demands, for the retention give or take a day; and read them back. It can delete nothing.
   *
   * @throws ConstructError `CALL_INVALID`
   */
  write(id: string, grantee: Grantee, props: WriteGrantProps): IamRolePolicy {
    const { bucketArn } = this.bucket;
    const created = perChain(props.chainIds, (chain) => newAnchorsOf(bucketArn, chain));
    return this.grant(
      id,
      grantee,
      { ...props, policyName: props.policyName ?? 'audit-anchor-writer' },
      'write',
      [
        allow('CreateAnchors', CREATE_ANCHORS, created, [
          when('Null', 's3:if-none-match', 'false'),
          ...encryptionHeaders(this.bucket),
          ...lockBounds(this.bucket),
        ]),
        allow('SendRetention', SEND_RETENTION, created, lockBounds(this.bucket)),
        allow('ReadBackAnchors', READ_BACK_ANCHORS, this.objects(props.chainIds)),
        allow('ListAnchors', LIST_ANCHORS, [bucketArn], this.prefixes(props.chainIds)),
        allow('CheckBucket', CHECK_BUCKET, [bucketArn]),
      ],
    );
  }

  /**
   * Lets a role read everything that proves the anchors and the bucket's configuration, and change nothing.
   *
   * @throws ConstructError `CALL_INVALID`
   */
  verify(id: string, grantee: Grantee, props: ReadGrantProps = {}): IamRolePolicy {
    const { bucketArn } = this.bucket;
    return this.grant(
      id,
      grantee,
      { ...props, policyName: props.policyName ?? 'audit-anchor-verifier' },
      'read',
      [
        allow('ReadAnchors', VERIFY_ANCHORS, this.objects(props.chainIds)),
        allow('ListAnchors', LIST_ANCHORS, [bucketArn], this.prefixes(props.chainIds)),
        allow('ReadBucketConfiguration', VERIFY_BUCKET, [bucketArn]),
      ],
    );
  }

  /**
   * Lets a role set and lift legal holds. Whoever may set one may lift it, so give it to a custodian only.
   *
   * @throws ConstructError `CALL_INVALID`
   */
  hold(id: string, grantee: Grantee, props: ReadGrantProps = {}): IamRolePolicy {
    return this.grant(
      id,
      grantee,
      { ...props, policyName: props.policyName ?? 'audit-anchor-custodian' },
      undefined,
      [
        allow('HoldAnchors', HOLD_ANCHORS, this.objects(props.chainIds)),
        allow('FindVersions', FIND_VERSIONS, [this.bucket.bucketArn], this.prefixes(props.chainIds)),
      ],
    );
  }

  private grant(
    id: string,
    grantee: Grantee,
    props: GrantProps & { chainIds?: readonly string[] },
    use: KeyUse | undefined,
    statements: PolicyStatement[],
  ): IamRolePolicy {
    this.check(id, grantee, props);
    const scope = new Construct(this, id);
    const { provider } = this.bucket;
    const role = granteeRole(scope, grantee, provider);
    const document = new DataAwsIamPolicyDocument(scope, 'Document', {
      provider,
      statement: [...statements, ...(use ? keyStatements(this.bucket, use) : [])],
    });
    if (use) this.bucket.encryption.key?.allow(use, role.roleArn);
    return new IamRolePolicy(scope, 'Policy', {
      provider,
      name: props.policyName,
      role: role.roleName,
      policy: document.json,
      count: role.count,
    });
  }

  private check(id: string, grantee: Grantee, props: GrantProps & { chainIds?: readonly string[] }): void {
    const check = new PropCheck(this);
    check
      .rule(this.node.tryFindChild(id) === undefined, {
        prop: 'id',
        found: `"${id}", which another grant has`,
        allowed: 'an id of its own for each grant',
        fix: 'name the chains of one role in one call, or choose another id',
      })
      .text('policyName', props.policyName, POLICY_NAME, 'choose another name');
    if (typeof grantee === 'string') {
      check.text('grantee', grantee, ROLE_NAME, 'give the part of the ARN after the last "/"');
    }
    checkChainIds(check, 'chainIds', props.chainIds);
    check.throwIfAny('CALL_INVALID');
  }

  private objects(chainIds: readonly string[] | undefined): string[] {
    const { bucketArn } = this.bucket;
    return chainIds ? perChain(chainIds, (chain) => objectsOf(bucketArn, chain)) : [`${bucketArn}/*`];
  }

  private prefixes(chainIds: readonly string[] | undefined) {
    return chainIds ? [when('StringLike', 's3:prefix', ...perChain(chainIds, prefixOf))] : [];
  }
}

import { ENV } from '../../../runtime/contract';
import { KEY_ARN } from '../../storage/anchor-key-reference';
import { isUnknownAtSynth, type PropCheck, quoted, type TextRule } from '../../validation';

/** Secrets by the variables that receive them: ARNs for `valueFrom`. */
export interface SecretArns {
  readonly databaseSecretArn: string;
  /** Absent for a foreign chain, which has no use for keys. */
  readonly hmacKeysSecretArn?: string;
}

/** Policies need the full ARN, with the dash and six characters that Secrets Manager puts behind each name. */
export const SECRET_ARN: TextRule = {
  test: (arn) =>
    /^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[\w/+=.@-]+-[A-Za-z0-9]{6}(:[^:"\\]*:[^:"\\]*:[^:"\\]*)?$/.test(
      arn,
    ),
  allowed:
    'the full ARN of a secret, arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME-XXXXXX, with ":KEY::" behind it for one member of a JSON secret',
};

export const SECRET_ARN_FIX =
  'look it up with "aws secretsmanager describe-secret --secret-id NAME"; never put the secret itself here';

/** What was found where the ARN of a secret belongs. Other texts are not shown: they may be the secret itself. */
export function shownAsArn(value: unknown): string {
  if (typeof value !== 'string') return `a ${typeof value}`;
  return value.startsWith('arn:') ? quoted(value) : `a text of ${value.length} characters that is no ARN`;
}

/** Records what is no reference to a secret. */
export function checkSecretArn(check: PropCheck, prop: string, arn: string | undefined): void {
  if (arn === undefined || isUnknownAtSynth(arn)) return;
  check.rule(SECRET_ARN.test(arn), {
    prop,
    found: shownAsArn(arn),
    allowed: SECRET_ARN.allowed,
    fix: SECRET_ARN_FIX,
  });
}

/** Records what is no ARN of a key. */
export function checkKeyArn(check: PropCheck, prop: string, arn: string | undefined): void {
  check.text(prop, arn, KEY_ARN, 'look it up with "aws kms describe-key"; an alias cannot be granted');
}

/**
 * The secret itself, without the JSON key, stage and version that ECS reads from it. Of a token only what stands
 * behind it as text is cut off.
 */
export function secretWithoutSelector(arn: string): string {
  const [before, named] = arn.split(':secret:');
  if (named !== undefined) return `${before}:secret:${named.split(':')[0]}`;
  return arn.replace(/:[\w.-]*:[\w.-]*:[\w.-]*$/, '');
}

/**
 * Records a secret that would give a verifier the writer's access to the database. Who may read one member of a
 * secret may read them all.
 *
 * @param hmacKeysSecretArn also when it is the writer's
 */
export function checkSecretsApart(
  check: PropCheck,
  { databaseSecretArn, hmacKeysSecretArn }: SecretArns,
  writer: Pick<SecretArns, 'databaseSecretArn'> | undefined,
): void {
  if (writer === undefined) return;
  const written = secretWithoutSelector(writer.databaseSecretArn);
  check
    .rule(secretWithoutSelector(databaseSecretArn) !== written, {
      prop: 'databaseSecretArn',
      found: 'the secret of the writer, or a member of it',
      allowed: 'a secret of its own, for a database role that can only read',
      fix: 'make such a role and a secret with its URL',
    })
    .rule(hmacKeysSecretArn === undefined || secretWithoutSelector(hmacKeysSecretArn) !== written, {
      prop: 'hmacKeysSecretArn',
      found: 'a member of the secret that holds the database URL of the writer',
      allowed: 'a secret without that URL: who may read one member of a secret may read them all',
      fix: 'move the HMAC keys into a secret of their own',
    });
}

/** Variables that ECS fills from Secrets Manager, by name. */
export function taskSecrets({ databaseSecretArn, hmacKeysSecretArn }: SecretArns): Record<string, string> {
  return {
    [ENV.databaseUrl]: databaseSecretArn,
    ...(hmacKeysSecretArn !== undefined && { [ENV.hmacKeys]: hmacKeysSecretArn }),
  };
}

import { KEY_ARN } from '../storage/anchor-key-reference';
import { isUnknownAtSynth, type PropCheck, quoted, type TextRule } from '../validation';

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

import type { TextRule } from '../validation';

/** A principal that `aws:PrincipalArn` can name. Sessions of a role carry the ARN of the role. */
export const PRINCIPAL_ARN: TextRule = {
  test: (arn) => /^arn:aws[a-z-]*:iam::\d{12}:(role|user)\/[\w+=,.@/-]+$/.test(arn),
  allowed:
    'the ARN of an IAM role or user with its path and without wildcards, arn:aws:iam::ACCOUNT:role/NAME',
};

/** How to find it, for the text of faults. */
export const PRINCIPAL_ARN_FIX =
  'for a session such as "arn:aws:sts::…:assumed-role/NAME/…" give the ARN of the role itself, from "aws iam get-role --role-name NAME"';

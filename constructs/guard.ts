import { Fn, type IResolvable, Token } from 'cdktf';

/**
 * Values that Terraform refuses at plan time, for conditions that cannot be seen at synth. A conversion that
 * fails carries the message: cdktf writes lifecycle preconditions wrongly in HCL, and validations of
 * variables cannot look at anything else before Terraform 1.9.
 */

/** `value` while the condition holds. */
export function textWhile(condition: IResolvable, value: string, message: string): string {
  return Token.asString(Fn.conditional(condition, value, Fn.tobool(message)));
}

/** `value` while the condition holds. */
export function numberWhile(condition: IResolvable, value: number, message: string): number {
  return Token.asNumber(Fn.conditional(condition, value, Fn.tonumber(message)));
}

import type { Failure } from './failure';

/** Codes of a login that was refused: the secret of this process may have been replaced since it started. */
const REFUSALS: readonly string[] = ['DB_AUTHENTICATION', 'S3_CREDENTIALS'];

/** Since when the logins of one kind of work are refused, without one in between that was not. */
export class RefusedLogin {
  private first: number | null = null;

  /** Milliseconds since 1970; null while logins are accepted. */
  get since(): number | null {
    return this.first;
  }

  /** @param now milliseconds since 1970 */
  failed({ code }: Pick<Failure, 'code'>, now: number): void {
    if (REFUSALS.includes(code)) this.first ??= now;
    else this.first = null;
  }

  accepted(): void {
    this.first = null;
  }
}

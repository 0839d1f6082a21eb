/** What is told of something that could not be done; every `AuditAnchorError` is one. */
export interface Failure {
  /** A literal of `errors.ts`, or `INTERNAL` for a defect of this program. */
  readonly code: string;
  readonly message: string;
  readonly hint?: string | undefined;
}

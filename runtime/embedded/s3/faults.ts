import type { ErrorAnswer } from './http/response';

/** One thing to go wrong. Without `operation` and `key` it hits any request. */
export interface Fault {
  /** Name of the operation, such as `PutObject`. */
  readonly operation?: string;
  readonly key?: string | RegExp;
  /** How many requests it hits; default 1, `Infinity` for all until `clear()`. */
  readonly times?: number;
  /** Answer this HTTP status instead of doing the work. */
  readonly status?: number;
  /** Error code of that answer; by default the one S3 uses with the status. */
  readonly code?: string;
  /** Milliseconds to wait before anything else. */
  readonly delayMs?: number;
  /**
   * Cut the connection instead of answering: `before` doing the work, or `after` it, so that the write has
   * happened and the client cannot know.
   */
  readonly dropReply?: 'before' | 'after';
}

const CODES: Readonly<Record<number, string>> = {
  400: 'InvalidRequest',
  403: 'AccessDenied',
  404: 'NoSuchKey',
  409: 'ConditionalRequestConflict',
  412: 'PreconditionFailed',
  500: 'InternalError',
  503: 'SlowDown',
};

/** Makes requests fail on purpose, for tests of what a client does about it. */
export class FaultInjector {
  private armed: { readonly fault: Fault; left: number }[] = [];

  /** Arms a fault; several are tried in the order they were injected. */
  inject(fault: Fault): void {
    this.armed.push({ fault, left: fault.times ?? 1 });
  }

  clear(): void {
    this.armed = [];
  }

  /** The fault that hits this request, counted as used. */
  take(operation: string, key: string): Fault | undefined {
    const hit = this.armed.find(({ fault }) => matches(fault, operation, key));
    if (hit === undefined) return undefined;
    hit.left--;
    if (hit.left <= 0) this.armed = this.armed.filter((each) => each !== hit);
    return hit.fault;
  }
}

/** The answer of a fault that has a status or a code. */
export function faultAnswer(fault: Fault): ErrorAnswer | undefined {
  if (fault.status === undefined && fault.code === undefined) return undefined;
  const status = fault.status ?? 500;
  const code = fault.code ?? CODES[status] ?? 'InternalError';
  return { code, status, message: `Injected fault: ${code}`, extra: {} };
}

function matches(fault: Fault, operation: string, key: string): boolean {
  if (fault.operation !== undefined && fault.operation !== operation) return false;
  if (fault.key === undefined) return true;
  // `search` ignores lastIndex, which a global expression would carry from one request to the next.
  return typeof fault.key === 'string' ? fault.key === key : key.search(fault.key) >= 0;
}

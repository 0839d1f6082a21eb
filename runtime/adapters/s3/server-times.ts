import type { S3Client } from '@aws-sdk/client-s3';
import type { Clock, ServerTime } from '../../application/ports';

/** What `next` gives to a middleware, as far as it is looked at here. */
interface Reply {
  readonly response?: unknown;
}

function dateOf({ response }: Reply): number | null {
  const { headers = {} } = (response ?? {}) as { readonly headers?: Readonly<Record<string, string>> };
  const found = Object.entries(headers).find(([name]) => name.toLowerCase() === 'date');
  const date = Date.parse(found?.[1] ?? '');
  return Number.isNaN(date) ? null : date;
}

/** The time that S3 told with its last reply, an error also being one. */
export class ServerTimes {
  private seen: Omit<ServerTime, 'here'> | null = null;

  constructor(private readonly clock: Clock) {}

  get last(): ServerTime | null {
    return this.seen && { ...this.seen, here: this.clock.now() };
  }

  /** Listens to every reply to this client. */
  watch(client: S3Client): void {
    client.middlewareStack.add(
      (next) => async (args) => {
        const sentAt = this.clock.now();
        const reply = await next(args);
        const date = dateOf(reply);
        if (date !== null) {
          this.seen = { date, sentAt, receivedAt: this.clock.now() };
        }
        return reply;
      },
      // Below the parser, which throws for errors.
      { step: 'deserialize', priority: 'low', name: 'auditAnchorServerTime' },
    );
  }
}

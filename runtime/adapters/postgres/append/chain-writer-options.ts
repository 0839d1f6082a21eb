import type { ClientConfig } from 'pg';
import type { Clock } from '../../../application/ports';
import { ConfigError } from '../../../errors';
import type { AppendOptions } from './options';
import type { QueueLimits } from './queue';
import { BATCH_EVENTS } from './batch-store';
import type { ClientPool } from './client-lease';

const MAX_PENDING = 10_000;
const MAX_RETRY_MS = 60_000;

/** Where to write: over a connection of the writer's own, or with clients of a pool. */
export type ChainWriterTarget =
  | {
      /**
       * As `pg` takes it; the writer opens one connection, and another one when it is lost. With `query_timeout`
       * (milliseconds) a server that has gone silent counts as lost before the operating system notices.
       */
      readonly connection: ClientConfig;
      readonly pool?: never;
    }
  | {
      /** A `pg` pool: a client is taken for each batch. The pool stays the caller's to end. */
      readonly pool: ClientPool;
      readonly connection?: never;
    };

/** Which chain is written where, and how long is waited for a database that is away. */
export type ChainWriterOptions = AppendOptions &
  ChainWriterTarget & {
    /**
     * Events of one transaction, 1 to 10,000; one of more than 4 MiB ends earlier.
     *
     * @default 1000
     */
    readonly maxBatch?: number;
    /**
     * Milliseconds an event may wait for others before its batch is sent, 0 to 60,000. While one batch is being
     * committed the next one gathers in any case.
     *
     * @default 0: what is there when the writer is free is sent
     */
    readonly maxWaitMs?: number;
    /**
     * Events that may wait or be under way, 1 to 1,000,000; `append` refuses more with `QUEUE_FULL`.
     *
     * @default 10000
     */
    readonly maxPending?: number;
    /**
     * Milliseconds for which a database that cannot be reached is tried again before events are rejected, 0 or more.
     *
     * @default 60000
     */
    readonly maxRetryMs?: number;
    /** Stops without draining: waiting events are rejected, a batch under way gets 2 seconds to end. */
    readonly signal?: AbortSignal;
    /**
     * For the waits between attempts.
     *
     * @default the machine's clock
     */
    readonly clock?: Clock;
    /**
     * Random part of those waits, in [0, 1).
     *
     * @default Math.random
     */
    readonly jitter?: () => number;
  };

function requireWithin(name: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new ConfigError('USAGE', `${name}: found ${value}, allowed an integer from ${least} to ${most}`);
}

/** @throws ConfigError `USAGE` naming the option */
export function limitsOf(options: ChainWriterOptions): QueueLimits {
  return {
    batch: requireWithin('maxBatch', options.maxBatch ?? BATCH_EVENTS, 1, 10_000),
    waitMs: requireWithin('maxWaitMs', options.maxWaitMs ?? 0, 0, 60_000),
    pending: requireWithin('maxPending', options.maxPending ?? MAX_PENDING, 1, 1_000_000),
  };
}

/** @throws ConfigError `USAGE` */
export function retryMsOf({ maxRetryMs = MAX_RETRY_MS }: ChainWriterOptions): number {
  return requireWithin('maxRetryMs', maxRetryMs, 0, Number.MAX_SAFE_INTEGER);
}

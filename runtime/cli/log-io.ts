import { createLogger } from '../adapters/events/logger';
import { Metrics } from '../adapters/events/metrics';
import { createServiceLog } from '../adapters/events/service-log';
import type { Failure } from '../application/failure';
import type { ServiceSink } from '../application/service';
import type { Outcome } from '../commands/outcome';
import type { ExitCode } from '../contract';
import { AuditAnchorError } from '../errors';
import { SILENT } from '../terminal/progress';
import type { CommandIo, OutputStream } from './command-io';
import { exitOfError } from './command-io';
import type { Job } from './job';

export interface LogOptions {
  readonly job: Job;
  /** Null when it is not known: then there are no metrics, which would belong to no chain. */
  readonly chainId: string | null;
  /** Whether the chain is a foreign one. */
  readonly foreign: boolean;
  readonly quiet: boolean;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** `AUDIT_OUTPUT=log`: tells outcomes and errors as log lines and metrics on stdout, and prints nothing else there. */
export class LogIo implements CommandIo {
  readonly progress = SILENT;
  readonly sink: ServiceSink;

  constructor(
    stdout: OutputStream,
    private readonly stderr: OutputStream,
    private readonly options: LogOptions,
  ) {
    const { chainId, foreign, quiet, now } = options;
    const write = (line: string): unknown => stdout.write(`${line}\n`);
    const metrics = chainId === null ? null : new Metrics(chainId, now, write, foreign);
    this.sink = createServiceLog(createLogger(stdout, quiet), metrics);
  }

  print({ exitCode, tell }: Outcome): ExitCode {
    tell?.(this.sink);
    return exitCode;
  }

  printError(error: unknown): ExitCode {
    const { job } = this.options;
    const failure = this.failureOf(error);
    if (job.kind === 'anchoring') this.sink.anchorFailed(failure);
    else this.sink.verificationFailed(failure, job.scope);
    return exitOfError(error);
  }

  private failureOf(error: unknown): Failure {
    if (error instanceof AuditAnchorError) return error as AuditAnchorError;
    if (error instanceof Error) this.stderr.write(`${error.stack ?? ''}\n`);
    const message = error instanceof Error ? error.message : String(error);
    return { code: 'INTERNAL', message, hint: 'This is a defect of audit-anchor' };
  }
}

import type { Outcome } from '../commands/outcome';
import type { ExitCode } from '../contract';
import { EXIT } from '../contract';
import { AuditAnchorError, ConfigError, UnavailableError } from '../errors';
import { printable } from '../printable';
import type { Colors } from '../terminal/colors';
import { colorsWanted, createColors } from '../terminal/colors';
import type { Progress } from '../terminal/progress';
import { createProgress, progressWanted, SILENT } from '../terminal/progress';
import type { CommandIo, OutputStream } from './command-io';
import { exitOfError } from './command-io';

export interface TerminalOptions {
  readonly json: boolean;
  readonly quiet: boolean;
}

/** Prints outcomes and errors: results on stdout, everything else on stderr. */
export class TerminalIo implements CommandIo {
  readonly colors: Colors;
  readonly errorColors: Colors;
  readonly progress: Progress;
  readonly sink = null;

  constructor(
    private readonly stdout: OutputStream,
    private readonly stderr: OutputStream,
    env: NodeJS.ProcessEnv,
    private readonly options: TerminalOptions,
  ) {
    this.colors = createColors(colorsWanted(stdout, env));
    this.errorColors = createColors(colorsWanted(stderr, env));
    this.progress = progressWanted(stderr, env, options) ? createProgress(stderr) : SILENT;
  }

  /** Prints the outcome and returns its exit code. With --quiet only what needs attention is printed. */
  print(outcome: Outcome): ExitCode {
    if (this.options.json) {
      this.stdout.write(
        `${JSON.stringify({ exitCode: outcome.exitCode, ...documentOf(outcome) }, null, 2)}\n`,
      );
    } else if (!this.options.quiet || outcome.asked || outcome.exitCode !== EXIT.ok) {
      this.stdout.write(`${outcome.text(this.colors).join('\n')}\n`);
    }
    return outcome.exitCode;
  }

  /** Prints the error and returns its exit code. */
  printError(error: unknown): ExitCode {
    const known: AuditAnchorError | null = error instanceof AuditAnchorError ? error : null;
    const exitCode = exitOfError(error);
    const message = error instanceof Error ? error.message : String(error);
    if (this.options.json) {
      const { code = 'INTERNAL', hint } = known ?? {};
      const faults = known instanceof ConfigError && known.faults.length > 0 ? { faults: known.faults } : {};
      const details = { code, message, ...(hint === undefined ? {} : { hint }), ...faults };
      this.stdout.write(`${JSON.stringify({ exitCode, ...known?.done, error: details }, null, 2)}\n`);
      return exitCode;
    }
    const label = known instanceof UnavailableError ? 'could not be evaluated' : 'error';
    const shown = printableLines(message);
    this.stderr.write(`${this.errorColors.bad(`${label}:`)} ${shown}${known ? ` [${known.code}]` : ''}\n`);
    if (known?.hint !== undefined) this.stderr.write(`  ${printableLines(known.hint)}\n`);
    if (!known) this.stderr.write(`${framesOf(error)}This is a defect of audit-anchor.\n`);
    return exitCode;
  }
}

/** Where an error was thrown, without its message. */
function framesOf(error: unknown): string {
  const lines = error instanceof Error ? (error.stack ?? '').split('\n') : [];
  const first = lines.findIndex((line) => /^\s+at /.test(line));
  return first < 0 ? '' : `${lines.slice(first).join('\n')}\n`;
}

function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n');
}

function documentOf({ document }: Outcome): object {
  return typeof document === 'object' && document !== null ? document : { result: document };
}

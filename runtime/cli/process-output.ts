import { fstatSync, readSync, statSync } from 'node:fs';
import type { ExitCode } from '../contract';
import { EXIT } from '../contract';
import { counted } from '../terminal/duration';
import { BoundedLines } from './bounded-lines';
import type { OutputLoss, OutputStream } from './command-io';

/** How long the end of a command waits for a reader that does not read, milliseconds. */
const UNREAD_MS = 60_000;
const NULL_DEVICE = '/dev/null';
/** The reader of a pipe left, or a terminal was closed. */
const LEFT = ['EPIPE', 'EIO'];

/** An output of the process, which remembers what could not be written. */
export class ProcessOutput implements OutputStream {
  private lost: OutputLoss | null;
  private readonly lines: { write(text: string): unknown };

  /**
   * @param onTrouble called when it cannot be written for another reason than that nobody reads it
   * @param options.bounded true for lines without end: what nobody reads is left out and counted (`BoundedLines`)
   * @param options.unreadMs how long `loss` waits for a reader
   */
  constructor(
    private readonly stream: NodeJS.WriteStream & { readonly fd: number },
    private readonly onTrouble: () => void,
    private readonly options: { readonly bounded?: boolean; readonly unreadMs?: number } = {},
  ) {
    this.lines = options.bounded ? new BoundedLines(stream, leftOut) : stream;
    this.lost = wasClosed(stream.fd) ? { left: true, why: 'it is closed' } : null;
    stream.on('error', (error) => this.note(error));
  }

  get isTTY(): boolean {
    return this.stream.isTTY;
  }

  get columns(): number {
    return this.stream.columns;
  }

  write(text: string): unknown {
    try {
      return this.lines.write(text);
    } catch (error) {
      // Files are written at once, and some versions of Node.js throw what goes wrong.
      this.note(error);
      return false;
    }
  }

  async loss(): Promise<OutputLoss | null> {
    const { unreadMs = UNREAD_MS } = this.options;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      timer = setTimeout(() => {
        this.lost ??= { left: false, why: `nobody has read it for ${unreadMs / 1000} s` };
        resolve();
      }, unreadMs);
      this.stream.write('', () => resolve());
    });
    clearTimeout(timer);
    return this.lost;
  }

  private note(error: unknown): void {
    const { code = String(error) } = error as NodeJS.ErrnoException;
    const left = LEFT.includes(code);
    this.lost ??= { left, why: code };
    if (!left) this.onTrouble();
  }
}

/** A line of the log, which also stands between metrics. */
function leftOut(lines: number): string {
  const msg = `${counted(lines, 'line')} left out: nobody read this output`;
  return `${JSON.stringify({ level: 'warn', time: new Date().toISOString(), lines, msg })}\n`;
}

/** Node.js opens the null device for an output that is closed; other than behind `> /dev/null` it can be read. */
function wasClosed(fd: number): boolean {
  try {
    const stats = fstatSync(fd);
    if (!stats.isCharacterDevice() || stats.rdev !== statSync(NULL_DEVICE).rdev) return false;
    readSync(fd, Buffer.alloc(1));
    return true;
  } catch {
    return false;
  }
}

/**
 * Exit code of a command once its output has arrived or was lost. Tampering stays tampering, and success without its
 * output is none. The reader of a report may leave early (`| head`).
 * @param printedOnly what was printed is kept nowhere else
 */
export async function exitAfterOutput(
  exitCode: ExitCode,
  printedOnly: boolean,
  { stdout, stderr }: { readonly stdout: OutputStream; readonly stderr: OutputStream },
): Promise<ExitCode> {
  const outputs = [
    { name: 'standard output', loss: await stdout.loss?.(), needed: printedOnly },
    { name: 'standard error', loss: await stderr.loss?.(), needed: false },
  ];
  const lost = outputs.find(({ loss, needed }) => loss && (needed || !loss.left));
  if (!lost) return exitCode;
  const known = exitCode === EXIT.tampered ? 'tampering was found, but ' : '';
  stderr.write(
    `error: ${known}${lost.name} cannot be written (${lost.loss?.why}): what was to stand there is lost\n` +
      '  Send it where there is room and somebody reads it, and run the command again.\n',
  );
  return exitCode === EXIT.ok ? EXIT.notEvaluated : exitCode;
}

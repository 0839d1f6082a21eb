import type { ServiceSink } from '../application/service';
import type { ExitCode } from '../contract';
import { EXIT } from '../contract';
import type { Finding } from '../domain/findings/finding';
import type { Verdict } from '../domain/findings/verdict';
import type { Colors } from '../terminal/colors';

/** What a command gives back; the CLI prints one form of it and exits. */
export interface Outcome {
  readonly exitCode: ExitCode;
  /** The document of `--json`. */
  readonly document: unknown;
  /** The same for people. */
  readonly text: (colors: Colors) => readonly string[];
  /** The same for log and metrics, where the command has something to tell there. */
  readonly tell?: (sink: ServiceSink) => void;
  /** The text is what was asked for, and is printed with --quiet too. */
  readonly asked?: boolean;
  /** What is printed is kept nowhere else: when it cannot be written the command has failed. */
  readonly printedOnly?: boolean;
  /** What goes on once it was printed; the command ends after it. */
  readonly lasting?: () => Promise<void>;
}

export function exitOfVerdict(verdict: Verdict): ExitCode {
  if (verdict === 'verified') return EXIT.ok;
  return verdict === 'tampered' ? EXIT.tampered : EXIT.notEvaluated;
}

/** Exit code of something that was refused because of findings. */
export function exitOfFindings(findings: readonly Finding[]): ExitCode {
  return findings.some(({ severity }) => severity === 'tampering') ? EXIT.tampered : EXIT.notEvaluated;
}

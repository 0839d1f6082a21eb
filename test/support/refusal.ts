import type { CliScene } from './cli-scene';
import type { CliRun } from './run-cli';

/** A command that has to be refused, or that has to come to a finding. */
export interface Refusal {
  readonly command: string;
  readonly more?: () => Record<string, string>;
  readonly exitCode: number;
  /** Code of the error, or of the finding that stands first. */
  readonly code: string;
  /** What the text has to name. */
  readonly says: RegExp;
}

function codeOf({ document }: CliRun): string | undefined {
  const { error, findings } = document as { error?: { code: string }; findings?: { code: string }[] };
  return error?.code ?? findings?.[0]?.code;
}

/** Runs a command both ways: as text for people, who get no stack, and as one document. */
export async function expectRefusal(
  scene: CliScene,
  { command, more, exitCode, code, says }: Refusal,
  stdin = '',
): Promise<void> {
  const env = more?.() ?? {};
  const text = await scene.run(command, { more: env, stdin });
  expect(text.exitCode).toBe(exitCode);
  expect(text.stdout + text.stderr).toMatch(says);
  expect(text.stdout + text.stderr).not.toMatch(/\n {4}at |defect of audit-anchor/);
  const json = await scene.run(`${command} --json`, { more: env, stdin });
  expect(json.exitCode).toBe(exitCode);
  expect(codeOf(json)).toBe(code);
  expect(json.document.exitCode).toBe(exitCode);
}

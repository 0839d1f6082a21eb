import { Readable } from 'node:stream';
import { main } from '../../runtime/cli';
import type { ExitCode } from '../../runtime/contract';
import { startThread } from './reader-threads';

export interface CliRun {
  readonly exitCode: ExitCode;
  readonly stdout: string;
  readonly stderr: string;
  /** What stood on stdout with --json, parsed; it fails there when it was not exactly one document. */
  readonly document: Record<string, unknown>;
}

export interface CliInput {
  readonly env?: NodeJS.ProcessEnv;
  readonly stdin?: string | Readable;
  readonly signal?: AbortSignal;
  /** Sees what is written to stdout as it is written. */
  readonly onOutput?: (text: string) => void;
  /** Whether both outputs are terminals. */
  readonly isTTY?: boolean;
}

/** Every secret of an environment, in every form in which it could be printed. */
export function secretsOf(env: NodeJS.ProcessEnv): string[] {
  const passwords = [env.DATABASE_URL ?? '', env.AUDIT_VERIFY_DATABASE_URL ?? '']
    .filter((url) => URL.canParse(url))
    .map((url) => new URL(url).password);
  const ring = env.AUDIT_HMAC_KEYS ?? '';
  const keys = [...ring.matchAll(/"([A-Za-z0-9+/_=-]{16,})"/g)].map(([, key]) => key ?? '');
  const decoded = keys.flatMap((key) => {
    const bytes = Buffer.from(key, 'base64');
    return [bytes.toString('hex'), bytes.toString('latin1'), bytes.toString('base64url')];
  });
  return [
    ...passwords,
    ...passwords.map(decodeURIComponent),
    env.PGPASSWORD ?? '',
    env.AWS_SECRET_ACCESS_KEY ?? '',
    ...keys,
    ...decoded,
  ].filter((secret) => secret.length >= 6);
}

/**
 * Runs the program through its entry. Whatever it prints is searched for the secrets of its environment, and with
 * --json stdout has to be one JSON document.
 */
export async function runCli(args: readonly string[], input: CliInput = {}): Promise<CliRun> {
  const { env = {}, stdin = '', signal = new AbortController().signal, onOutput, isTTY = false } = input;
  let stdout = '';
  let stderr = '';
  const exitCode = await main({
    args,
    env,
    stdin: typeof stdin === 'string' ? Readable.from(stdin === '' ? [] : [Buffer.from(stdin)]) : stdin,
    stdout: {
      isTTY,
      write(text) {
        stdout += text;
        onOutput?.(text);
      },
    },
    stderr: { isTTY, write: (text) => (stderr += text) },
    signal,
    startThread,
  });
  for (const secret of secretsOf(env)) {
    expect(stdout).not.toContain(secret);
    expect(stderr).not.toContain(secret);
  }
  const document = args.includes('--json') ? (JSON.parse(stdout) as Record<string, unknown>) : {};
  return { exitCode, stdout, stderr, document };
}

/** Text in which everything that differs from run to run is named instead. */
export function steady(text: string): string {
  return text
    .replace(/\d{4}\/\d{2}\/\d{2}\/\d{2}\/anchor-\d{8}T\d{6}Z/g, '<date>/anchor-<time>')
    .replace(/\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?Z/g, '<time>')
    .replace(/\d{4}-\d{2}-\d{2}/g, '<day>')
    .replace(/\b[0-9a-f]{64}\b/g, '<hash>')
    .replace(/(version:? +)[\w.]{20,}/g, '$1<version>')
    .replace(/system \d{10,}/g, 'system <id>')
    .replace(/\boid \d+/g, 'oid <oid>')
    .replace(/LSN [0-9A-F]+\/[0-9A-F]+/g, 'LSN <lsn>')
    .replace(/127\.0\.0\.1:\d+/g, '127.0.0.1:<port>')
    .replace(/audit-anchors-\d+/g, '<bucket>')
    .replace(/test_[0-9a-f]{16}/g, '<database>');
}

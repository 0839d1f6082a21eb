import { ENV } from '../../runtime/contract';
import { Embedded } from './embedded';
import type { CliInput, CliRun } from './run-cli';
import { runCli } from './run-cli';

const AWS = {
  AWS_ACCESS_KEY_ID: 'cli-test',
  AWS_SECRET_ACCESS_KEY: 'secret-access-key-of-the-cli-test',
} as const;

/** The servers, the environment in which the CLI works on them, and the AWS keys, which the SDK takes from the process. */
export class CliScene {
  private readonly before = { ...process.env };

  private constructor(readonly embedded: Embedded) {}

  static async start(): Promise<CliScene> {
    const scene = new CliScene(await Embedded.start());
    Object.assign(process.env, AWS);
    scene.setClock();
    return scene;
  }

  async stop(): Promise<void> {
    for (const name of Object.keys(AWS)) {
      if (this.before[name] === undefined) delete process.env[name];
      else process.env[name] = this.before[name];
    }
    await this.embedded.stop();
  }

  /** The CLI lives by the machine's clock; so has S3, or its times would seem forged. */
  setClock(): void {
    this.embedded.clock.followMachine();
  }

  /** An empty table, a new bucket, and the clock of the machine. */
  async reset(): Promise<void> {
    await this.embedded.reset();
    this.setClock();
  }

  env(more: Readonly<Record<string, string>> = {}): Record<string, string> {
    return this.embedded.environment({ ...AWS, ...more });
  }

  /** Without database and HMAC keys, as an auditor works. */
  auditorEnv(): Record<string, string> {
    const env = this.env();
    for (const name of [ENV.databaseUrl, ENV.hmacKeys, ENV.hmacActiveKeyId]) delete env[name];
    return env;
  }

  run(
    args: string,
    input: CliInput & { readonly more?: Readonly<Record<string, string>> } = {},
  ): Promise<CliRun> {
    const { more, ...rest } = input;
    return runCli(args.split(' '), { env: this.env(more), ...rest });
  }

  /** JSON lines of this many events. */
  events(count: number, details: unknown = null): string {
    const start = Date.parse('2026-01-15T14:00:00Z');
    return Array.from({ length: count }, (_, at) =>
      JSON.stringify({
        occurred_at: new Date(start + at * 1000).toISOString(),
        actor: 'alice@example.com',
        action: 'login',
        outcome: 'success',
        ...(details === null ? {} : { details }),
      }),
    ).join('\n');
  }
}

import { randomBytes } from 'node:crypto';
import type { Cleanup } from '../../support/programs/cleanup';
import { LoopbackServer } from '../../support/programs/loopback-server';

const LIFETIME_MS = 3_600_000;

interface Session {
  readonly AccessKeyId: string;
  readonly SecretAccessKey: string;
  readonly Token: string;
}

/** Gives tasks the credentials of their roles, as the agent of ECS does: over HTTP, at an address that only they know. */
export class TaskCredentials {
  private readonly sessions = new Map<string, Session>();
  private readonly paths = new Map<string, string>();
  private readonly server = new LoopbackServer((incoming, outgoing) => {
    const roleArn = this.paths.get(incoming.url ?? '');
    const session = roleArn === undefined ? undefined : this.sessions.get(roleArn);
    if (session === undefined) {
      outgoing.writeHead(404).end();
      return;
    }
    const Expiration = new Date(Date.now() + LIFETIME_MS).toISOString();
    outgoing.writeHead(200, { 'content-type': 'application/json' });
    outgoing.end(JSON.stringify({ ...session, RoleArn: roleArn, Expiration }));
  });

  private constructor(roleArns: readonly string[]) {
    for (const roleArn of roleArns) {
      this.sessions.set(roleArn, {
        AccessKeyId: `ASIA${randomBytes(8).toString('hex').toUpperCase()}`,
        SecretAccessKey: randomBytes(30).toString('base64'),
        Token: randomBytes(60).toString('base64'),
      });
      this.paths.set(`/v2/credentials/${randomBytes(16).toString('hex')}`, roleArn);
    }
  }

  static async start(roleArns: readonly string[], cleanup: Cleanup): Promise<TaskCredentials> {
    const credentials = new TaskCredentials(roleArns);
    await credentials.server.open(cleanup);
    return credentials;
  }

  get port(): number {
    return this.server.port;
  }

  /** Roles by the access keys of their sessions. */
  get principals(): Readonly<Record<string, string>> {
    return Object.fromEntries([...this.sessions].map(([roleArn, { AccessKeyId }]) => [AccessKeyId, roleArn]));
  }

  /** What must never be in an output. */
  get secrets(): readonly string[] {
    return [...this.sessions.values()].flatMap(({ SecretAccessKey, Token }) => [SecretAccessKey, Token]);
  }

  /** Variables that a task with this role finds in its environment. */
  environmentOf(roleArn: string): Readonly<Record<string, string>> {
    const path = [...this.paths].find(([, arn]) => arn === roleArn)?.[0];
    if (path === undefined) throw new Error(`no task was expected under ${roleArn}`);
    return { AWS_CONTAINER_CREDENTIALS_FULL_URI: `http://127.0.0.1:${this.port}${path}` };
  }
}

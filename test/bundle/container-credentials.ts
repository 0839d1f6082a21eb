import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Credentials as the agent of ECS hands them to a task with a role. */
export interface ContainerCredentials {
  /** What the platform puts into the environment of the task. */
  readonly env: Readonly<Record<string, string>>;
  readonly secret: string;
  /** How often they were asked for. */
  readonly asked: () => number;
  close(): Promise<void>;
}

export async function serveContainerCredentials(): Promise<ContainerCredentials> {
  let asked = 0;
  const secret = 'secret-access-key-of-the-task-role';
  const server = createServer((_request, response) => {
    asked += 1;
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify({
        AccessKeyId: 'ASIATASKROLE',
        SecretAccessKey: secret,
        Token: 'token-of-the-task-role',
        Expiration: new Date(Date.now() + 3_600_000).toISOString(),
      }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    env: { AWS_CONTAINER_CREDENTIALS_FULL_URI: `http://127.0.0.1:${port}/v2/credentials` },
    secret,
    asked: () => asked,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

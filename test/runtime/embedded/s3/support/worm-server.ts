process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateBucketCommand,
  PutObjectCommand,
  PutObjectLockConfigurationCommand,
  S3Client,
  type PutObjectCommandInput,
  type S3ClientConfig,
} from '@aws-sdk/client-s3';
import { startWormS3, type WormS3, type WormS3Options } from '../../../../../runtime/embedded/s3/server';

/** Noon of a day in 2030; tests move it. */
export class TestClock {
  time = Date.parse('2030-06-15T12:00:00.250Z');

  now(): number {
    return this.time;
  }

  advanceDays(days: number): void {
    this.time += days * 86_400_000;
  }

  inDays(days: number): Date {
    return new Date(Math.floor(this.time / 1000) * 1000 + days * 86_400_000);
  }
}

/** One server on a folder of its own, and clients of it; `stop` leaves nothing behind. */
export class WormServer {
  readonly clock = new TestClock();
  private clients: S3Client[] = [];

  private constructor(
    readonly directory: string,
    private readonly options: Partial<WormS3Options>,
    public server: WormS3,
    public s3: S3Client,
  ) {}

  static async start(options: Partial<WormS3Options> = {}): Promise<WormServer> {
    const directory = await mkdtemp(join(tmpdir(), 'worm-s3-'));
    const placeholder = undefined as unknown;
    const worm = new WormServer(directory, options, placeholder as WormS3, placeholder as S3Client);
    await worm.restart();
    return worm;
  }

  /** Closes the server, if it runs, and opens the same folder again. */
  async restart(): Promise<void> {
    await (this.server as WormS3 | undefined)?.close();
    this.server = await startWormS3({ directory: this.directory, clock: this.clock, ...this.options });
    this.s3 = this.client();
  }

  client(config: S3ClientConfig = {}): S3Client {
    const client = new S3Client({
      endpoint: this.server.endpoint,
      region: 'us-east-1',
      forcePathStyle: true,
      maxAttempts: 1,
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      ...config,
    });
    this.clients.push(client);
    return client;
  }

  async stop(): Promise<void> {
    for (const client of this.clients) client.destroy();
    await this.server.close();
    await rm(this.directory, { recursive: true, force: true });
  }

  async createBucket(Bucket: string, lock: { days?: number } | null = {}): Promise<string> {
    await this.s3.send(new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: lock !== null }));
    if (lock?.days !== undefined) {
      await this.s3.send(
        new PutObjectLockConfigurationCommand({
          Bucket,
          ObjectLockConfiguration: {
            ObjectLockEnabled: 'Enabled',
            Rule: { DefaultRetention: { Mode: 'COMPLIANCE', Days: lock.days } },
          },
        }),
      );
    }
    return Bucket;
  }

  /** Puts an object and gives its version id. */
  async put(Bucket: string, Key: string, more: Partial<PutObjectCommandInput> = {}): Promise<string> {
    const { VersionId } = await this.s3.send(new PutObjectCommand({ Bucket, Key, Body: Key, ...more }));
    return VersionId ?? 'none';
  }
}

/** What a refused request tells a client. */
export interface Refusal {
  readonly code: string;
  readonly status: number;
}

/** The error of a request that must fail; fails the test when it succeeds. */
export async function refusal(request: Promise<unknown>): Promise<Refusal> {
  const error = await request.then(
    () => undefined,
    (reason: unknown) => reason as { name: string; $metadata?: { httpStatusCode?: number } },
  );
  if (error === undefined) throw new Error('The request succeeded');
  return { code: error.name, status: error.$metadata?.httpStatusCode ?? 0 };
}

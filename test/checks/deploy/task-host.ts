import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ENV, IMAGE } from '../../../runtime/contract';
import type { Cleanup } from '../../support/programs/cleanup';
import { runProgram, startProgram } from '../../support/programs/run';
import { freePort } from '../terraform/moto';
import type { Container, TaskDefinition } from './applied';
import type { Secrets } from './secrets';
import type { TaskCredentials } from './task-credentials';
import { TaskLog } from './task-log';

/** Seconds that a task may take that does one thing and ends. */
const ONE_RUN_SECONDS = 60;

/** What tasks are given here instead of what their definitions say: another S3, and a port of their own each. */
export const HOST_SETTINGS = [ENV.s3Endpoint, ENV.httpPort] as const;

/** What stands for the image, the agent of ECS and the network. */
export interface TaskHostOptions {
  /** The bundled program. */
  readonly bundle: string;
  readonly s3Endpoint: string;
  readonly credentials: TaskCredentials;
  readonly secrets: Secrets;
  /** Where each task gets an empty folder to run in; made when it is not there. */
  readonly folder: string;
  readonly cleanup: Cleanup;
}

/** A task that was started. */
export interface Task {
  readonly definition: TaskDefinition;
  readonly log: TaskLog;
  readonly pid: number;
  /** Port of the health endpoints on this machine, null when the task has none. */
  readonly port: number | null;
  readonly environment: Readonly<Record<string, string>>;
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  hasEnded(): boolean;
  kill(signal: NodeJS.Signals): void;
}

/** Starts tasks on this machine the way ECS starts containers: nothing is in the environment but what they are given. */
export class TaskHost {
  /** Every task that was ever started. */
  readonly tasks: Task[] = [];

  constructor(private readonly options: TaskHostOptions) {}

  /** Starts a task with the secrets of this moment. */
  async start(definition: TaskDefinition): Promise<Task> {
    const { cleanup, folder } = this.options;
    const { container } = definition;
    assert.deepEqual(
      container.entryPoint,
      [IMAGE.node, IMAGE.program],
      `entry point of ${definition.family}`,
    );
    const port = await portFor(container);
    const environment = await this.environmentOf(definition, port);
    const cwd = join(folder, `task-${this.tasks.length + 1}`);
    mkdirSync(cwd, { recursive: true });
    const [program, ...args] = this.here([...container.entryPoint, ...container.command]);
    const child = startProgram(program ?? '', args, { cwd, env: environment, cleanup });
    const task = taskOf(child, { definition, port, environment }, () =>
      assert.deepEqual(
        readdirSync(cwd),
        [],
        `${definition.family} wrote files; its file system is read-only`,
      ),
    );
    this.tasks.push(task);
    return task;
  }

  /** Starts a task that ends by itself; its exit code. */
  async run(definition: TaskDefinition): Promise<{ readonly code: number | null; readonly log: TaskLog }> {
    const task = await this.start(definition);
    const late = setTimeout(() => task.kill('SIGKILL'), ONE_RUN_SECONDS * 1_000);
    const { code, signal } = await task.ended;
    clearTimeout(late);
    assert.equal(
      signal,
      null,
      `${definition.family} did not end within ${ONE_RUN_SECONDS} s:\n${task.log.text}`,
    );
    return { code, log: task.log };
  }

  /** Runs the health check of a task inside of it; its exit code. */
  async healthOf({ definition, environment }: Task): Promise<number> {
    const { folder, cleanup } = this.options;
    const [kind, ...command] = definition.container.healthCheck?.command ?? [];
    assert.equal(kind, 'CMD', 'the image has no shell for a health check');
    const [program, ...args] = this.here(command);
    const { code } = await runProgram(program ?? '', args, { cwd: folder, env: { ...environment }, cleanup });
    return code;
  }

  /** Stops a task as ECS does; rejects when it had to be killed. */
  async stop(task: Task): Promise<number | null> {
    const { stopTimeout } = task.definition.container;
    task.kill('SIGTERM');
    const late = setTimeout(() => task.kill('SIGKILL'), stopTimeout * 1_000);
    const { code, signal } = await task.ended;
    clearTimeout(late);
    assert.equal(signal, null, `it did not end within its ${stopTimeout} s:\n${task.log.text}`);
    return code;
  }

  private here(command: readonly string[]): string[] {
    const places: Readonly<Record<string, string>> = {
      [IMAGE.node]: process.execPath,
      [IMAGE.program]: this.options.bundle,
    };
    return command.map((part) => places[part] ?? part);
  }

  private async environmentOf(
    { container, taskRoleArn }: TaskDefinition,
    port: number | null,
  ): Promise<Record<string, string>> {
    const { secrets, credentials, s3Endpoint } = this.options;
    const plain = container.environment.map(({ name, value }) => [name, value] as const);
    const secret = container.secrets.map(
      async ({ name, valueFrom }) => [name, await secrets.resolve(valueFrom)] as const,
    );
    return {
      ...Object.fromEntries(plain),
      ...Object.fromEntries(await Promise.all(secret)),
      ...credentials.environmentOf(taskRoleArn),
      ...hostSettings(s3Endpoint, port),
    };
  }
}

function hostSettings(
  s3Endpoint: string,
  port: number | null,
): Partial<Record<(typeof HOST_SETTINGS)[number], string>> {
  return { [ENV.s3Endpoint]: s3Endpoint, ...(port !== null && { [ENV.httpPort]: String(port) }) };
}

/** Tasks have a network each, and all may use the same port; here they share one. */
async function portFor({ environment }: Container): Promise<number | null> {
  return environment.some(({ name }) => name === ENV.httpPort) ? freePort() : null;
}

function taskOf(
  child: ChildProcess,
  started: Pick<Task, 'definition' | 'port' | 'environment'>,
  atEnd: () => void,
): Task {
  const log = new TaskLog();
  child.stdin?.end();
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => log.takeOutput(chunk));
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => log.takeErrors(chunk));
  let over = false;
  const ended = new Promise<Awaited<Task['ended']>>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      over = true;
      try {
        assert.deepEqual(log.strangers, [], 'lines of a task that are no JSON');
        atEnd();
        resolve({ code, signal });
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    });
  });
  // Whoever stops waiting for a task early has another error to show.
  ended.catch(() => undefined);
  return {
    ...started,
    log,
    ended,
    pid: child.pid ?? 0,
    hasEnded: () => over,
    kill: (signal) => child.kill(signal),
  };
}

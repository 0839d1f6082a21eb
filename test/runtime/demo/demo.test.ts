import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCli } from '../../support/run-cli';

jest.setTimeout(60_000);

const ROOT = join(__dirname, '../../..');

/** Folders the demo could have left behind. */
function leftovers(): string[] {
  return readdirSync(tmpdir()).filter((name) => name.startsWith('audit-anchor-demo-'));
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: '127.0.0.1', port }, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

interface DemoDocument {
  readonly anchors: readonly { trigger: string; key: string; lastSeq: number }[];
  readonly verification: {
    verdict: string;
    contents: string;
    bucket: string;
    chainId: string;
    findings: unknown[];
  };
  readonly attacks: readonly {
    found: boolean;
    expected: string;
    report: { verdict: string; findings: { code: string }[] };
  }[];
  readonly environment?: Record<string, string>;
}

test('an honest chain is verified, three attacks are found, nothing is left', async () => {
  const before = leftovers();
  const { exitCode, document, stderr } = await runCli(['demo', '--json'], { env: {} });
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  const { anchors, verification, attacks } = document as unknown as DemoDocument;
  expect(verification).toMatchObject({
    verdict: 'verified',
    contents: 'verified',
    bucket: 'audit-anchors-prod',
    chainId: 'production',
    findings: [],
  });
  expect(new Set(anchors.map(({ trigger }) => trigger))).toEqual(
    new Set(['interval', 'events', 'key_rotation', 'manual', 'shutdown']),
  );
  expect(attacks.map(({ found, report }) => [found, report.verdict, report.findings[0]?.code])).toEqual([
    [true, 'tampered', 'EVENT_HASH'],
    [true, 'tampered', 'ANCHORED_HASH'],
    [true, 'tampered', 'ANCHOR_OVERLAID'],
  ]);
  expect(leftovers()).toEqual(before);
});

test('--keep prints an environment in which every command works, until it is stopped', async () => {
  const stop = new AbortController();
  const before = leftovers();
  const checks: Promise<void>[] = [];
  const ports: number[] = [];
  const check = async (text: string): Promise<void> => {
    const env: Record<string, string> = Object.fromEntries(
      [...text.matchAll(/^export (\w+)=(.*)$/gm)].map(([, name, value]) => [name, unquoted(value)]),
    );
    ports.push(Number(env.PGPORT), Number(new URL(env.AWS_ENDPOINT_URL_S3 ?? '').port));
    for (const port of ports) expect(await answers(port)).toBe(true);
    const original = { ...process.env };
    Object.assign(process.env, {
      AWS_ACCESS_KEY_ID: env.AWS_ACCESS_KEY_ID,
      AWS_SECRET_ACCESS_KEY: env.AWS_SECRET_ACCESS_KEY,
    });
    try {
      const verified = await runCli(['verify', '--json'], { env });
      expect(verified.document).toMatchObject({ exitCode: 0, verdict: 'verified', contents: 'verified' });
      expect((await runCli(['status', '--json'], { env })).document).toMatchObject({
        exitCode: 0,
        unanchoredEvents: 42,
      });
      expect((await runCli(['anchor', '--force', '--json'], { env })).document).toMatchObject({
        exitCode: 0,
        outcome: 'written',
      });
    } finally {
      process.env = original;
    }
  };
  const { exitCode, stdout } = await runCli(['demo', '--keep', '--quiet'], {
    env: {},
    signal: stop.signal,
    onOutput: (text) => {
      if (text.includes('Both servers stay up')) checks.push(check(text).finally(() => stop.abort()));
    },
  });
  await Promise.all(checks);
  expect(checks).toHaveLength(1);
  expect(exitCode).toBe(0);
  expect(stdout).toContain('Ctrl-C stops the servers');
  for (const port of ports) expect(await answers(port)).toBe(false);
  expect(leftovers()).toEqual(before);
});

test('an interruption on the way cleans up', async () => {
  const stop = new AbortController();
  const before = leftovers();
  let story = '';
  const { exitCode, stderr } = await runCli(['demo'], {
    env: {},
    signal: stop.signal,
    onOutput: (text) => {
      story += text;
      if (text.includes('Verification, from the bucket outward')) stop.abort();
    },
  });
  expect(exitCode).toBe(3);
  expect(stderr).toContain('INTERRUPTED');
  expect(story).not.toContain('Three attacks');
  const port = Number(/S3 http:\/\/127\.0\.0\.1:(\d+)/.exec(story)?.[1]);
  expect(await answers(port)).toBe(false);
  expect(leftovers()).toEqual(before);
});

test.each([
  ['is not there', '/no/such/folder', 'ENOENT'],
  ['is a file', __filename, 'ENOTDIR'],
])('a folder for temporary files that %s is a setting to change, no defect', (_, folder, code) => {
  // In a process of its own: what a test changes in its environment does not reach os.tmpdir().
  const { status, stdout } = spawnSync(
    process.execPath,
    ['-r', join(ROOT, 'test/support/register-typescript.cjs'), 'runtime/cli.ts', 'demo', '--json'],
    { cwd: ROOT, env: { ...process.env, TMPDIR: folder }, encoding: 'utf8' },
  );
  expect(status).toBe(2);
  expect(JSON.parse(stdout)).toMatchObject({
    error: {
      code: 'FILE_UNUSABLE',
      message: `the folder for temporary files, "${folder}", cannot be written to (${code})`,
      hint: 'Set TMPDIR to a folder that this user may write to.',
    },
  });
});

function unquoted(value = ''): string {
  return value.startsWith("'") ? value.slice(1, -1).replaceAll("'\\''", "'") : value;
}

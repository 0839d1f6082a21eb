import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectContext } from '../../../constructs/stack/project-context';
import { errorOf } from '../../support/infra-stack';

const folder = mkdtempSync(join(tmpdir(), 'audit-anchor-project-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(text: string): string {
  const path = join(folder, 'cdktf.json');
  writeFileSync(path, text);
  return path;
}

test('reads the context of cdktf.json', () => {
  expect(projectContext(file('{"context":{"auditAnchor":{"environment":"x"}}}'))).toEqual({
    auditAnchor: { environment: 'x' },
  });
});

test.each(['{}', '[]', '{"context":7}'])('%s has no context', (text) => {
  expect(projectContext(file(text))).toEqual({});
});

test('a missing file has no context', () => {
  expect(projectContext(join(folder, 'absent.json'))).toEqual({});
});

test('a file that is not JSON is reported by name', () => {
  const path = file('{');
  expect(errorOf(() => projectContext(path))).toMatchObject({ code: 'SETTINGS_INVALID', path });
});

test('the project itself sends no crash reports and names an environment', () => {
  const project = JSON.parse(readFileSync(join(__dirname, '../../../cdktf.json'), 'utf8')) as Record<
    string,
    unknown
  >;
  expect(project).toMatchObject({
    language: 'typescript',
    sendCrashReports: 'false',
    projectId: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
    context: { auditAnchor: { environment: 'production' } },
  });
});

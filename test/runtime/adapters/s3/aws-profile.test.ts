import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { profileProblem } from '../../../../runtime/adapters/s3/aws-profile';

const folder = mkdtempSync(join(tmpdir(), 'audit-anchor-profile-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const config = join(folder, 'config');
const credentials = join(folder, 'no-credentials');
writeFileSync(config, '[default]\n[profile auditor]\nregion = eu-west-1\n[profile "two words"]\n');
const problem = (profile: string) =>
  profileProblem({ AWS_PROFILE: profile, AWS_CONFIG_FILE: config, AWS_SHARED_CREDENTIALS_FILE: credentials });

test.each(['auditor', 'two words', 'default', ''])('there is a profile %j, or none is named', (profile) => {
  expect(problem(profile)).toBe('');
});

test('one that does not exist is named, with the files that were looked at', () => {
  const text = problem('auditer');
  for (const part of ['AWS_PROFILE', '"auditer"', config, credentials]) expect(text).toContain(part);
});

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const PROGRAM = `
  const { Steps } = require('./test/support/programs/steps');
  Steps.run(async (steps) => {
    await steps.passes('one', () => 1);
    if (process.argv[1] === 'skip') steps.skip('two', 'there is no tool');
    if (process.argv[1] === 'fail') await steps.passes('two', () => { throw new Error('no'); });
    await steps.passes('three', () => 3);
  });`;

test.each([
  ['pass', {}, 0, ['one', 'three']],
  ['pass', { REQUIRE_TOOLS: '1' }, 0, ['one', 'three']],
  ['skip', {}, 0, ['one', 'three']],
  ['skip', { REQUIRE_TOOLS: '1' }, 1, ['one', 'three']],
  ['fail', {}, 1, ['one']],
])('a check whose second step does %s, with %j, ends with %i', (second, env, code, passed) => {
  const root = join(__dirname, '../../..');
  const register = join(root, 'test/support/register-typescript.cjs');
  const { status, stdout } = spawnSync(process.execPath, ['-r', register, '-e', PROGRAM, second], {
    cwd: root,
    env: { PATH: process.env.PATH, ...env },
    encoding: 'utf8',
  });
  expect(status).toBe(code);
  expect([...stdout.matchAll(/^ok {6}(\w+)/gm)].map(([, name]) => name)).toEqual(passed);
  expect(stdout.includes('SKIPPED: two')).toBe(second === 'skip');
});

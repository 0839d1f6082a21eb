import type { Outcome } from '../../../runtime/commands/outcome';
import { keptOutcome } from '../../../runtime/commands/report-outcome';
import { EXIT } from '../../../runtime/contract';
import { UnavailableError } from '../../../runtime/errors';
import { createColors } from '../../../runtime/terminal/colors';

const outcome = (exitCode: Outcome['exitCode']): Outcome => ({
  exitCode,
  document: { verdict: 'as found' },
  text: () => ['AS FOUND'],
});

const fails = (error: Error) => (): Promise<void> => Promise.reject(error);
const unreachable = new UnavailableError('S3_UNREACHABLE', 'S3 did not\u001b[2K answer', {
  hint: 'Try again.',
});

test('an outcome whose report was kept is what it was', async () => {
  const found = outcome(EXIT.tampered);
  expect(await keptOutcome(found, 'full', () => Promise.resolve())).toBe(found);
});

test.each([EXIT.ok, EXIT.notEvaluated])('exit code %i without its report is a failure', async (exitCode) => {
  await expect(keptOutcome(outcome(exitCode), 'full', fails(unreachable))).rejects.toBe(unreachable);
});

test.each([EXIT.ok, EXIT.notEvaluated, EXIT.tampered])(
  'on a full disk an outcome with exit code %i is told, and is a failure',
  async (exitCode) => {
    const full = new UnavailableError('FILE_NOT_WRITTEN', 'no space', { hint: 'Free space.' });
    const told = await keptOutcome(outcome(exitCode), 'full', fails(full));
    expect(told).toMatchObject({
      exitCode: exitCode === EXIT.tampered ? EXIT.tampered : EXIT.notEvaluated,
      document: { verdict: 'as found', notKept: { code: 'FILE_NOT_WRITTEN', hint: 'Free space.' } },
    });
    expect(told.text(createColors(false))[0]).toBe('AS FOUND');
  },
);

test.each([
  [unreachable, { code: 'S3_UNREACHABLE', message: unreachable.message, hint: 'Try again.' }],
  [
    new TypeError('no such property'),
    {
      code: 'INTERNAL',
      message: 'TypeError: no such property',
      hint: 'This is a defect of audit-anchor',
    },
  ],
])('tampering is told whatever has become of its report: %s', async (error, notKept) => {
  const told = await keptOutcome(outcome(EXIT.tampered), 'full', fails(error));
  expect(told).toMatchObject({ exitCode: EXIT.tampered, document: { verdict: 'as found', notKept } });
  const [first, , warning = '', hint] = told.text(createColors(false));
  expect([first, hint]).toEqual(['AS FOUND', `  ${notKept.hint}`]);
  expect(warning).toMatch(/^warning: the report could not be kept: /);
  expect(warning).toContain(`[${notKept.code}]`);
  expect(warning).not.toContain('\u001b');
});

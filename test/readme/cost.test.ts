import { RATE_COMMAND } from '../../runtime/cost/full-verification-options';
import { runCli } from '../support/run-cli';
import { README } from './readme';

const BEGIN = '<!-- cost:begin -->';
const END = '<!-- cost:end -->';

/** The command and the output that stand between the markers, each in its own fenced block. */
function documented(): { readonly command: string; readonly output: string } {
  const [, ...parts] = README.split(BEGIN);
  expect(parts).toHaveLength(1);
  const blocks = [...(parts[0]?.split(END)[0] ?? '').matchAll(/```(sh|text)\n([\s\S]*?)```/g)];
  expect(blocks.map(([, language]) => language)).toEqual(['sh', 'text']);
  return { command: blocks[0]?.[2]?.trimEnd() ?? '', output: blocks[1]?.[2] ?? '' };
}

test('the cost table is what its command prints, with nothing set', async () => {
  const { command, output } = documented();
  const [npx, program, ...args] = command.split(' ');
  expect([npx, program, args]).toEqual(['npx', 'audit-anchor', ['cost', '--compare']]);
  const { exitCode, stdout } = await runCli(args);
  expect(exitCode).toBe(0);
  expect(output).toBe(stdout);
});

test('the bench that measures --rate is the one that the error names', () => {
  expect(README).toContain(`\`${RATE_COMMAND}\` prints the rate of one reader`);
});

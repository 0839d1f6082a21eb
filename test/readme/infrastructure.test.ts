import { readSettings } from '../../constructs/stack/settings';
import { ConstructError } from '../../constructs/errors';
import { anchorStack, synthesise } from '../support/infra-stack';
import { FULL_SETTINGS } from '../support/terraform/full-stack';
import { codeBlocks, compileExample, README, tableRows } from './readme';

/** Names of a table's first column, which may hold several. */
function names(heading: string, nth: number): string[] {
  return tableRows(heading, nth).flatMap(([cell]) => (cell ?? '').split(', '));
}

const SETTINGS = '### Settings: what is decided when';

test('the settings are exactly those that are read at synth', () => {
  let known: string[] = [];
  try {
    readSettings({ environment: 'production', no_such_setting: 1 }, {});
  } catch (error) {
    if (!(error instanceof ConstructError)) throw error;
    known = error.faults[0]?.allowed.split(', ') ?? [];
  }
  expect(known.length).toBeGreaterThan(10);
  expect(names(SETTINGS, 0).sort()).toEqual(known.sort());
});

test('the variables are exactly those of the stack, with their defaults', () => {
  const { variable = {} } = synthesise(anchorStack());
  expect(names(SETTINGS, 1).sort()).toEqual(Object.keys(variable).sort());
  for (const [name = '', value = ''] of tableRows(SETTINGS, 1)) {
    if (value !== 'the environment' && value !== 'as synthesised') {
      expect([name, JSON.stringify(variable[name]?.default)]).toEqual([name, value]);
    }
  }
});

test('the outputs are exactly those that a stack can have', () => {
  const full = synthesise(anchorStack(FULL_SETTINGS)).output ?? {};
  expect(names(SETTINGS, 2).sort()).toEqual(Object.keys(full).sort());
});

test('the repository that is made first has the address that Terraform is told', () => {
  const [target] = /(?<=-target=aws_ecr_repository\.)\w+/.exec(README) ?? [];
  expect(Object.keys(synthesise(anchorStack(FULL_SETTINGS)).resource.aws_ecr_repository ?? {})).toEqual([
    target,
  ]);
});

test('the import example compiles', () => {
  const example = codeBlocks('ts').find((code) => code.includes('cdktf-audit-anchor/constructs')) ?? '';
  expect(example).not.toBe('');
  const ambient = `declare const stack: import('cdktf').TerraformStack;
declare const gatewayRole: import('@cdktf/provider-aws/lib/iam-role').IamRole;`;
  expect(compileExample(example, ambient)).toEqual([]);
}, 60_000);

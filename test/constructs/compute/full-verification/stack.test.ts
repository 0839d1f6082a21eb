import { readSettings } from '../../../../constructs/stack/settings';
import { faultsOf } from '../../../support/infra-stack';
import { containersOf } from '../../../support/tasks';
import { textOf } from '../../../support/terraform/expression';
import {
  applied,
  COMPUTE_SETTINGS,
  FULL_SETTINGS,
  synthesiseFull,
} from '../../../support/terraform/full-stack';
import { faultsOfMachine } from '../../../checks/stepfunctions/states-language';

test('the stack has no state machine unless it is asked for', () => {
  expect(applied().instances('aws_sfn_state_machine').size).toBe(0);
});

test('with "full_verification_tasks" it has one, which the alarms of the stack watch', () => {
  const module = applied(synthesiseFull({ full_verification_tasks: 8 }));
  const [machine] = [...module.instances('aws_sfn_state_machine').values()];
  const definition = JSON.parse(textOf(machine?.['definition'], 'definition')) as {
    States: { Shards: { MaxConcurrency: number } };
  };
  expect(faultsOfMachine(definition)).toEqual([]);
  expect(definition.States.Shards.MaxConcurrency).toBe(8);
  const container = containersOf(module).get('audit-anchor-full-verify-prod');
  const verifier = containersOf(module).get('audit-anchor-verify-full-prod');
  expect(container?.environment).toEqual(verifier?.environment);
  expect(container?.secrets).toEqual(verifier?.secrets);
  const watched = [...module.instances('aws_cloudwatch_metric_alarm').values()].map(
    ({ metric_name }) => metric_name,
  );
  expect(watched).toEqual(
    expect.arrayContaining(['ExecutionsFailed', 'ExecutionsTimedOut', 'ExecutionsAborted']),
  );
});

test.each([
  [{}, 'DISABLED'],
  [{ assign_public_ip: true }, 'ENABLED'],
])('with %j public addresses of its tasks are %s', (settings, expected) => {
  const module = applied(synthesiseFull({ full_verification_tasks: 8, ...settings }));
  const [machine] = [...module.instances('aws_sfn_state_machine').values()];
  const definition = textOf(machine?.['definition'], 'definition');
  // Plan, shard and merge.
  const found = [...definition.matchAll(/"AssignPublicIp":"(\w+)"/g)].map(([, value]) => value);
  expect(found).toEqual([expected, expected, expected]);
});

test.each<[Record<string, unknown>, string[]]>([
  [{ ...FULL_SETTINGS, full_verification_tasks: 16 }, []],
  [{ ...FULL_SETTINGS, full_verification_tasks: 0 }, ['auditAnchor.full_verification_tasks']],
  [{ ...FULL_SETTINGS, full_verification_tasks: 257 }, ['auditAnchor.full_verification_tasks']],
  [{ environment: 'prod', full_verification_tasks: 4 }, ['AUDIT_INFRA_ANCHOR_MODE']],
])('%j has the faults %j', (settings, expected) => {
  expect(faultsOf(() => readSettings(settings, {})).map(({ prop }) => prop)).toEqual(expected);
  expect(COMPUTE_SETTINGS).not.toHaveProperty('full_verification_tasks');
});

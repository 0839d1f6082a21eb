import { TerraformOutput, TerraformVariable } from 'cdktf';
import { looksLikeProduction, ObjectLockRetention } from '../../../constructs/storage/object-lock-retention';
import { DEFAULTS } from '../../../runtime/contract';
import { errorOf, foreignStack, synthesise } from '../../support/infra-stack';

test.each([1, 400, 36_500])('accepts %d days', (days) => {
  expect(ObjectLockRetention.complianceDays(days)).toMatchObject({ mode: 'COMPLIANCE', days });
  expect(ObjectLockRetention.governanceDays(days)).toMatchObject({ mode: 'GOVERNANCE', days });
});

test.each([0, -1, 36_501, 1.5])('refuses %d days', (days) => {
  for (const factory of ['complianceDays', 'governanceDays'] as const) {
    const error = errorOf(() => ObjectLockRetention[factory](days));
    expect(error.path).toBe(`ObjectLockRetention.${factory}`);
    expect(error.faults[0]).toMatchObject({ prop: 'days', found: String(days) });
  }
});

test('a verifier may demand fewer days than anchors are locked for now, not more', () => {
  expect(ObjectLockRetention.complianceDays(2_557).verifiedDays).toBeUndefined();
  expect(ObjectLockRetention.complianceDays(2_557, 400)).toMatchObject({ days: 2_557, verifiedDays: 400 });
  for (const verified of [0, 2_558, 1.5]) {
    const error = errorOf(() => ObjectLockRetention.complianceDays(2_557, verified));
    expect(error.faults).toEqual([
      expect.objectContaining({
        prop: 'verifiedDays',
        found: String(verified),
        allowed: 'a whole number of days from 1 to 2557',
      }),
    ]);
  }
});

test('the default is what the runtime assumes', () => {
  expect(ObjectLockRetention.DEFAULT).toMatchObject({ mode: 'COMPLIANCE', days: DEFAULTS.retentionDays });
});

test('bounds are a day around the retention, and expiry the day after', () => {
  const retention = ObjectLockRetention.complianceDays(400);
  expect(retention.fewestRemainingDays).toBe('399');
  expect(retention.mostRemainingDays).toBe('401');
  expect(retention.dayAfter).toBe(401);
});

test('a token is left to Terraform', () => {
  const stack = foreignStack();
  const days = new TerraformVariable(stack, 'days', { type: 'number' }).numberValue;
  const retention = ObjectLockRetention.complianceDays(days);
  for (const bound of ['fewestRemainingDays', 'mostRemainingDays', 'dayAfter'] as const) {
    new TerraformOutput(stack, bound, { value: retention[bound] });
  }
  expect(synthesise(stack).output).toEqual({
    fewestRemainingDays: { value: '${(var.days - 1)}' },
    mostRemainingDays: { value: '${(var.days + 1)}' },
    dayAfter: { value: '${(var.days + 1)}' },
  });
});

test.each(['prod', 'PROD', 'production', 'eu-prod-1', 'audit.prd', 'live', 'audit-anchors-prod'])(
  '"%s" looks like production',
  (name) => expect(looksLikeProduction(name)).toBe(true),
);

test.each(['staging', 'dev', 'product-test', 'reproduction', 'delivery', 'olive'])(
  '"%s" does not look like production',
  (name) => expect(looksLikeProduction(name)).toBe(false),
);

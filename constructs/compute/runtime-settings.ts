import { ENV, LIMITS } from '../../runtime/contract';
import { isUnknownAtSynth, type PropCheck, quoted, type TextRule } from '../validation';
import { CHOOSABLE, type RuntimeSettings } from './task-environment';

type Decided = Exclude<keyof typeof ENV, (typeof CHOOSABLE)[number]>;

/** What decides the other settings of the runtime; null for those that are the same in every task. */
const DECIDED_BY: Readonly<Record<Decided, string | null>> = {
  bucket: '"bucket"',
  chainId: '"chainId"',
  retentionDays: '"retention" of the bucket',
  intervalMinutes: '"intervalMinutes"',
  eventThreshold: '"eventThreshold"',
  pollSeconds: '"pollSeconds" of the service',
  kmsKeyArn: '"encryption" of the bucket',
  verifyIntervalMinutes: '"verifyIntervalMinutes" of the verifier',
  verifyFullIntervalHours: '"verifyFullIntervalHours" of the verifier',
  verifyWorkers: '"verifyWorkers" of the verifier',
  verifyDatabaseUrl: '"databaseSecretArn" of the verifier',
  hmacKeys: '"hmacKeysSecretArn"',
  hmacKeysFile: '"hmacKeysSecretArn"',
  databaseUrl: '"databaseSecretArn"',
  region: 'the region of the provider',
  httpPort: null,
  output: null,
};

/** cdktf writes texts into `jsonencode` without escaping them. */
const PLAIN_TEXT: TextRule = {
  test: (value) => /^[^"\\\p{Cc}]+$/u.test(value),
  allowed: 'text that is not empty, without double quotes, "\\" and control characters',
};

/** Faults of the settings that a deployment may choose. */
export function checkRuntimeSettings(check: PropCheck, settings: RuntimeSettings | undefined): void {
  for (const name of Object.keys(settings ?? {})) {
    const prop = `settings.${name}`;
    const known = CHOOSABLE.find((choosable) => choosable === name);
    check.rule(known !== undefined, { prop, ...unchoosable(name), allowed: CHOOSABLE.join(', ') });
    if (known === undefined) continue;
    const value = settings?.[known];
    if (known === 'clockToleranceSeconds') {
      const seconds = typeof value === 'string' && !isUnknownAtSynth(value) ? Number(value) : value;
      check.wholeNumber(prop, seconds as number, LIMITS[known], 'seconds', 'choose another number');
    } else {
      check.text(prop, String(value), PLAIN_TEXT, 'give the value as the runtime reads it');
    }
  }
  const format = settings?.chainFormat;
  check.rule(format === undefined || isUnknownAtSynth(format) || format === 'v1' || format === 'links', {
    prop: 'settings.chainFormat',
    found: quoted(String(format)),
    allowed: 'v1 or links',
    fix: 'choose one of them',
  });
}

function unchoosable(name: string): { readonly found: string; readonly fix: string } {
  if (!Object.hasOwn(DECIDED_BY, name)) {
    return { found: 'not a setting of the runtime', fix: 'correct the spelling or remove it' };
  }
  const decidedBy = DECIDED_BY[name as Decided];
  return decidedBy === null
    ? { found: 'a setting that is the same in every task', fix: 'remove it' }
    : { found: `a setting that ${decidedBy} decides`, fix: 'remove it and say it there' };
}

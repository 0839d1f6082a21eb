import { type ENV, LIMITS } from '../../../runtime/contract';
import { layoutFaults, tableFaults, type Wording } from '../../../runtime/contract/chain-settings';
import { endpointProblem, keyIdProblem, wholeNumberOf } from '../../../runtime/contract/setting-rules';
import { isUnknownAtSynth, type PropCheck, quoted, type TextRule, wholeNumberFrom } from '../../validation';
import { CHOOSABLE, type RuntimeSettings } from './task-environment';

const CLOCK = LIMITS.clockToleranceSeconds;

type Decided = Exclude<keyof typeof ENV, (typeof CHOOSABLE)[number]>;

/** What decides the other settings of the runtime; null for those that are the same in every task. */
const DECIDED_BY: Readonly<Record<Decided, string | null>> = {
  bucket: '"bucket"',
  chainId: '"chainId"',
  retentionDays: '"retention" of the bucket',
  verifyRetentionDays: '"verifiedDays" of the retention of the bucket',
  intervalMinutes: '"intervalMinutes"',
  eventThreshold: '"eventThreshold"',
  pollSeconds: '"pollSeconds"',
  kmsKeyArn: '"encryption" of the bucket',
  verifyIntervalMinutes: '"verifier.verifyIntervalMinutes"',
  verifyFullIntervalHours: '"verifier.verifyFullIntervalHours"',
  verifyWorkers: '"verifier.verifyWorkers"',
  verifyDatabaseUrl: '"verifier.databaseSecretArn"',
  hmacKeys: '"hmacKeysSecretArn"',
  hmacKeysFile: '"hmacKeysSecretArn"',
  databaseUrl: '"databaseSecretArn"',
  databasePasswordFile: '"databaseSecretArn"',
  region: 'the region of the provider',
  httpHost: null,
  httpPort: null,
  output: null,
};

/**
 * cdktf writes texts into `jsonencode` without escaping them, where "%{" would begin a directive of Terraform; an empty
 * one would count as absent in the task.
 */
const PLAIN_TEXT: TextRule = {
  test: (value) => /^[^"\\\p{Cc}]+$/u.test(value) && !value.includes('%{'),
  allowed: 'text that is not empty, without double quotes, "\\", "%{" and control characters',
};

const FIX = 'correct it: the task would refuse it when it starts';

const WORDING: Wording = {
  quoted,
  name: (setting) => `"settings.${setting}"`,
  set: (setting, value) => `"settings.${setting}" ${value}`,
};

/** Texts of the settings that a deployment may choose; null for what is not known, or recorded as a fault already. */
type Texts = Partial<Record<(typeof CHOOSABLE)[number], string | null>>;

/** Faults of the settings that a deployment may choose: what the runtime refuses is refused here. */
export function checkRuntimeSettings(check: PropCheck, settings: RuntimeSettings = {}): void {
  for (const name of Object.keys(settings)) {
    const known = CHOOSABLE.some((choosable) => choosable === name);
    check.rule(known, { prop: `settings.${name}`, ...unchoosable(name), allowed: CHOOSABLE.join(', ') });
  }
  const texts = plainTexts(check, settings);
  for (const { setting, ...fault } of [...tableFaults(texts, WORDING), ...layoutFaults(texts, WORDING)]) {
    check.rule(false, { prop: `settings.${setting}`, ...fault, fix: FIX });
  }
  checkSingly(check, texts);
}

function plainTexts(check: PropCheck, settings: RuntimeSettings): Texts {
  const texts: Texts = {};
  for (const name of CHOOSABLE) {
    const value = settings[name];
    if (value === undefined) continue;
    const text = String(value);
    check.text(`settings.${name}`, text, PLAIN_TEXT, 'give the value as the runtime reads it');
    texts[name] = isUnknownAtSynth(value) || !PLAIN_TEXT.test(text) ? null : text;
  }
  return texts;
}

/** Settings that no other one has to do with; a foreign chain has no keys, so that their ids are not read. */
function checkSingly(check: PropCheck, texts: Texts): void {
  const { clockToleranceSeconds: tolerance, s3Endpoint, hmacActiveKeyId, chainFormat = 'v1' } = texts;
  check.rule(typeof tolerance !== 'string' || wholeNumberOf(tolerance, CLOCK) !== null, {
    prop: 'settings.clockToleranceSeconds',
    found: quoted(tolerance ?? ''),
    allowed: `${wholeNumberFrom(CLOCK, 'seconds')}, in digits only`,
    fix: 'choose another number',
  });
  const endpoint = typeof s3Endpoint === 'string' ? endpointProblem(s3Endpoint, quoted) : null;
  if (endpoint) check.rule(false, { prop: 'settings.s3Endpoint', ...endpoint, fix: FIX });
  const id =
    typeof hmacActiveKeyId === 'string' && chainFormat === 'v1' ? keyIdProblem(hmacActiveKeyId) : null;
  if (id) check.rule(false, { prop: 'settings.hmacActiveKeyId', ...id, fix: FIX });
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

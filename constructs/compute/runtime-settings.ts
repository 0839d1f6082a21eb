import { ENV, LIMITS } from '../../runtime/contract';
import { isUnknownAtSynth, type PropCheck, quoted, type TextRule } from '../validation';
import { CHOOSABLE, type RuntimeSettings } from './task-environment';

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
    check.rule(known !== undefined, {
      prop,
      found: name in ENV ? 'a setting that other props decide' : `not a setting of the runtime`,
      allowed: CHOOSABLE.join(', '),
      fix: name in ENV ? 'remove it and use the prop of that meaning' : 'correct the spelling or remove it',
    });
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

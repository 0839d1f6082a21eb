import type { PropCheck, TextRule } from '../validation';

/** Prefix of the environment variables; `enable_replication` is read from `AUDIT_INFRA_ENABLE_REPLICATION`. */
export const ENV_PREFIX = 'AUDIT_INFRA_';
/** Key of our settings in the cdktf context, beside cdktf's own. */
export const CONTEXT_KEY = 'auditAnchor';

export type RawSettings = Readonly<Record<string, unknown>>;

export function isRawSettings(value: unknown): value is RawSettings {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function envName(setting: string): string {
  return ENV_PREFIX + setting.toUpperCase();
}

/**
 * Reads settings of one kind from untrusted values and records every fault. A variable of the environment
 * comes before the context; an empty one counts as absent.
 */
export class SettingReader {
  private readonly known = new Set<string>();

  constructor(
    private readonly context: RawSettings,
    private readonly env: Readonly<Record<string, string | undefined>>,
    private readonly check: PropCheck,
  ) {}

  text(setting: string, rule: TextRule, fix: string): string | undefined {
    const value = this.raw(setting);
    if (value === undefined) return undefined;
    if (typeof value !== 'string') return this.fault(setting, value, rule.allowed, fix);
    if (!rule.test(value)) return this.fault(setting, value, rule.allowed, fix);
    return value;
  }

  flag(setting: string): boolean {
    const value = this.raw(setting);
    if (value === undefined || value === false || value === 'false') return false;
    if (value === true || value === 'true') return true;
    this.fault(setting, value, 'true or false', 'choose one of them');
    return false;
  }

  choice<T extends string>(setting: string, choices: readonly [T, ...T[]]): T {
    const value = this.raw(setting);
    const [usual] = choices;
    if (value === undefined) return usual;
    const chosen = choices.find((choice) => choice === value);
    if (chosen !== undefined) return chosen;
    this.fault(setting, value, choices.join(' or '), 'choose one of them');
    return usual;
  }

  /** Records settings that nothing has asked for, which are most likely misspelt. */
  refuseUnknown(alsoKnown: readonly string[] = []): void {
    const known = [...this.known, ...alsoKnown];
    for (const name of Object.keys(this.context)) {
      if (!known.includes(name)) this.unknown(`${CONTEXT_KEY}.${name}`, known.join(', '));
    }
    const variables = known.map(envName);
    for (const name of Object.keys(this.env)) {
      if (name.startsWith(ENV_PREFIX) && !variables.includes(name)) this.unknown(name, variables.join(', '));
    }
  }

  private raw(setting: string): unknown {
    this.known.add(setting);
    return this.env[envName(setting)] || (this.context[setting] ?? undefined);
  }

  private fault(setting: string, value: unknown, allowed: string, fix: string): undefined {
    const fromEnv = Boolean(this.env[envName(setting)]);
    this.check.rule(false, {
      prop: fromEnv ? envName(setting) : `${CONTEXT_KEY}.${setting}`,
      found: JSON.stringify(value),
      allowed,
      fix,
    });
    return undefined;
  }

  private unknown(name: string, known: string): void {
    this.check.rule(false, {
      prop: name,
      found: 'not a setting',
      allowed: known,
      fix: 'correct the spelling or remove it',
    });
  }
}

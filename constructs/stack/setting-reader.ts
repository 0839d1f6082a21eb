import type { PropFault } from '../errors';
import { type PropCheck, type Range, type TextRule, wholeNumberFrom } from '../validation';

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
  private refused = false;

  constructor(
    private readonly context: RawSettings,
    private readonly env: Readonly<Record<string, string | undefined>>,
    private readonly check: PropCheck,
  ) {}

  /** @param shown how a fault tells what was found, for settings that may hold a secret by mistake */
  text(
    setting: string,
    rule: TextRule,
    fix: string,
    shown: (value: unknown) => string = JSON.stringify,
  ): string | undefined {
    const value = this.raw(setting);
    if (value === undefined) return undefined;
    if (typeof value !== 'string' || !rule.test(value)) {
      return this.fault(setting, value, rule.allowed, fix, shown);
    }
    return value;
  }

  /** Every member follows the rule. In the environment: a JSON list, or texts with commas between them. */
  list(setting: string, rule: TextRule, fix: string): readonly string[] | undefined {
    const value = this.raw(setting);
    if (value === undefined) return undefined;
    const members = typeof value === 'string' ? splitList(value) : value;
    const allowed = `a list, each member ${rule.allowed}`;
    if (!Array.isArray(members) || members.length === 0) return this.fault(setting, value, allowed, fix);
    const wrong: unknown = members.find((member) => typeof member !== 'string' || !rule.test(member));
    return wrong === undefined ? (members as string[]) : this.fault(setting, wrong, allowed, fix);
  }

  /** A whole number in bounds; in the environment in decimal digits. */
  wholeNumber(setting: string, range: Range, unit?: string): number | undefined {
    const value = this.raw(setting);
    if (value === undefined) return undefined;
    const number = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;
    if (Number.isInteger(number) && Number(number) >= range.min && Number(number) <= range.max) {
      return Number(number);
    }
    return this.fault(setting, value, wholeNumberFrom(range, unit), 'choose another number');
  }

  /** A map of names to texts and numbers; in the environment as JSON. */
  map(setting: string): Readonly<Record<string, string | number>> | undefined {
    const value = this.raw(setting);
    if (value === undefined) return undefined;
    const map = typeof value === 'string' ? parseJson(value) : value;
    const fits =
      isRawSettings(map) && Object.values(map).every((each) => ['string', 'number'].includes(typeof each));
    if (fits) return map as Record<string, string | number>;
    return this.fault(setting, value, 'an object of texts and numbers', 'write it as a JSON object');
  }

  flag(setting: string, usual = false): boolean {
    const value = this.raw(setting);
    if (value === undefined) return usual;
    if (value === false || value === 'false') return false;
    if (value === true || value === 'true') return true;
    this.fault(setting, value, 'true or false', 'choose one of them');
    return usual;
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

  /** Whether no fault was recorded of any setting. */
  get sound(): boolean {
    return !this.refused;
  }

  /**
   * Records a fault that was found in what was made of a setting, or of its default.
   *
   * @param member a part of its value, such as `[0]` or `.eventsTable`
   */
  refuse(setting: string, member: string, fault: Omit<PropFault, 'prop'>): void {
    const place = this.raw(setting) === undefined ? envName(setting) : this.place(setting);
    this.record({ ...fault, prop: place + member });
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

  /** Records a setting that another one makes necessary. */
  missing(setting: string, because: string, allowed: string): void {
    if (this.raw(setting) !== undefined) return;
    const fix = `set it, or "${CONTEXT_KEY}.${setting}" in the context of cdktf.json`;
    this.record({ prop: envName(setting), found: `absent, while ${because}`, allowed, fix });
  }

  /** Records two settings of which one makes the other pointless, or neither. */
  onlyOneOf(settings: readonly [string, string], because: string, allowed: string): void {
    const [present = settings[0], ...others] = settings.filter((each) => this.raw(each) !== undefined);
    if (others.length === 0 && this.raw(present) !== undefined) return;
    const found = others.length > 0 ? `set, and so is "${this.place(others[0] as string)}"` : 'absent';
    this.record({
      prop: others.length > 0 ? this.place(present) : envName(present),
      found: `${found}, while ${because}`,
      allowed,
      fix: `set one of ${settings.map(envName).join(' and ')}`,
    });
  }

  /** Name of a setting where its value comes from. */
  private place(setting: string): string {
    return this.env[envName(setting)] ? envName(setting) : `${CONTEXT_KEY}.${setting}`;
  }

  private fault(
    setting: string,
    value: unknown,
    allowed: string,
    fix: string,
    shown: (value: unknown) => string = JSON.stringify,
  ): undefined {
    this.record({ prop: this.place(setting), found: shown(value), allowed, fix });
    return undefined;
  }

  private record(fault: PropFault): void {
    this.refused = true;
    this.check.rule(false, fault);
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

function splitList(text: string): unknown {
  return text.trimStart().startsWith('[') ? parseJson(text) : text.split(',').map((member) => member.trim());
}

/** Undefined for text that is not JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

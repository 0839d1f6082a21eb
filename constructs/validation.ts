import type { IConstruct } from 'constructs';
import { Token } from 'cdktf';
import { ConstructError, type ConstructErrorCode, type PropFault } from './errors';

/** A rule about text, and how it is told to people. */
export interface TextRule {
  readonly test: (text: string) => boolean;
  /** What is allowed, in words. */
  readonly allowed: string;
}

/** Inclusive bounds of a whole number. */
export interface Range {
  readonly min: number;
  readonly max: number;
}

/**
 * True for values that only Terraform knows: cdktf tokens, and text that holds a `${...}` expression.
 * Such values are accepted as they are.
 */
export function isUnknownAtSynth(value: unknown): boolean {
  return Token.isUnresolved(value) || (typeof value === 'string' && value.includes('${'));
}

/** Collects every fault of a props object; `throwIfAny` reports them as one error. */
export class PropCheck {
  private faults: PropFault[] = [];
  private group = '';

  constructor(private readonly place: IConstruct | string) {}

  /** The same collection for the members of a group of props; their faults are told as `group.prop`. */
  within(group: string): PropCheck {
    const members = new PropCheck(this.place);
    members.faults = this.faults;
    members.group = `${this.group}${group}.`;
    return members;
  }

  /** A whole number within bounds, both included; the unit is for people. Absent values and tokens pass. */
  wholeNumber(
    prop: string,
    value: number | undefined,
    range: Range,
    unit: string | undefined,
    fix: string,
  ): this {
    if (value === undefined || isUnknownAtSynth(value)) return this;
    const ok = Number.isInteger(value) && value >= range.min && value <= range.max;
    return this.rule(ok, {
      prop,
      found: String(value),
      allowed: wholeNumberFrom(range, unit),
      fix,
    });
  }

  /** Text that follows a rule. Absent values and tokens pass. */
  text(prop: string, value: string | undefined, rule: TextRule, fix: string): this {
    if (value === undefined || isUnknownAtSynth(value)) return this;
    return this.rule(rule.test(value), { prop, found: quoted(value), allowed: rule.allowed, fix });
  }

  /** Every member of a list follows a rule. An absent list and tokens pass. */
  list(prop: string, values: readonly string[] | undefined, rule: TextRule, fix: string): this {
    if (isUnknownAtSynth(values)) return this;
    values?.forEach((value, index) => this.text(`${prop}[${index}]`, value, rule, fix));
    return this;
  }

  /** Anything else; records the fault when `ok` is false. The same fault of the same prop is told once. */
  rule(ok: boolean, fault: PropFault): this {
    const named = { ...fault, prop: this.group + fault.prop };
    const told = this.faults.some(({ prop, allowed }) => prop === named.prop && allowed === named.allowed);
    if (!ok && !told) this.faults.push(named);
    return this;
  }

  /** All faults collected so far. */
  get recorded(): readonly PropFault[] {
    return this.faults;
  }

  /** @throws ConstructError with all faults collected so far */
  throwIfAny(code: ConstructErrorCode = 'PROPS_INVALID'): void {
    if (this.faults.length > 0) throw new ConstructError(code, pathOf(this.place), this.faults);
  }
}

/** `a whole number of days from 1 to 7`; a port, for one, has no unit. */
export function wholeNumberFrom({ min, max }: Range, unit: string | undefined): string {
  return `a whole number${unit === undefined ? '' : ` of ${unit}`} from ${min} to ${max}`;
}

export function quoted(text: string): string {
  return JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text);
}

function pathOf(place: IConstruct | string): string {
  return typeof place === 'string' ? place : place.node.path;
}

/** One value that is not allowed, as it is shown to the person who has to mend it. */
export interface PropFault {
  /** Name of the prop, as written in the props object. */
  readonly prop: string;
  /** What was found. */
  readonly found: string;
  /** What is allowed, with its unit. */
  readonly allowed: string;
  /** What to do about it. */
  readonly fix: string;
}

/**
 * - `PROPS_INVALID`: values given to a constructor
 * - `CALL_INVALID`: a method was called with values, or in an order, that it cannot accept
 * - `SETTINGS_INVALID`: values from the cdktf context or the environment
 */
export type ConstructErrorCode = 'PROPS_INVALID' | 'CALL_INVALID' | 'SETTINGS_INVALID';

/** Every fault found in one place, reported together. Thrown at synth time, before anything is deployed. */
export class ConstructError extends Error {
  override readonly name = 'ConstructError';

  /**
   * @param path where it happened: a construct path such as `Stack/Anchoring/Bucket`
   * @param faults all of them, at least one
   */
  constructor(
    readonly code: ConstructErrorCode,
    readonly path: string,
    readonly faults: readonly PropFault[],
  ) {
    super([`${path}: ${count(faults.length)} not allowed`, ...faults.map(describe)].join('\n'));
  }
}

function count(faults: number): string {
  return faults === 1 ? '1 value is' : `${faults} values are`;
}

function describe({ prop, found, allowed, fix }: PropFault): string {
  return `  - "${prop}" is ${found}; allowed: ${allowed}; ${fix}`;
}

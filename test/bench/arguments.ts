import { parseArgs, type ParseArgsConfig } from 'node:util';

/** The arguments have to change. */
export class UsageError extends Error {}

/**
 * Arguments by name; nothing else is allowed.
 * @throws UsageError naming the argument
 */
export function optionsFrom<T extends NonNullable<ParseArgsConfig['options']>>(
  args: readonly string[],
  options: T,
): ReturnType<typeof parseArgs<{ options: T }>>['values'] {
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** @throws UsageError naming the option, what was found and what is allowed */
export function integer(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < least || value > most) {
    throw new UsageError(`--${name}: found "${text}", allowed an integer from ${least} to ${most}`);
  }
  return value;
}

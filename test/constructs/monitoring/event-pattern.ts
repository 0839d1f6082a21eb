/**
 * How EventBridge matches an event against a pattern, as its user guide documents it, for the operators that
 * are used here: exact values, `prefix`, `wildcard` and `$or`. Whatever else a pattern holds is an error.
 */
export function matches(pattern: unknown, event: unknown): boolean {
  const wanted = pattern as Readonly<Record<string, unknown>>;
  return Object.entries(wanted).every(([name, part]) =>
    name === '$or'
      ? (part as unknown[]).some((alternative) => matches(alternative, event))
      : matchesMember(part, (event as Readonly<Record<string, unknown>> | undefined)?.[name]),
  );
}

/** A list in the event matches when one of its members does. */
function matchesMember(part: unknown, found: unknown): boolean {
  const candidates = Array.isArray(found) ? (found as unknown[]) : [found];
  if (!Array.isArray(part)) return candidates.some((member) => isObject(member) && matches(part, member));
  return part.some((alternative) => candidates.some((member) => matchesValue(alternative, member)));
}

function matchesValue(alternative: unknown, value: unknown): boolean {
  if (!isObject(alternative)) return alternative === value;
  const [[operator, operand] = ['', ''], ...more] = Object.entries(alternative) as [string, string][];
  if (more.length > 0) throw new Error('an operator stands alone');
  if (operator !== 'prefix' && operator !== 'wildcard') throw new Error(`operator ${operator}`);
  if (typeof value !== 'string') return false;
  return operator === 'prefix' ? value.startsWith(operand) : wildcard(operand).test(value);
}

function wildcard(pattern: string): RegExp {
  const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 's');
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** Patterns of policies: `*` is any text, `?` one character. */
export function matchesPattern(pattern: string, text: string, flags = ''): boolean {
  const source = pattern.replace(/[\\^$.*+?()[\]{}|]/g, (special) =>
    special === '*' ? '[^]*' : special === '?' ? '[^]' : `\\${special}`,
  );
  return new RegExp(`^${source}$`, flags).test(text);
}

/** Actions are compared without regard to case. */
export function matchesAction(pattern: string, action: string): boolean {
  return matchesPattern(pattern, action, 'i');
}

/** ARN operators compare the six parts of an ARN one by one: a `*` does not reach over a colon. */
export function matchesArn(pattern: string, arn: string): boolean {
  const wanted = partsOf(pattern);
  const found = partsOf(arn);
  return (
    wanted.length === 6 &&
    found.length === 6 &&
    wanted.every((part, at) => matchesPattern(part, found[at] ?? ''))
  );
}

function partsOf(arn: string): string[] {
  const [partition, name, ...rest] = arn.split(':');
  const head = [partition, name, ...rest.slice(0, 3)].map((part) => part ?? '');
  return rest.length < 4 ? [] : [...head, rest.slice(3).join(':')];
}

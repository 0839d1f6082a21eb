/** Matches `*` (any text) and `?` (one character) in time proportional to pattern x text, whatever the pattern. */
export function matchesWildcard(pattern: string, text: string): boolean {
  let at = 0;
  let from = 0;
  let star = -1;
  let starAt = 0;
  while (at < text.length) {
    if (pattern[from] === '*') {
      star = from++;
      starAt = at;
    } else if (from < pattern.length && (pattern[from] === '?' || pattern[from] === text[at])) {
      from++;
      at++;
    } else if (star >= 0) {
      from = star + 1;
      at = ++starAt;
    } else {
      return false;
    }
  }
  while (pattern[from] === '*') from++;
  return from === pattern.length;
}

/** ARN operators match each of the six parts on its own, so a `*` never crosses a colon but in the last part. */
export function matchesArn(pattern: string, arn: string): boolean {
  const wanted = arnParts(pattern);
  const found = arnParts(arn);
  return (
    wanted.length === found.length && wanted.every((part, at) => matchesWildcard(part, found[at] as string))
  );
}

function arnParts(arn: string): string[] {
  const parts = arn.split(':');
  return parts.length <= 6 ? parts : [...parts.slice(0, 5), parts.slice(5).join(':')];
}

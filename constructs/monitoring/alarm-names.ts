import type { TextRule } from '../validation';

/** Names of environments; they are part of the names of everything made here. */
export const ENVIRONMENT: TextRule = {
  test: (name) => /^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/.test(name),
  allowed: '1 to 32 of a-z, 0-9 and "-", beginning and ending with a letter or digit',
};

export const ENVIRONMENT_FIX = 'choose another name';

/** Beginning of the names of everything that watches an environment; the own topic lets nothing else publish. */
export function alarmPrefix(environment: string): string {
  return `audit-anchor/${environment}/`;
}

/** Names of rules, topics and roles, which may hold no slash. */
export function monitoringName(environment: string, part: string): string {
  return `audit-anchor-${environment}-${part}`;
}

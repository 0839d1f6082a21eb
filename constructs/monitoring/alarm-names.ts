/** Beginning of the names of everything that watches an environment; the own topic lets nothing else publish. */
export function alarmPrefix(environment: string): string {
  return `audit-anchor/${environment}/`;
}

/** Names of rules, topics and roles, which may hold no slash. */
export function monitoringName(environment: string, part: string): string {
  return `audit-anchor-${environment}-${part}`;
}

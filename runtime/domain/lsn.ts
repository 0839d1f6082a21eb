/** Orders two PostgreSQL LSNs (`0/9F000A50`): negative when `a` is before `b`. */
export function compareLsn(a: string, b: string): number {
  const [highA = '0', lowA = '0'] = a.split('/');
  const [highB = '0', lowB = '0'] = b.split('/');
  return parseInt(highA, 16) - parseInt(highB, 16) || parseInt(lowA, 16) - parseInt(lowB, 16);
}

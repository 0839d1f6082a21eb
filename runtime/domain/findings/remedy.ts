import type { FindingCode } from './finding';

/** What ends a finding, where that is known without looking at more than the code. */
const REMEDIES: Partial<Record<FindingCode, string>> = {
  // A task knows the keys of its start, so a new one in the secret does not reach it.
  KEY_UNKNOWN:
    'add the key to AUDIT_HMAC_KEYS before events are signed with it, and restart a service that runs already (aws ecs update-service --force-new-deployment)',
};

/** One sentence for people; undefined when only an investigation can tell. */
export function remedyFor(code: FindingCode): string | undefined {
  return REMEDIES[code];
}

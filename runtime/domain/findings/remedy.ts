import type { FindingCode } from './finding';

/** What ends a refusal to anchor, where that is known without looking at more than the code. */
const REMEDIES: Partial<Record<FindingCode, string>> = {
  // A task knows the keys of its start, so a new one in the secret does not reach it.
  KEY_UNKNOWN:
    'add the key to AUDIT_HMAC_KEYS and restart the task (aws ecs update-service --force-new-deployment) before signing with it',
};

/** One sentence for people; undefined when only an investigation can tell. */
export function remedyFor(code: FindingCode): string | undefined {
  return REMEDIES[code];
}

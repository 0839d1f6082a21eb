import { invalidConfiguration, NOTHING, quoted } from '../../config-faults';
import { ENV } from '../../contract';
import { keyIdProblem } from '../../contract/setting-rules';
import type { ConfigFault } from '../../errors';
import { isPlausibleName, nameKey } from './key-id';
import { topLevelNames } from './json-names';
import { decodeSecret, SECRET_RULE } from './secret';

/**
 * The HMAC secrets of a chain by key id. Several ids at once let a rotation happen without downtime.
 * The secrets are in private memory: printing or serialising a ring shows ids only.
 */
export class KeyRing {
  readonly #secrets: ReadonlyMap<string, Uint8Array>;
  #wiped = false;

  constructor(
    secrets: ReadonlyMap<string, Uint8Array>,
    /** The key that new events are written under; null when several keys exist and none was named. */
    readonly activeKeyId: string | null,
  ) {
    this.#secrets = secrets;
  }

  /** A ring without keys, for foreign chains: their contents are not recomputed. */
  static empty(): KeyRing {
    return new KeyRing(new Map(), null);
  }

  /** Ids in the order of the configuration. */
  get ids(): readonly string[] {
    return [...this.#secrets.keys()];
  }

  /**
   * The secret of a key, or undefined when the ring does not hold this id.
   * The bytes belong to the ring: do not change or keep them, `wipe` has to reach them.
   * @throws Error when the ring was wiped, because zeros would look like a tampered chain
   */
  secretFor(id: string): Uint8Array | undefined {
    if (this.#wiped) throw new Error('the key ring was wiped and cannot be used any more');
    return this.#secrets.get(id);
  }

  /** Overwrites every secret with zeros. The ring cannot be used afterwards. */
  wipe(): void {
    this.#wiped = true;
    for (const secret of this.#secrets.values()) secret.fill(0);
  }

  toJSON(): { ids: readonly string[]; activeKeyId: string | null } {
    return { ids: this.ids, activeKeyId: this.activeKeyId };
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return `KeyRing ${JSON.stringify(this.toJSON())}`;
  }
}

export const KEY_RING_RULE = `a JSON object {"key id": "secret", ...} with each secret as ${SECRET_RULE}`;

const MAX_IDS_SHOWN = 10;

function listIds(ids: readonly string[]): string {
  const shown = ids
    .slice(0, MAX_IDS_SHOWN)
    .map((id) => (isPlausibleName(id) ? quoted(id) : `an id of ${id.length} characters`));
  const more = ids.length - shown.length;
  return shown.join(', ') + (more > 0 ? ` and ${more} more` : '');
}

/** The object, or what was found instead; the messages of JSON.parse are left out because they quote the text. */
function parseObject(text: string): Record<string, unknown> | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    if (text.startsWith('\uFEFF')) return 'text that begins with a byte order mark (BOM)';
    const path = /^[.~]{0,2}\//.test(text)
      ? ` and looks like a path, which belongs in ${ENV.hmacKeysFile}`
      : '';
    return `text of ${text.length} characters that is not JSON${path}`;
  }
  if (value === null) return 'JSON null';
  if (Array.isArray(value)) return 'a JSON array';
  return typeof value === 'object' ? (value as Record<string, unknown>) : `a JSON ${typeof value}`;
}

function activeKeyFault(ids: readonly string[], named: string | undefined): ConfigFault | null {
  if (named === undefined || ids.includes(named)) return null;
  const usable = ids.filter((id) => keyIdProblem(id) === null);
  if (usable.length === 0) return null;
  return {
    setting: ENV.hmacActiveKeyId,
    found: isPlausibleName(named) ? quoted(named) : `a value of ${named.length} characters`,
    allowed: `an id of the ring: ${listIds(usable)}`,
  };
}

/**
 * Parses a key ring: a JSON object of key id to secret in standard base64.
 * @param source name of the setting the text came from, for the faults
 * @param activeKeyId the id that was named as the active one, if any
 * @throws ConfigError `CONFIG_INVALID` with every fault of the ring; no part of a secret is in it
 */
export function parseKeyRing(text: string, source: string, activeKeyId?: string): KeyRing {
  const parsed = parseObject(text);
  if (typeof parsed === 'string') {
    throw invalidConfiguration([{ setting: source, found: parsed, allowed: KEY_RING_RULE }]);
  }
  const faults: ConfigFault[] = [];
  const fault = (found: string, allowed: string) => faults.push({ setting: source, found, allowed });
  const secrets = new Map<string, Uint8Array>();
  const seen = new Set<string>();
  /** By secret: what names the first key that has it. */
  const owners = new Map<unknown, string>();
  // JSON.parse keeps the last of two equal names without a word, so the names are read from the text.
  topLevelNames(text).forEach((id, index) => {
    const key = nameKey(id, index);
    if (seen.has(id)) return fault(`${key} twice`, 'each id once; two keys need two ids');
    seen.add(id);
    const problem = keyIdProblem(id);
    if (problem !== null) fault(`${key} whose id ${problem.found}`, problem.allowed);
    const secret = decodeSecret(parsed[id]);
    if (secret instanceof Uint8Array) {
      secrets.set(id, secret);
      const owner = owners.get(parsed[id]);
      // Rotating to it would retire nothing: whoever has the old secret has the new one.
      if (owner !== undefined)
        fault(`${owner} and ${key} with the same secret`, 'another secret for each id');
      else owners.set(parsed[id], key);
    } else fault(`${key} with ${secret}`, SECRET_RULE);
  });
  const ids = [...seen];
  if (ids.length === 0) fault(`${NOTHING} in the ring`, 'at least one key');
  else {
    const active = activeKeyFault(ids, activeKeyId);
    if (active) faults.push(active);
  }
  if (faults.length > 0) {
    for (const secret of secrets.values()) secret.fill(0);
    throw invalidConfiguration(faults);
  }
  return new KeyRing(secrets, activeKeyId ?? (ids.length === 1 ? (ids[0] ?? null) : null));
}

import { KEY_RING_RULE, parseKeyRing, type KeyRing } from '../adapters/keys/key-ring';
import { ENV, LIMITS } from '../contract';
import { ConfigError } from '../errors';
import type { SettingReader } from './setting-reader';

/** A ring or a secret that was put into the setting of the path; it must not be shown as one. */
function looksSecret(text: string): boolean {
  if (text.trimStart().startsWith('{')) return true;
  const bytes = Buffer.from(text, 'base64');
  return bytes.length >= LIMITS.hmacKeyBytes.min && bytes.toString('base64') === text;
}

function readRingFile(reader: SettingReader, path: string): string | null {
  const hint = `; the JSON itself belongs in ${ENV.hmacKeys}`;
  return looksSecret(path)
    ? reader.file(
        ENV.hmacKeysFile,
        path,
        KEY_RING_RULE + hint,
        'a value that looks like a secret (not shown)',
      )
    : reader.file(ENV.hmacKeysFile, path, KEY_RING_RULE);
}

/** The HMAC keys from their setting or file; null after a fault. */
export function readKeyRing(reader: SettingReader): KeyRing | null {
  const text = reader.text(ENV.hmacKeys);
  const path = reader.text(ENV.hmacKeysFile);
  if (text !== null && path !== null) {
    const allowed = 'only one of the two; unset the other, so that it is clear which keys are used';
    return reader.fault(ENV.hmacKeys, `a value, and ${ENV.hmacKeysFile} is set too`, allowed);
  }
  if (text === null && path === null) {
    return reader.fault(
      ENV.hmacKeys,
      `nothing, and nothing in ${ENV.hmacKeysFile}`,
      `${KEY_RING_RULE}, or the path of a file with it in ${ENV.hmacKeysFile}`,
    );
  }
  const source = text === null ? ENV.hmacKeysFile : ENV.hmacKeys;
  const ring = text ?? readRingFile(reader, path ?? '');
  if (ring === null) return null;
  try {
    return parseKeyRing(ring, source, reader.text(ENV.hmacActiveKeyId) ?? undefined);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    reader.faults.push(...error.faults);
    return null;
  }
}

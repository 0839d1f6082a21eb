/** Bytes of a chain key. */
export const CHAIN_KEY_BYTES = 32;

/**
 * Refuses a key of another length; says nothing of its content.
 * @throws RangeError naming the position of the key in the list
 */
export function requireChainKeys(chainKeys: readonly Uint8Array[]): void {
  chainKeys.forEach((key, slot) => {
    if (key.length !== CHAIN_KEY_BYTES) {
      throw new RangeError(
        `chain key of slot ${slot}: found ${key.length} bytes, allowed exactly ${CHAIN_KEY_BYTES}`,
      );
    }
  });
}

/**
 * Refuses keys that were wiped: with zeros a sound chain would look forged.
 * @throws Error naming the position of the key in the list
 */
export function requireUnwiped(chainKeys: readonly Uint8Array[]): void {
  const slot = chainKeys.findIndex(
    (key) => key.length === CHAIN_KEY_BYTES && key.every((byte) => byte === 0),
  );
  if (slot < 0) return;
  throw new Error(`chain key of slot ${slot}: found it wiped, allowed is a key that is still in use`);
}

/** What an engine says when it is used after its keys were wiped. */
export function engineDisposed(name: string): Error {
  return new Error(`digest engine ${name}: found it disposed, allowed is a new engine for new work`);
}

import type * as crypto from 'node:crypto';

/** SHA-256 of bytes, as a string of 32 Latin-1 characters: Node makes that faster than a Buffer or hex. */
export type OneShotSha256 = (bytes: Uint8Array) => string;

/** `crypto.hash`, which makes no object per digest, or `createHash` where a runtime has no such function. */
export function oneShotSha256(module: {
  readonly hash?: typeof crypto.hash;
  readonly createHash: typeof crypto.createHash;
}): OneShotSha256 {
  const { hash, createHash } = module;
  return hash === undefined
    ? (bytes) => createHash('sha256').update(bytes).digest('binary')
    : (bytes) => hash('sha256', bytes, 'binary');
}

import type { AnchorStore, ObjectVersion } from '../application/ports';
import { EXIT } from '../contract';
import { parseAnchorKey } from '../domain/anchor/object-key';
import { ConfigError, UnavailableError } from '../errors';
import type { Outcome } from './outcome';

const KEYS_ARE_PRINTED = 'audit-anchor status and audit-anchor verify print keys';

/** The first version of the key: the one that is evidence, whatever was laid over it. */
async function firstVersion(store: AnchorStore, key: string): Promise<ObjectVersion | null> {
  let first: ObjectVersion | null = null;
  for await (const page of store.listAll(key)) {
    for (const version of page.versions)
      if (version.key === key && version.kind === 'version') first = version;
  }
  return first;
}

/** The hold as S3 shows it; null when this role may set holds but not look at anchors. */
async function shownHold(store: AnchorStore, key: string, versionId: string): Promise<boolean | null> {
  try {
    return (await store.head(key, versionId)).legalHold;
  } catch (error) {
    if (error instanceof UnavailableError && error.code === 'S3_ACCESS_DENIED') return null;
    throw error;
  }
}

/**
 * Sets or lifts the legal hold of an anchor.
 * @param versionId absent for the version that was written first
 * @throws ConfigError `USAGE` for a key that is no anchor of this chain, `OBJECT_NOT_FOUND` when there is none
 */
export async function holdCommand(
  store: AnchorStore,
  chainId: string,
  request: { readonly on: boolean; readonly key: string; readonly versionId?: string },
): Promise<Outcome> {
  const { on, key } = request;
  if (parseAnchorKey(chainId, key) === null) {
    throw new ConfigError(
      'USAGE',
      `KEY: found ${JSON.stringify(key.slice(0, 200))}, allowed the key of an anchor of chain ${chainId}, such as ${chainId}/2025/01/15/14/anchor-20250115T140000Z.json`,
      { hint: KEYS_ARE_PRINTED },
    );
  }
  const versionId = request.versionId ?? (await firstVersion(store, key))?.versionId;
  if (versionId === undefined) {
    throw new ConfigError('OBJECT_NOT_FOUND', `there is no anchor ${key} in bucket ${store.bucket}`, {
      hint: KEYS_ARE_PRINTED,
    });
  }
  await store.setLegalHold(key, versionId, on);
  const shown = await shownHold(store, key, versionId);
  const contradicted = shown === !on;
  const state = on ? 'on' : 'off';
  return {
    exitCode: contradicted ? EXIT.notEvaluated : EXIT.ok,
    document: { key, versionId, legalHold: on, confirmed: shown === on },
    text: (colors) => {
      if (contradicted) {
        return [
          colors.warn(
            `? S3 accepted the request but does not show the legal hold as ${state}: may this role see holds?`,
          ),
        ];
      }
      const unseen = shown === null ? ' (accepted by S3; this role may not read it back)' : '';
      return [`${colors.good('✔')} legal hold is ${state} for ${key} (version ${versionId})${unseen}`];
    },
  };
}

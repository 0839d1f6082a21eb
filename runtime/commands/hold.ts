import type { AnchorStore, ObjectVersion } from '../application/ports';
import { EXIT } from '../contract';
import { parseAnchorKey } from '../domain/anchor/object-key';
import { ConfigError } from '../errors';
import type { Outcome } from './outcome';

/** The first version of the key: the one that is evidence, whatever was laid over it. */
async function firstVersion(store: AnchorStore, key: string): Promise<ObjectVersion | null> {
  let first: ObjectVersion | null = null;
  for await (const page of store.listAll(key)) {
    for (const version of page.versions)
      if (version.key === key && version.kind === 'version') first = version;
  }
  return first;
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
      { hint: 'audit-anchor status and audit-anchor verify print keys' },
    );
  }
  const versionId = request.versionId ?? (await firstVersion(store, key))?.versionId;
  if (versionId === undefined) {
    throw new ConfigError('OBJECT_NOT_FOUND', `there is no anchor ${key} in bucket ${store.bucket}`);
  }
  await store.setLegalHold(key, versionId, on);
  const { legalHold } = await store.head(key, versionId);
  const state = legalHold ? 'on' : 'off';
  return {
    exitCode: legalHold === on ? EXIT.ok : EXIT.notEvaluated,
    document: { key, versionId, legalHold },
    text: (colors) => [
      legalHold === on
        ? `${colors.good('✔')} legal hold is ${state} for ${key} (version ${versionId})`
        : colors.warn(
            `? S3 accepted the request but shows the legal hold as ${state}: may this role see legal holds?`,
          ),
    ],
  };
}

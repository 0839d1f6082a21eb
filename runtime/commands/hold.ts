import type { AnchorStore, ObjectVersion } from '../application/ports';
import { EXIT } from '../contract';
import { parseAnchorKey } from '../domain/anchor/object-key';
import { ConfigError, UnavailableError } from '../errors';
import type { Outcome } from './outcome';

const KEYS_ARE_PRINTED = 'audit-anchor status and audit-anchor verify print keys';

export interface HoldRequest {
  readonly on: boolean;
  readonly key: string;
  /** Absent for the version that was written first. */
  readonly versionId?: string;
  /** Ends what is asked of S3 when it aborts. */
  readonly signal?: AbortSignal;
}

/** The first version of the key: the one that is evidence, whatever was laid over it. */
async function firstVersion(
  store: AnchorStore,
  key: string,
  signal: AbortSignal | undefined,
): Promise<ObjectVersion | null> {
  let first: ObjectVersion | null = null;
  for await (const page of store.listAll(key, signal)) {
    for (const version of page.versions)
      if (version.key === key && version.kind === 'version') first = version;
  }
  return first;
}

/** Sets it; then the hold as S3 shows it, null when this role may set holds but not look at anchors. */
async function setHold(
  store: AnchorStore,
  versionId: string,
  { on, key, signal }: HoldRequest,
): Promise<boolean | null> {
  await store.setLegalHold(key, versionId, on, signal);
  try {
    return (await store.head(key, versionId, signal)).legalHold;
  } catch (error) {
    if (error instanceof UnavailableError && error.code === 'S3_ACCESS_DENIED') return null;
    throw error;
  }
}

/**
 * Sets or lifts the legal hold of an anchor.
 * @throws UnavailableError `INTERRUPTED` that says what to do, when stopped after S3 was asked
 * @throws ConfigError `USAGE` for a key that is no anchor of this chain, `OBJECT_NOT_FOUND` when there is none
 */
export async function holdCommand(
  store: AnchorStore,
  chainId: string,
  request: HoldRequest,
): Promise<Outcome> {
  const { on, key, signal } = request;
  if (parseAnchorKey(chainId, key) === null) {
    throw new ConfigError(
      'USAGE',
      `KEY: found ${JSON.stringify(key.slice(0, 200))}, allowed the key of an anchor of chain ${chainId}, such as ${chainId}/2025/01/15/14/anchor-20250115T140000Z.json`,
      { hint: KEYS_ARE_PRINTED },
    );
  }
  const versionId = request.versionId ?? (await firstVersion(store, key, signal))?.versionId;
  if (versionId === undefined) {
    throw new ConfigError('OBJECT_NOT_FOUND', `there is no anchor ${key} in bucket ${store.bucket}`, {
      hint: KEYS_ARE_PRINTED,
    });
  }
  const state = on ? 'on' : 'off';
  const shown = await setHold(store, versionId, request).catch((error: unknown) => {
    if (!signal?.aborted || error !== signal.reason) throw error;
    throw new UnavailableError(
      'INTERRUPTED',
      `interrupted: the legal hold of ${key} may be ${state} or not`,
      {
        hint: `Run audit-anchor hold ${state} ${key} again: to ask twice changes nothing`,
        cause: error,
      },
    );
  });
  const contradicted = shown === !on;
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

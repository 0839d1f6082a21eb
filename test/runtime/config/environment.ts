import type { Config, Need } from '../../../runtime/config/config';
import { loadConfig } from '../../../runtime/config/load';
import { ConfigError, type ConfigFault } from '../../../runtime/errors';

/** Base64 of 32 bytes, made here so that no secret stands in the sources. */
export const SECRET = Buffer.alloc(32, 'k').toString('base64');

/** An environment in which every command can run. */
export const COMPLETE: NodeJS.ProcessEnv = {
  AUDIT_ANCHOR_BUCKET: 'audit-anchors-prod',
  AUDIT_ANCHOR_CHAIN_ID: 'production',
  AWS_REGION: 'eu-west-1',
  DATABASE_URL: 'postgres://reader:hunter2@db.internal:5433/audit',
  AUDIT_HMAC_KEYS: JSON.stringify({ k1: SECRET }),
};

export type Files = Readonly<Record<string, string | { readonly code: string }>>;

/** A file system of a few files; an entry with a code cannot be read. */
export function reader(files: Files): (path: string) => string {
  return (path) => {
    const entry = files[path] ?? { code: 'ENOENT' };
    if (typeof entry === 'string') return entry;
    throw Object.assign(new Error(`${entry.code}: ${path}`), { code: entry.code });
  };
}

/** Loads the complete environment with some settings changed; undefined removes one. */
export function load(
  changes: NodeJS.ProcessEnv = {},
  files: Files = {},
  need: Need = { service: true },
): Config {
  return loadConfig({ ...COMPLETE, ...changes }, need, reader(files));
}

/** The error of a refused environment; fails when it was accepted. */
export function refusal(changes: NodeJS.ProcessEnv, files?: Files, need?: Need): ConfigError {
  try {
    load(changes, files, need);
  } catch (error) {
    if (error instanceof ConfigError && error.code === 'CONFIG_INVALID') return error;
    throw error;
  }
  throw new Error('the environment was accepted');
}

export function faultsOf(changes: NodeJS.ProcessEnv, files?: Files, need?: Need): readonly ConfigFault[] {
  return refusal(changes, files, need).faults;
}

/** The one fault of an environment. */
export function faultOf(changes: NodeJS.ProcessEnv, files?: Files, need?: Need): ConfigFault {
  const faults = faultsOf(changes, files, need);
  expect(faults).toHaveLength(1);
  return faults[0] as ConfigFault;
}

import { NOTHING } from '../config-faults';
import { CHANNEL_BINDINGS } from '../contract/setting-rules';
import { SSL_MODES, type DatabaseConfig, type SslMode } from './config';
import type { SettingReader } from './setting-reader';

/** A value and the setting it came from, for the fault. */
export interface Sourced {
  readonly setting: string;
  readonly value: string;
}

/** libpq's name for the trust store of the system. */
const SYSTEM_STORE = 'system';
const CERTIFICATE = '-----BEGIN CERTIFICATE-----';
const MODE_RULE = SSL_MODES.join(', ');

/** Why a mode that others know is not among ours. */
const REFUSED_MODES: Readonly<Record<string, string>> = {
  allow: 'it may silently fall back to plain text',
  prefer: 'it may silently fall back to plain text',
  'no-verify': 'libpq calls it require',
};

function parseMode(reader: SettingReader, mode: Sourced): SslMode | null {
  const known = SSL_MODES.find((candidate) => candidate === mode.value);
  if (known) return known;
  const reason = REFUSED_MODES[mode.value];
  // An unknown word may be a piece of a password that was not encoded in a URL.
  const found = reason === undefined ? 'an sslmode that does not exist (not shown)' : `sslmode=${mode.value}`;
  return reader.fault(mode.setting, found, reason === undefined ? MODE_RULE : `${MODE_RULE}; ${reason}`);
}

function readRoot(reader: SettingReader, root: Sourced, mode: SslMode): string | null {
  if (root.value === SYSTEM_STORE) {
    // Anybody can get a certificate from a public authority: only the name tells servers apart.
    if (mode === 'verify-full') return null;
    return reader.fault(
      root.setting,
      `sslrootcert=system with sslmode=${mode}`,
      'sslmode=verify-full with it',
    );
  }
  const pem = reader.file(root.setting, root.value, 'PEM certificates of the authority');
  if (pem === null || pem.includes(CERTIFICATE)) return pem;
  return reader.fault(root.setting, 'a file without a PEM certificate', `a file with ${CERTIFICATE} in it`);
}

/**
 * TLS options with libpq's meaning of each mode. Never left to pg, which warns about its own reading of them.
 * Without a mode: no TLS, as pg does; with a root certificate but no mode: everything is verified.
 */
export function readTls(
  reader: SettingReader,
  mode: Sourced | null,
  root: Sourced | null,
): Pick<DatabaseConfig, 'ssl' | 'sslMode'> {
  const sslMode = mode ? parseMode(reader, mode) : root ? 'verify-full' : 'disable';
  if (sslMode === null || sslMode === 'disable') return { ssl: false, sslMode: 'disable' };
  const ca = root ? readRoot(reader, root, sslMode) : null;
  const trust = ca === null ? {} : { ca };
  if (sslMode === 'verify-full') return { ssl: { rejectUnauthorized: true, ...trust }, sslMode };
  if (sslMode === 'require' && root === null) return { ssl: { rejectUnauthorized: false }, sslMode };
  if (root === null && mode !== null) {
    reader.fault(
      mode.setting,
      `sslmode=verify-ca and ${NOTHING} as its root certificate`,
      'a file in sslrootcert or PGSSLROOTCERT, or sslmode=verify-full; otherwise any public authority would do',
    );
  }
  return { ssl: { rejectUnauthorized: true, checkServerIdentity: () => undefined, ...trust }, sslMode };
}

/** Where nothing is set a login is bound when the server offers that, as by libpq. */
export function readChannelBinding(
  reader: SettingReader,
  binding: Sourced | null,
  { ssl }: Pick<DatabaseConfig, 'ssl'>,
): Pick<DatabaseConfig, 'channelBinding'> {
  const { setting, value } = binding ?? { setting: '', value: 'prefer' };
  const channelBinding = CHANNEL_BINDINGS.find((word) => word === value);
  if (channelBinding === undefined) {
    // It may be a piece of a password that was not encoded in a URL.
    reader.fault(setting, 'a channel_binding that does not exist (not shown)', CHANNEL_BINDINGS.join(', '));
    return {};
  }
  if (ssl) return { channelBinding };
  if (channelBinding === 'require') {
    reader.fault(
      setting,
      'channel_binding=require without TLS',
      'sslmode=require, verify-ca or verify-full with it, and no Unix socket',
    );
  }
  return {};
}

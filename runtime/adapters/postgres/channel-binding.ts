import type { TLSSocket } from 'node:tls';
import type { ClientBase, ClientConfig } from 'pg';
import { type ChannelBinding, CHANNEL_BINDINGS } from '../../contract/setting-rules';
import { ConfigError } from '../../errors';
import { describeEndpoint } from './failure';
import { endpointOf } from './goodbye';
import { socketOf, wireOf } from './wire';

/** Settings of `pg`, and what `pg` itself cannot demand. */
export interface ConnectionConfig extends ClientConfig {
  /**
   * Goes before a `channel_binding` in `connectionString`.
   *
   * @default `enableChannelBinding` of `pg` decides
   */
  readonly channelBinding?: ChannelBinding;
}

/** The SASL mechanism that binds a login. */
const BOUND_MECHANISM = 'SCRAM-SHA-256-PLUS';

/** @throws ConfigError `CONFIG_INVALID` for a word that libpq does not know either */
export function channelBindingOf(config: ConnectionConfig): ChannelBinding | null {
  if (config.channelBinding !== undefined) return config.channelBinding;
  // `pg` passes over this parameter in silence.
  const inUrl = /[?&]channel_binding=([^&#]*)/.exec(config.connectionString ?? '');
  if (!inUrl) return null;
  const known = CHANNEL_BINDINGS.find((word) => word === inUrl[1]);
  if (known) return known;
  throw new ConfigError(
    'CONFIG_INVALID',
    `channel_binding in connectionString is unknown (not shown); expected ${CHANNEL_BINDINGS.join(', ')}`,
  );
}

/** Refuses each login of `client`, which is not connected yet, that the server does not bind to the TLS connection. */
export function requireBoundLogin(client: ClientBase): void {
  const wire = wireOf(client);
  let proven = false;
  const refuse = (why: string): void => {
    // Before `pg` hears of the request and answers it with the password.
    socketOf(client).destroy();
    wire.emit('error', notBound(client, why));
  };
  const requireProof = (): void => {
    if (!proven) refuse('it asks for no proof of the password');
  };
  wire.on('authenticationCleartextPassword', () => refuse('it asks for the password in plain text'));
  wire.on('authenticationMD5Password', () => refuse('it asks for an MD5 hash of the password'));
  wire.on('authenticationSASL', ({ mechanisms }: { readonly mechanisms: readonly string[] }) => {
    if (!(socketOf(client) as Partial<TLSSocket>).encrypted) refuse('the connection has no TLS');
    else if (!mechanisms.includes(BOUND_MECHANISM)) refuse(`it does not offer ${BOUND_MECHANISM}`);
  });
  // `pg`, which hears of it next, checks the server's signature and ends the login when it is wrong.
  wire.on('authenticationSASLFinal', () => void (proven = true));
  wire.on('authenticationOk', requireProof);
  wire.on('readyForQuery', requireProof);
}

function notBound(client: ClientBase, why: string): ConfigError {
  const where = describeEndpoint(endpointOf(client));
  return new ConfigError(
    'DB_CHANNEL_BINDING',
    `${where} does not bind the login to the TLS connection, as channel_binding=require demands: ${why}`,
    {
      hint: 'Connect by TLS to the server itself, with a password stored as SCRAM-SHA-256; set channel_binding=prefer only if nobody can stand between.',
    },
  );
}

import type { ChannelBinding } from '../../contract/setting-rules';
import type { ConnectionConfig } from '../postgres/channel-binding';

/** How to reach the database, as the configuration gives it: the password behind a function. */
export interface ConnectionSettings {
  readonly host: string;
  readonly port: number;
  readonly user?: string;
  readonly database?: string;
  readonly password?: () => string;
  readonly ssl:
    | false
    | {
        readonly rejectUnauthorized: boolean;
        readonly ca?: string;
        /** Present when the host name is not checked. */
        readonly checkServerIdentity?: () => undefined;
      };
  readonly channelBinding?: ChannelBinding;
  readonly application_name?: string;
  readonly options?: string;
  readonly connectionTimeoutMillis?: number;
}

/** The same as plain data, which can go to another thread. */
export interface PlainSettings {
  readonly plain: Omit<ConnectionSettings, 'password' | 'ssl'>;
  readonly password: string | null;
  readonly ssl: false | { readonly rejectUnauthorized: boolean; readonly ca?: string };
  readonly anyHostName: boolean;
}

export function toPlain({ password, ssl, ...settings }: ConnectionSettings): PlainSettings {
  const { host, port, user, database, channelBinding } = settings;
  const { application_name, options, connectionTimeoutMillis } = settings;
  return {
    plain: {
      host,
      port,
      user,
      database,
      channelBinding,
      application_name,
      options,
      connectionTimeoutMillis,
    },
    password: password?.() ?? null,
    ssl: ssl && { rejectUnauthorized: ssl.rejectUnauthorized, ca: ssl.ca },
    anyHostName: ssl !== false && ssl.checkServerIdentity !== undefined,
  };
}

export function fromPlain({ plain, password, ssl, anyHostName }: PlainSettings): ConnectionConfig {
  return {
    ...plain,
    password: password === null ? undefined : () => password,
    ssl: ssl && { ...ssl, ...(anyHostName && { checkServerIdentity: () => undefined }) },
  };
}

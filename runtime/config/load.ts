import { isIP } from 'node:net';
import { KeyRing } from '../adapters/keys/key-ring';
import { invalidConfiguration, quoted } from '../config-faults';
import { DEFAULTS, ENV, LIMITS, OUTPUTS } from '../contract';
import type { ChainLayout } from '../domain/chain/columns';
import { readChainId, readLayout, readTable } from './chain-settings';
import type { Config, ConfigFor, Need, ReadFile } from './config';
import { hasVerifyDatabase, readDatabase, readVerifyDatabase } from './database-settings';
import { readKeyRing } from './key-settings';
import { SettingReader } from './setting-reader';
import { readStorage } from './storage-settings';
import { unknownSettings } from './unknown-settings';

type Numbers = Pick<
  Config,
  | 'retentionDays'
  | 'verifyRetentionDays'
  | 'intervalMinutes'
  | 'eventThreshold'
  | 'pollSeconds'
  | 'verifyIntervalMinutes'
  | 'verifyFullIntervalHours'
  | 'clockToleranceSeconds'
  | 'verifyWorkers'
  | 'httpPort'
>;

const UNITS: Readonly<Record<Exclude<keyof Numbers, 'verifyRetentionDays' | 'httpPort'>, string>> = {
  retentionDays: 'whole number of days',
  intervalMinutes: 'whole number of minutes',
  eventThreshold: 'whole number of events',
  pollSeconds: 'whole number of seconds',
  verifyIntervalMinutes: 'whole number of minutes',
  verifyFullIntervalHours: 'whole number of hours',
  clockToleranceSeconds: 'whole number of seconds',
  verifyWorkers: 'whole number of readers',
};

/** 0 lets the system choose, and then only the daemon knows what it chose. */
const DAEMON_PORT = { ...LIMITS.httpPort, min: 1 };

function readNumbers(reader: SettingReader, { daemonPort = false }: Need): Numbers {
  const read = (name: keyof typeof UNITS) =>
    reader.integer(ENV[name], LIMITS[name], UNITS[name], DEFAULTS[name]);
  const retentionDays = read('retentionDays');
  return {
    retentionDays,
    verifyRetentionDays: readVerifyRetention(reader, retentionDays),
    intervalMinutes: read('intervalMinutes'),
    eventThreshold: read('eventThreshold'),
    pollSeconds: read('pollSeconds'),
    verifyIntervalMinutes: read('verifyIntervalMinutes'),
    verifyFullIntervalHours: read('verifyFullIntervalHours'),
    clockToleranceSeconds: read('clockToleranceSeconds'),
    verifyWorkers: read('verifyWorkers'),
    httpPort: reader.integer(ENV.httpPort, daemonPort ? DAEMON_PORT : LIMITS.httpPort, 'port number', null),
  };
}

/** Anchors from before the retention was lengthened keep the lock that they have. */
function readVerifyRetention(reader: SettingReader, retentionDays: number): number {
  const name = ENV.verifyRetentionDays;
  const days = reader.integer(name, LIMITS.retentionDays, UNITS.retentionDays, retentionDays);
  if (days <= retentionDays) return days;
  reader.fault(name, quoted(String(days)), `at most ${ENV.retentionDays}, which is ${retentionDays}`);
  return retentionDays;
}

/** An address rather than a name, so that DNS has no say in who can reach the health checks. */
function readHttpHost(reader: SettingReader): string {
  const host = reader.text(ENV.httpHost) ?? DEFAULTS.httpHost;
  if (isIP(host) === 0 && host !== 'localhost')
    reader.fault(
      ENV.httpHost,
      quoted(host),
      'an IP address of this machine, localhost, or 0.0.0.0 or :: for every address',
    );
  return host;
}

const NO_STORAGE = { bucket: null, region: null, endpoint: null, kmsKeyArn: null };

/** A foreign chain is not recomputed, so its secrets are not even read. */
function readKeys(reader: SettingReader, layout: ChainLayout | null): KeyRing | null {
  return layout?.format === 'links' ? KeyRing.empty() : readKeyRing(reader);
}

/**
 * Reads and checks the whole configuration. Works on its arguments only: no network, no database.
 * Settings of the bucket, the database and the keys are read only when they are needed, everything else
 * that begins with `AUDIT_` always, so that a mistake is seen before the command that would trip over it.
 * @param env usually `process.env`; an empty value counts as absent
 * @param need what the command cannot do without
 * @param readFile reads the files that settings name, as UTF-8
 * @throws ConfigError `CONFIG_INVALID` with every fault
 */
export function loadConfig<const N extends Need>(
  env: NodeJS.ProcessEnv,
  need: N,
  readFile: ReadFile,
): ConfigFor<N> {
  const needs = (part: Exclude<keyof Need, 'service' | 'daemonPort'>) =>
    need[part] === true || need.service === true;
  const reader = new SettingReader(env, readFile);
  reader.faults.push(...unknownSettings(env));
  const storage = needs('bucket') ? readStorage(reader) : NO_STORAGE;
  const chainId = needs('bucket') || needs('hmacKeys') ? readChainId(reader) : null;
  const numbers = readNumbers(reader, need);
  const httpHost = readHttpHost(reader);
  const output = reader.choice(ENV.output, OUTPUTS, 'report');
  const { table, schema, relation } = readTable(reader);
  const layout = readLayout(reader);
  const keyRing = needs('hmacKeys') ? readKeys(reader, layout) : null;
  const ownDatabase = needs('verifyDatabase') && hasVerifyDatabase(reader);
  const readsPrimary = needs('database') || (needs('verifyDatabase') && !ownDatabase);
  const database = readsPrimary ? readDatabase(reader) : null;
  const verifyDatabase = ownDatabase ? readVerifyDatabase(reader) : needs('verifyDatabase') ? database : null;
  if (reader.faults.length > 0 || layout === null) {
    keyRing?.wipe();
    throw invalidConfiguration(reader.faults);
  }
  const config: Config = {
    ...storage,
    chainId,
    ...numbers,
    httpHost,
    output,
    layout,
    table,
    schema,
    relation,
    keyRing,
    database,
    verifyDatabase,
  };
  // What was needed and is null has left a fault above.
  return config as ConfigFor<N>;
}

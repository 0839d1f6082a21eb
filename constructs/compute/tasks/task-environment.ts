import { Fn, Token } from 'cdktf';
import type { OUTPUTS } from '../../../runtime/contract';
import { DEFAULTS, ENV } from '../../../runtime/contract';
import { CHAIN_SETTINGS } from '../../../runtime/contract/chain-settings';
import { isUnknownAtSynth } from '../../validation';

/** What a task does: the daemon, one look at the triggers, or one verification. */
export type TaskKind = 'run' | 'anchor' | 'verify';

/** Settings of the runtime that a deployment may choose; the constructs decide all others. */
export const CHOOSABLE = [
  'clockToleranceSeconds',
  'hmacActiveKeyId',
  ...CHAIN_SETTINGS,
  's3Endpoint',
] as const satisfies readonly (keyof typeof ENV)[];

/** Further settings of the runtime, by their names in `ENV` of the contract. */
export type RuntimeSettings = Readonly<Partial<Record<(typeof CHOOSABLE)[number], string | number>>>;

/** What the tasks of one chain have in common, so that the verifier expects what the writer does. */
export interface ChainSettings {
  readonly bucketName: string;
  readonly region: string;
  readonly chainId: string;
  /** Days an anchor is locked. */
  readonly retentionDays: number;
  /** Days that verification demands of every anchor; undefined for the same. */
  readonly verifyRetentionDays: number | undefined;
  /** Full ARN; undefined with SSE-S3. */
  readonly kmsKeyArn: string | undefined;
  /** Minutes between interval anchors. */
  readonly intervalMinutes: number | undefined;
  /** Events that make an anchor due. */
  readonly eventThreshold: number | undefined;
  readonly settings: RuntimeSettings | undefined;
}

/** What only the daemon has to know. */
export interface DaemonSettings {
  /** Seconds between two looks at the chain. */
  readonly pollSeconds: number | undefined;
  /** Whether a task of its own verifies. Who writes evidence must not judge it. */
  readonly verifiedElsewhere: boolean;
}

/** What only verifications have to know. */
export interface VerificationSettings {
  /** Readers of events at the same time. */
  readonly verifyWorkers: number;
}

/** Port of the health endpoints inside a task. */
const HEALTH_PORT = 8080;

const LOG: (typeof OUTPUTS)[number] = 'log';

/** Environment variables of a task, by name. */
export function taskEnvironment(
  kind: TaskKind,
  chain: ChainSettings,
  own: Partial<DaemonSettings & VerificationSettings> = {},
): Record<string, string> {
  return {
    ...chosen(chain.settings),
    [ENV.output]: LOG,
    [ENV.bucket]: chain.bucketName,
    [ENV.region]: chain.region,
    [ENV.chainId]: chain.chainId,
    [ENV.retentionDays]: text(chain.retentionDays),
    ...(chain.verifyRetentionDays !== undefined && {
      [ENV.verifyRetentionDays]: text(chain.verifyRetentionDays),
    }),
    [ENV.intervalMinutes]: text(chain.intervalMinutes ?? DEFAULTS.intervalMinutes),
    [ENV.eventThreshold]: text(chain.eventThreshold ?? DEFAULTS.eventThreshold),
    ...(chain.kmsKeyArn !== undefined && { [ENV.kmsKeyArn]: chain.kmsKeyArn }),
    ...(kind === 'run' && {
      // The container's health check runs inside of the container.
      [ENV.httpHost]: DEFAULTS.httpHost,
      [ENV.httpPort]: text(HEALTH_PORT),
      [ENV.pollSeconds]: text(own.pollSeconds ?? DEFAULTS.pollSeconds),
      [ENV.verifyIntervalMinutes]: text(own.verifiedElsewhere ? 0 : DEFAULTS.verifyIntervalMinutes),
    }),
    ...(kind === 'verify' && {
      [ENV.verifyWorkers]: text(own.verifyWorkers ?? DEFAULTS.verifyWorkers),
    }),
  };
}

function chosen(settings: RuntimeSettings = {}): Record<string, string> {
  return Object.fromEntries(
    CHOOSABLE.flatMap((name) => {
      const value = settings[name];
      return value === undefined ? [] : [[ENV[name], text(value)]];
    }),
  );
}

/** ECS takes texts only; a number of Terraform would stay one in the JSON. */
function text(value: string | number): string {
  if (typeof value === 'string') return value;
  return isUnknownAtSynth(value) ? Token.asString(Fn.tostring(value)) : String(value);
}

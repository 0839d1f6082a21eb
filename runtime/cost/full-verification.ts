import type { Prices } from './prices';

/** A full verification in several tasks, as far as time and price depend on it. */
export interface FullVerificationLoad {
  readonly events: number;
  /** Tasks that read at the same time; the chain is divided into as many shards. */
  readonly tasks: number;
  /** Events per second that one task reads and verifies, as measured. */
  readonly taskRate: number;
  /** Events per second that the database can be read at by all tasks together; null while it is not the limit. */
  readonly databaseRate: number | null;
  readonly architecture: 'arm64' | 'x86_64';
  /** Size of each task. */
  readonly vcpu: number;
  readonly memoryGb: number;
}

export interface FullVerificationCost {
  /** From the start of the execution to the report. */
  readonly seconds: number;
  /** US dollars for one run. */
  readonly usd: number;
  /** The tasks could read faster than the database can be read. */
  readonly databaseIsLimit: boolean;
}

/** Seconds that Fargate takes to start a task, pull of the image included; nobody promises them. */
export const START_SECONDS = 60;
/** Seconds of the plan, and of the merge: a list and a read of each anchor. */
export const STEP_SECONDS = 30;
/** Fargate bills a minute at least. */
const LEAST_BILLED_SECONDS = 60;
const SECONDS_PER_HOUR = 3_600;
/** Transitions of the machine without a failure, and of each child. */
const MACHINE_TRANSITIONS = 7;
const CHILD_TRANSITIONS = 4;
/** US dollars: a Standard workflow, first tier, us-east-1. */
export const USD_PER_TRANSITION = 0.000025;

/** Time and price of one run in which nothing fails. */
export function fullVerificationCost(load: FullVerificationLoad, prices: Prices): FullVerificationCost {
  const { events, tasks, taskRate, databaseRate } = load;
  const wanted = tasks * taskRate;
  const databaseIsLimit = databaseRate !== null && databaseRate < wanted;
  const reading = events / (databaseIsLimit ? databaseRate : wanted);
  const step = START_SECONDS + STEP_SECONDS;
  const billed = (seconds: number): number => Math.max(LEAST_BILLED_SECONDS, START_SECONDS + seconds);
  const taskSeconds = 2 * billed(STEP_SECONDS) + tasks * billed(reading);
  const transitions = MACHINE_TRANSITIONS + CHILD_TRANSITIONS * tasks;
  return {
    seconds: 2 * step + START_SECONDS + reading,
    usd: (taskSeconds / SECONDS_PER_HOUR) * hourOf(load, prices) + transitions * USD_PER_TRANSITION,
    databaseIsLimit,
  };
}

/** US dollars for one task for one hour. */
function hourOf({ architecture, vcpu, memoryGb }: FullVerificationLoad, prices: Prices): number {
  return architecture === 'arm64'
    ? vcpu * prices.fargateArmVcpuHour + memoryGb * prices.fargateArmGbHour
    : vcpu * prices.fargateX86VcpuHour + memoryGb * prices.fargateX86GbHour;
}

import { DEFAULTS, LIMITS } from '../../../runtime/contract';
import { isUnknownAtSynth, type PropCheck } from '../../validation';
import { CPU_UNITS_OF_A_VCPU, type TaskSizeOptions } from './task-size';

/** How many readers a task that verifies has. */
export interface VerifyWorkersOptions {
  /**
   * Readers of events at the same time, 1 to 64: each a thread of the task with a connection of its own to the
   * database and about 30 MB of memory. All connections have to reach one server: give 1 behind a proxy that spreads
   * them.
   *
   * @default - one for each whole vCPU of `cpu`, at least 1; 1 when only Terraform knows `cpu`
   */
  readonly verifyWorkers?: number;
}

/** Records a number of readers that the runtime refuses. */
export function checkVerifyWorkers(check: PropCheck, { verifyWorkers }: VerifyWorkersOptions): void {
  const fix = 'choose no more than the task has vCPUs and the database connections to spare';
  check.wholeNumber('verifyWorkers', verifyWorkers, LIMITS.verifyWorkers, 'readers', fix);
}

/** Readers of a task: as many as were asked for, or one for each processor that would idle otherwise. */
export function verifyWorkersOf({ verifyWorkers, cpu }: VerifyWorkersOptions & TaskSizeOptions): number {
  if (verifyWorkers !== undefined) return verifyWorkers;
  if (cpu === undefined || isUnknownAtSynth(cpu)) return DEFAULTS.verifyWorkers;
  return Math.max(DEFAULTS.verifyWorkers, Math.floor(cpu / CPU_UNITS_OF_A_VCPU));
}

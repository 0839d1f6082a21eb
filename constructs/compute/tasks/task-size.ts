import { isUnknownAtSynth, type PropCheck } from '../../validation';

const GIB = 1_024;
const gibibytes = (from: number, to: number, step: number): number[] =>
  Array.from({ length: (to - from) / step + 1 }, (_, at) => (from + at * step) * GIB);

/** Memory in MiB that Fargate has for a number of CPU units. */
const MEMORY: Readonly<Record<number, readonly number[]>> = {
  256: [512, 1 * GIB, 2 * GIB],
  512: gibibytes(1, 4, 1),
  1_024: gibibytes(2, 8, 1),
  2_048: gibibytes(4, 16, 1),
  4_096: gibibytes(8, 30, 1),
  8_192: gibibytes(16, 60, 4),
  16_384: gibibytes(32, 120, 8),
};

export const CPU_UNITS_OF_A_VCPU = 1_024;

/** Smallest task of Fargate; the runtime streams events, so the length of the chain does not matter. */
export const DEFAULT_SIZE = { cpu: 256, memoryMiB: 512 } as const;

/** Size of a task. */
export interface TaskSizeOptions {
  /**
   * CPU units, 1,024 to a vCPU: 256, 512, 1024, 2048, 4096, 8192 or 16384.
   *
   * @default 256 - a quarter of a vCPU
   */
  readonly cpu?: number;

  /**
   * Memory in MiB; Fargate has certain sizes for each `cpu`.
   *
   * @default 512
   */
  readonly memoryMiB?: number;
}

/** Records a size that Fargate does not have. */
export function checkTaskSize(check: PropCheck, { cpu, memoryMiB }: TaskSizeOptions): void {
  if (isUnknownAtSynth(cpu) || isUnknownAtSynth(memoryMiB)) return;
  const units = cpu ?? DEFAULT_SIZE.cpu;
  const sizes = MEMORY[units];
  check.rule(sizes !== undefined, {
    prop: 'cpu',
    found: String(units),
    allowed: `CPU units that Fargate has: ${Object.keys(MEMORY).join(', ')}`,
    fix: 'choose one of them; 1024 is one vCPU',
  });
  if (sizes === undefined) return;
  const memory = memoryMiB ?? DEFAULT_SIZE.memoryMiB;
  check.rule(sizes.includes(memory), {
    prop: 'memoryMiB',
    found: memoryMiB === undefined ? `${memory} by default` : String(memory),
    allowed: `with "cpu" ${units} one of ${sizes.join(', ')} MiB`,
    fix: 'choose one of them, or another "cpu"',
  });
}

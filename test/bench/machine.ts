import { readdirSync, readFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';

/** Clock ticks a second of the counters in /proc; fixed on every architecture that Node.js supports. */
const TICKS_PER_SECOND = 100;
const CORES = cpus().length;

export function machineLine(): string {
  const model = cpus()[0]?.model.replaceAll(/\s+/g, ' ').trim() ?? 'unknown CPU';
  const memory = Math.round(totalmem() / 1024 ** 3);
  return `${CORES} x ${model}, ${memory} GiB, Node.js ${process.versions.node} (OpenSSL ${process.versions.openssl})`;
}

/** Fields of /proc/PID/stat behind the name, which may hold spaces; null when the process is gone. */
function statOf(pid: number | 'self'): readonly number[] | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
  } catch {
    return null;
  }
}

const PARENT = 1;
const OWN_TIMES = [11, 12] as const;
const ENDED_CHILDREN_TIMES = [13, 14] as const;

function seconds(stat: readonly number[] | null, fields: readonly number[]): number {
  return fields.reduce((sum, field) => sum + (stat?.[field] ?? 0), 0) / TICKS_PER_SECOND;
}

/** CPU seconds of the children of this process that have ended. */
export function endedChildrenCpu(): number {
  return seconds(statOf('self'), ENDED_CHILDREN_TIMES);
}

/** CPU seconds of a server: its first process, the ones that ended and the ones that live. */
export function serverCpu(pid: number): number {
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => statOf(Number(name)))
    .filter((stat) => stat?.[PARENT] === pid);
  const own = seconds(statOf(pid), [...OWN_TIMES, ...ENDED_CHILDREN_TIMES]);
  return children.reduce((sum, stat) => sum + seconds(stat, OWN_TIMES), own);
}

function machineCpu(): number {
  const [, user = 0, nice = 0, system = 0, , , , , steal = 0] = readFileSync('/proc/stat', 'latin1')
    .split('\n', 1)[0]!
    .split(/\s+/)
    .map(Number);
  return (user + nice + system + steal) / TICKS_PER_SECOND;
}

/** CPU seconds so far, by whom they were used. */
export interface CpuTimes {
  readonly machine: number;
  readonly bench: number;
  readonly programs: number;
  readonly server: number;
}

export function cpuTimes(serverPid: number): CpuTimes {
  return {
    machine: machineCpu(),
    bench: seconds(statOf('self'), OWN_TIMES),
    programs: endedChildrenCpu(),
    server: serverCpu(serverPid),
  };
}

/** Share of the machine that none of us used between two readings, 0 to 1. */
export function foreignShare(before: CpuTimes, after: CpuTimes, wallSeconds: number): number {
  const used = (part: keyof CpuTimes): number => after[part] - before[part];
  const foreign = used('machine') - used('bench') - used('programs') - used('server');
  return Math.max(0, foreign / (wallSeconds * CORES));
}

/** Largest resident set of a living process so far, bytes; 0 when it is gone. */
export function peakRss(pid: number | 'self'): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'latin1');
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

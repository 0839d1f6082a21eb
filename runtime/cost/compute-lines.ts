import { START_SECONDS } from './full-verification';
import type { Bill, CostLine } from './line';
import { amount, priced } from './line';
import { MONTHS } from './units';
import type { Workload } from './workload';
import { eventsPerSecond, fullTaskSeconds } from './workload';

const FARGATE_PRICES = {
  arm64: { vcpu: 'fargateArmVcpuHour', memory: 'fargateArmGbHour' },
  x86_64: { vcpu: 'fargateX86VcpuHour', memory: 'fargateX86GbHour' },
} as const;
/** Every task reads the database URL and the HMAC keys when it starts. */
const SECRETS_PER_START = 2;

export function taskHours({ anchoringHours, verificationHours }: Workload): number {
  return anchoringHours + verificationHours;
}

/** Tasks, what starts them, their image and their secrets; nothing when no task runs. */
export function computeLines(bill: Bill): CostLine[] {
  const { settings, work, prices, free } = bill;
  if (taskHours(work) === 0) return [];
  const runs = work.taskStarts;
  const calls = runs * SECRETS_PER_START;
  const scheduled = free.billed('schedulerRuns', runs);
  return [
    ...fargateLines(
      bill,
      'anchoring',
      work.anchoringHours,
      ANCHORING_FORMULAS[settings.anchoring.mode](work),
    ),
    ...fargateLines(bill, 'verification', work.verificationHours, verificationFormula(bill)),
    ...(runs === 0
      ? []
      : [
          priced(prices, 'schedulerPerMillion', {
            id: 'compute.scheduler',
            title: 'EventBridge Scheduler',
            quantity: scheduled / 1_000_000,
            formula: `${amount(runs)} runs${free.note(runs, scheduled)}`,
          }),
        ]),
    priced(prices, 'ecrGbMonth', {
      id: 'compute.images',
      title: 'images in ECR',
      quantity: settings.imagesStoredGb * MONTHS,
      formula: `${amount(settings.imagesStoredGb)} GB`,
    }),
    priced(prices, 'secretMonth', {
      id: 'compute.secrets',
      title: 'secrets',
      quantity: settings.secrets * MONTHS,
      formula: `${amount(settings.secrets)} secrets`,
    }),
    priced(prices, 'secretCallsPer10000', {
      id: 'compute.secretCalls',
      title: 'reading secrets',
      quantity: calls / 10_000,
      formula: `${SECRETS_PER_START} at each of ${amount(runs)} starts`,
    }),
  ];
}

const ANCHORING_FORMULAS = {
  service: () => 'one task, always on',
  scheduled: ({ anchorRuns }: Workload) => `${amount(anchorRuns)} runs, each billed for a minute or more`,
  external: () => 'none',
} as const;

function verificationFormula({ settings, work }: Bill): string {
  const { latestRuns, fullRuns, liveEvents } = work;
  const seconds = `${amount(fullTaskSeconds(settings, liveEvents))} s each`;
  const reading = `${START_SECONDS} s to start, ${amount(liveEvents)} events at ${amount(eventsPerSecond(settings))} a second`;
  const each = settings.verification.fullTaskSeconds === null ? `${seconds}: ${reading}` : seconds;
  const runs = `${amount(latestRuns)} runs for the newest anchor, ${amount(fullRuns)} full of ${each}`;
  return `${runs}; a minute or more is billed, from the pull of the image on`;
}

function fargateLines(
  { settings, prices }: Bill,
  what: 'anchoring' | 'verification',
  hours: number,
  formula: string,
): CostLine[] {
  if (hours === 0) return [];
  const { architecture, vcpu, memoryGb } = settings.task;
  const names = FARGATE_PRICES[architecture];
  const size = `${amount(hours)} hours: ${formula}`;
  return [
    priced(prices, names.vcpu, {
      id: `compute.${what}Vcpu`,
      title: `${what}, vCPU`,
      quantity: hours * vcpu,
      formula: `${amount(vcpu)} vCPU (${architecture}) for ${size}`,
    }),
    priced(prices, names.memory, {
      id: `compute.${what}Memory`,
      title: `${what}, memory`,
      quantity: hours * memoryGb,
      formula: `${amount(memoryGb)} GB for the same hours`,
    }),
  ];
}

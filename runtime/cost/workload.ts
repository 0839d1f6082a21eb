import { SEVERITIES } from '../contract';
import { START_SECONDS } from './full-verification';
import { tellsVerifications } from './monitored';
import { populationOf } from './population';
import type { Population } from './population';
import type { CostSettings } from './settings';
import { BYTES_PER_GB, DAYS_PER_YEAR, HOURS_PER_YEAR } from './units';

const MINUTES_PER_DAY = 1_440;
const MINUTES_PER_YEAR = MINUTES_PER_DAY * DAYS_PER_YEAR;
/** Fargate bills at least a minute for each task. */
const MIN_TASK_SECONDS = 60;
/** Events per second of one reader on one processor: about 315 bytes each, PostgreSQL on the machine beside it. */
const READER_RATE = 570_000;
/** Up to here the newest anchor is found by one request; behind it, down through year, month, day and hour. */
const FRESH_MINUTES = 120;
const LOOK_REQUESTS = { fresh: 1, older: 6 };
const ANCHORS_PER_PAGE = 1_000;
/** A listing around an anchor that was found or written, for others of its number. */
const SURROUNDINGS_REQUESTS = 1;
/** GetBucketVersioning and GetObjectLockConfiguration. */
const BUCKET_SETTINGS_REQUESTS = 2;
/** HeadObject of the first anchor that a process writes: whether the bucket kept the lock. */
const LOCK_REQUESTS = 1;
/** One of the log, one of its metrics, and one of the gauges. */
const LINES_PER_ATTEMPT = 3;
/** The same three, and one for each severity. */
const LINES_PER_VERIFICATION = 3 + SEVERITIES.length;
/** The daemon reports its gauges once a minute. */
const GAUGE_LINES_PER_YEAR = MINUTES_PER_YEAR;
/** A line with its JSON, and what CloudWatch adds to each event. */
const BYTES_PER_LINE = 600 + 26;

/** What is done in a year, in numbers of times; the prices are not yet known here. */
export interface Workload {
  readonly anchors: number;
  readonly anchorsPerDay: number;
  readonly population: Population;
  /** Anchors that exist, on average over the year. */
  readonly liveAnchors: number;
  /** Events that these anchors attest, which a full verification reads. */
  readonly liveEvents: number;
  /** Tasks that are started: scheduled anchoring, and both verifications where they run as tasks. */
  readonly anchorRuns: number;
  readonly latestRuns: number;
  readonly fullRuns: number;
  readonly taskStarts: number;
  /** Hours of all tasks, as Fargate bills them. */
  readonly anchoringHours: number;
  readonly verificationHours: number;
  /** Requests of S3. */
  readonly lists: number;
  readonly anchorReads: number;
  readonly otherReads: number;
  readonly logGb: number;
}

/** Anchors that the event trigger adds between two interval anchors, looking every `grid` minutes (0: at once). */
function eventAnchorsPerInterval(
  { eventsPerDay, eventThreshold }: CostSettings,
  interval: number,
  grid: number,
): number {
  if (eventsPerDay === 0) return 0;
  const reached = (MINUTES_PER_DAY * eventThreshold) / eventsPerDay;
  const minutes = grid === 0 ? reached : Math.ceil(reached / grid) * grid;
  // The last one falls together with the interval's own.
  return Math.max(0, Math.ceil(interval / minutes) - 1);
}

function anchorsPerYear(settings: CostSettings): number {
  const { anchoring, intervalMinutes, keyRotationsPerYear } = settings;
  const grid = anchoring.mode === 'scheduled' ? anchoring.everyMinutes : 0;
  // A schedule that is slower than the interval decides.
  const interval = Math.max(intervalMinutes, grid);
  const intervals = MINUTES_PER_YEAR / interval;
  return intervals * (1 + eventAnchorsPerInterval(settings, interval, grid)) + keyRotationsPerYear;
}

function hours(runs: number, seconds: number): number {
  return (runs * Math.max(seconds, MIN_TASK_SECONDS)) / 3_600;
}

/** What one task reads and verifies: it is one reader, which has no use for more than one processor. */
export function eventsPerSecond({ task }: Pick<CostSettings, 'task'>): number {
  return READER_RATE * Math.min(1, task.vcpu);
}

/**
 * Seconds of one full verification in one task, from the pull of its image to its end.
 * @param events that are read in it
 */
export function fullTaskSeconds(
  settings: Pick<CostSettings, 'task' | 'verification'>,
  events: number,
): number {
  return settings.verification.fullTaskSeconds ?? START_SECONDS + events / eventsPerSecond(settings);
}

/** What settings mean in requests, hours and bytes. */
export function workloadOf(settings: CostSettings): Workload {
  const { anchoring, verification } = settings;
  const anchors = anchorsPerYear(settings);
  const anchorsPerDay = anchors / DAYS_PER_YEAR;
  const population = populationOf(settings);
  const liveAnchors = anchorsPerDay * population.days;
  const liveEvents = settings.eventsPerDay * population.days;

  const scheduled = anchoring.mode === 'scheduled';
  const anchorRuns = scheduled ? MINUTES_PER_YEAR / anchoring.everyMinutes : 0;
  const { latestEveryMinutes, fullEveryHours } = verification;
  const latestRuns = latestEveryMinutes === 0 ? 0 : MINUTES_PER_YEAR / latestEveryMinutes;
  const fullRuns = fullEveryHours === 0 ? 0 : HOURS_PER_YEAR / fullEveryHours;
  const asTasks = verification.runsAs === 'task';
  const verificationHours = asTasks
    ? hours(latestRuns, verification.latestTaskSeconds) +
      hours(fullRuns, fullTaskSeconds(settings, liveEvents))
    : 0;
  const anchoringHours = {
    service: HOURS_PER_YEAR,
    scheduled: scheduled ? hours(anchorRuns, anchoring.taskSeconds) : 0,
    external: 0,
  }[anchoring.mode];

  const gap = scheduled
    ? Math.max(settings.intervalMinutes, anchoring.everyMinutes)
    : settings.intervalMinutes;
  const look = gap <= FRESH_MINUTES ? LOOK_REQUESTS.fresh : LOOK_REQUESTS.older;
  const pages = Math.ceil(liveAnchors / ANCHORS_PER_PAGE);
  // A daemon remembers its last anchor and asks only what is behind it; a task has to find it and to read it.
  const looks = scheduled ? anchorRuns * (look + SURROUNDINGS_REQUESTS) : anchors;
  return {
    anchors,
    anchorsPerDay,
    population,
    liveAnchors,
    liveEvents,
    anchorRuns,
    latestRuns,
    fullRuns,
    taskStarts: anchorRuns + (asTasks ? latestRuns + fullRuns : 0),
    anchoringHours,
    verificationHours,
    lists: looks + anchors * SURROUNDINGS_REQUESTS + latestRuns * look + fullRuns * pages,
    anchorReads: anchorRuns + latestRuns + fullRuns * liveAnchors,
    otherReads:
      BUCKET_SETTINGS_REQUESTS * fullRuns +
      (scheduled ? (BUCKET_SETTINGS_REQUESTS + LOCK_REQUESTS) * anchors : 0),
    logGb:
      (logLines(settings, { anchors, anchorRuns, latestRuns, fullRuns }) * BYTES_PER_LINE) / BYTES_PER_GB,
  };
}

function logLines(
  settings: CostSettings,
  runs: Pick<Workload, 'anchors' | 'anchorRuns' | 'latestRuns' | 'fullRuns'>,
): number {
  const scheduled = settings.anchoring.mode === 'scheduled';
  const attempts = scheduled ? runs.anchorRuns : runs.anchors;
  const gauges = scheduled ? 0 : GAUGE_LINES_PER_YEAR;
  // A program elsewhere has a log of its own.
  const ofAnchors = settings.anchoring.mode === 'external' ? 0 : gauges + attempts * LINES_PER_ATTEMPT;
  const verifications = tellsVerifications(settings) ? runs.latestRuns + runs.fullRuns : 0;
  return ofAnchors + verifications * LINES_PER_VERIFICATION;
}

import type {
  AnchorOutcome,
  AnchorRequest,
  BusyOutcome,
  Pending,
} from '../../../runtime/application/anchoring';
import type { KnownAnchor } from '../../../runtime/domain/anchor/known-anchor';
import { unanchoredEvents } from '../../../runtime/domain/cadence';
import { type AuditAnchorError, ConfigError, UnavailableError } from '../../../runtime/errors';
import { FakeAnchorer, truncated } from '../../support/daemon';
import { SettableClock } from '../../support/settable-clock';

/**
 * What becomes of an attempt that is due: `failed` at the upload, `wrong clock` and `unfit bucket` before it, `refused`
 * for what it found; `hangs` while it verifies a range that is too long; `no database`, `login refused` and `no table`
 * fail also when nothing is due.
 */
export type Attempt =
  | 'written'
  | 'failed'
  | 'wrong clock'
  | 'unfit bucket'
  | 'refused'
  | 'hangs'
  | 'no database'
  | 'login refused'
  | 'no table';

/** Of the attempts that are due. */
const UPLOAD_ERRORS: Readonly<Partial<Record<Attempt, AuditAnchorError>>> = {
  failed: new UnavailableError('S3_UNREACHABLE', 'no bucket'),
  'wrong clock': new UnavailableError('CLOCK_SKEW', 'behind'),
  'unfit bucket': new ConfigError('BUCKET_NOT_LOCKED', 'no lock'),
};

/** Of every look. */
const DATABASE_ERRORS: Readonly<Partial<Record<Attempt, AuditAnchorError>>> = {
  'no database': new UnavailableError('DB_UNREACHABLE', 'no database'),
  'login refused': new ConfigError('DB_AUTHENTICATION', 'refused'),
  'no table': new ConfigError('TABLE_NOT_FOUND', 'no table'),
};

const MINUTE = 60_000;
/** What an attempt takes. */
const ATTEMPT_MILLIS = 2_000;

/** Sleeping moves it, minute by minute. Minute 0 is 1970, so that times are small. */
export class MinuteClock extends SettableClock {
  constructor(
    from: number,
    private readonly pass: (minute: number) => void,
  ) {
    super(new Date(from * MINUTE).toISOString());
  }

  /** The minute it is in. */
  get minute(): number {
    return Math.floor(this.now() / MINUTE);
  }

  nextMinute(): Promise<void> {
    return this.sleep((this.minute + 1) * MINUTE - this.now());
  }

  override sleep(ms: number, signal?: AbortSignal): Promise<void> {
    const wake = this.now() + ms;
    while (!signal?.aborted && this.now() < wake) {
      const { minute } = this;
      this.advance(Math.min(wake, (minute + 1) * MINUTE) - this.now());
      if (this.minute > minute) this.pass(minute);
    }
    return Promise.resolve();
  }
}

export interface WorldCourse {
  readonly intervalMinutes?: number;
  readonly retentionDays?: number;
  readonly eventsPerMinute?: number;
  readonly attempt?: (minute: number) => Attempt;
  /** Whether another anchorer holds the chain's lock; for the scheduled writer. */
  readonly busy?: (minute: number) => boolean;
}

/** Bucket and database, which outlive every process. */
export class World {
  newest: KnownAnchor | null = null;

  constructor(
    readonly clock: MinuteClock,
    private readonly from: number,
    readonly course: WorldCourse,
  ) {}

  get events(): number {
    return (this.clock.minute - this.from + 1) * (this.course.eventsPerMinute ?? 20);
  }

  get attempt(): Attempt {
    return this.course.attempt?.(this.clock.minute) ?? 'written';
  }
}

/** The anchorer of one process: it has to look before it knows anything. */
export class CourseAnchorer extends FakeAnchorer {
  constructor(private readonly world: World) {
    const { intervalMinutes = 60, retentionDays = 400 } = world.course;
    super(world.clock, { intervalMinutes, eventThreshold: 10_000 });
    this.lockedForDays = retentionDays;
  }

  override pending(): Promise<Pending> {
    this.look();
    const unread = DATABASE_ERRORS[this.world.attempt];
    return unread ? Promise.reject(unread) : super.pending();
  }

  override async anchor(request: AnchorRequest = {}): Promise<AnchorOutcome> {
    const { world } = this;
    const { signal } = request;
    this.look();
    // Who is killed writes no last anchor.
    if (request.force === 'shutdown') return { kind: 'not due', nextInterval: 0, unanchored: 0 };
    const unread = DATABASE_ERRORS[world.attempt];
    if (unread) throw unread;
    this.newest = world.newest;
    this.tell(request, null);
    await world.clock.sleep(ATTEMPT_MILLIS, signal);
    signal?.throwIfAborted();
    const due = (await super.pending()).trigger !== null;
    while (due && world.attempt === 'hangs') {
      await world.clock.sleep(MINUTE / 2, signal);
      signal?.throwIfAborted();
      request.onProgress?.(0);
    }
    const unwritten = UPLOAD_ERRORS[world.attempt];
    if (due && unwritten) {
      this.tell(request, unanchoredEvents({ head: this.head, newest: this.newest }));
      throw unwritten;
    }
    this.refusal = due && world.attempt === 'refused' ? [truncated(1)] : null;
    const outcome = await super.anchor(request);
    world.newest = this.newest;
    return outcome;
  }

  async anchorUnlessBusy(request: AnchorRequest = {}): Promise<AnchorOutcome | BusyOutcome> {
    const { clock, course } = this.world;
    return course.busy?.(clock.minute) ? { kind: 'busy', message: 'held' } : this.anchor(request);
  }

  private look(): void {
    this.head = { ...this.head, index: this.world.events };
  }
}

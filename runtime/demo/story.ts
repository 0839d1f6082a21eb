import { EventAppender } from '../adapters/postgres/append/append';
import { Connection } from '../adapters/postgres/connection';
import { initialise } from '../adapters/postgres/init';
import type { Anchorer } from '../application/anchorer';
import type { WrittenAnchor } from '../application/anchoring';
import { UnavailableError } from '../errors';
import { demoEvents } from './events';
import { CHAIN_ID } from './stage';
import type { Stage } from './stage';

const BATCH = 1_000;
const EVENT_STEP_MICROS = 40_137;

/** One step of the story, told when it has happened. */
export type Narrate = (line: string) => void;

/** The gateway: appends events through the library, in transactions of its own. */
class Gateway {
  private written = 0;

  constructor(
    private readonly stage: Stage,
    private readonly connection: Connection,
  ) {}

  async append(count: number, keyId: 'k1' | 'k2'): Promise<void> {
    const { table, layout, keyRing, clock } = this.stage;
    const keys = { activeKeyId: keyId, secretFor: (id: string) => keyRing.secretFor(id) };
    const appender = new EventAppender({ table, layout, chainId: CHAIN_ID, keys });
    for (let left = count; left > 0; left -= BATCH) {
      const size = Math.min(left, BATCH);
      const events = [...demoEvents(this.written + 1, size, clock.now(), EVENT_STEP_MICROS)];
      await this.connection.query('BEGIN');
      await appender.append(this.connection.client, events);
      await this.connection.query('COMMIT');
      this.written += size;
      clock.advance((size * EVENT_STEP_MICROS) / 1000);
    }
  }
}

async function anchored(
  anchorer: Anchorer,
  expected: WrittenAnchor['trigger'],
  request: Parameters<Anchorer['anchor']>[0] = {},
): Promise<WrittenAnchor> {
  const outcome = await anchorer.anchor(request);
  if (outcome.kind !== 'written' || outcome.trigger !== expected) {
    throw new UnavailableError(
      'S3_ERROR',
      `the demo expected an anchor by trigger ${expected}, found ${outcome.kind}`,
    );
  }
  return outcome;
}

/** Two hours in which every trigger writes an anchor. Returns the anchors. */
export async function tellStory(stage: Stage, narrate: Narrate): Promise<readonly WrittenAnchor[]> {
  const { clock } = stage;
  await initialise(stage.connection(), stage.layout, stage.table);
  const connection = await Connection.open(stage.connection());
  try {
    const gateway = new Gateway(stage, connection);
    const anchorer = stage.anchorer();
    const anchors: WrittenAnchor[] = [];
    const tell = (written: WrittenAnchor, why: string): void => {
      anchors.push(written);
      const { anchor, trigger, key } = written;
      narrate(
        `anchor #${anchor.anchor_seq}  ${trigger.padEnd(12)}  events up to ${String(anchor.last_seq).padStart(6)}  ${key}  (${why})`,
      );
    };

    await gateway.append(1_200, 'k1');
    tell(await anchored(anchorer, 'interval'), 'the first one');
    await gateway.append(10_000, 'k1');
    tell(await anchored(anchorer, 'events'), '10,000 events since the last');
    await gateway.append(800, 'k1');
    await gateway.append(1, 'k2');
    tell(await anchored(anchorer, 'key_rotation'), 'the HMAC key changed from k1 to k2');
    await gateway.append(2_500, 'k2');
    clock.toNextHour(0);
    tell(await anchored(anchorer, 'interval'), 'a full hour');
    clock.toNextHour(0);
    tell(await anchored(anchorer, 'interval'), 'a full hour in which nothing happened');
    await gateway.append(300, 'k2');
    tell(await anchored(anchorer, 'manual', { force: 'manual' }), 'on demand');
    await gateway.append(400, 'k2');
    tell(await anchored(anchorer, 'shutdown', { force: 'shutdown' }), 'the daemon was stopped');
    await gateway.append(42, 'k2');
    return anchors;
  } finally {
    await connection.close();
  }
}

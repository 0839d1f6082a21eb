import type { AnchorStore, CreateResult } from '../../../runtime/application/ports';
import { AnchorWriter, PUT_LIFETIME_SECONDS } from '../../../runtime/application/anchor-writer';
import type { Anchor } from '../../../runtime/domain/anchor/anchor';
import { DEFAULT_COLUMN_LIST } from '../../../runtime/domain/chain/columns';
import { ZERO_HASH } from '../../../runtime/domain/digests';
import { EMPTY_ROOT } from '../../../runtime/domain/merkle/accumulator';
import { UnavailableError } from '../../../runtime/errors';
import { MemoryAnchorStore } from '../../fakes/memory-anchor-store';
import { SettableClock } from '../../support/settable-clock';

const ANCHOR: Anchor = {
  chain_id: 'production',
  last_seq: 0,
  last_hash: ZERO_HASH,
  ts_utc: '2030-01-15T14:00:00Z',
  db_snapshot_lsn: null,
  prev_anchor_hash: ZERO_HASH,
  format: 1,
  anchor_seq: 1,
  first_seq: 1,
  events: 0,
  merkle_root: EMPTY_ROOT,
  faults: 0,
  chain_format: 'v1',
  columns: DEFAULT_COLUMN_LIST,
  key_id: null,
  trigger: 'interval',
  db_system_id: null,
  db_timeline: null,
  leaves_sha256: null,
  declared: null,
};

type Create = AnchorStore['create'];

let clock: SettableClock;
let store: MemoryAnchorStore;
let writer: AnchorWriter;
/** Answers of the next creates; after them the store's own. */
let answers: (Create | Error)[];
let keys: string[];

beforeEach(() => {
  clock = new SettableClock('2030-01-15T14:00:00Z');
  store = new MemoryAnchorStore(clock);
  answers = [];
  keys = [];
  const real: Create = (object) => MemoryAnchorStore.prototype.create.call(store, object);
  store.create = (object): Promise<CreateResult> => {
    keys.push(object.key);
    const answer = answers.shift() ?? real;
    return answer instanceof Error ? Promise.reject(answer) : answer(object);
  };
  writer = new AnchorWriter({ store, clock, retentionDays: 400, clockToleranceSeconds: 300 });
});

const silence = (): Error => new UnavailableError('PUT_UNRESOLVED', 'no answer');
const denied = (): Error => new UnavailableError('S3_ACCESS_DENIED', 'not for you');
const inDoubt = { code: 'PUT_UNRESOLVED' };

/** A write that was never answered. */
async function unanswered(...more: (Create | Error)[]): Promise<void> {
  answers = [silence(), ...more];
  await expect(writer.write(ANCHOR, undefined)).rejects.toMatchObject(inDoubt);
}

test('nothing to settle', async () => {
  expect(await writer.settle(undefined)).toBeNull();
  await writer.write(ANCHOR, undefined);
  expect(await writer.settle(undefined)).toBeNull();
  expect(keys).toHaveLength(1);
});

test('a write without an answer is repeated under the same key until there is one', async () => {
  await unanswered(silence(), denied());
  await expect(writer.settle(undefined)).rejects.toMatchObject(inDoubt);
  // A refusal of this request says nothing about the first one.
  await expect(writer.settle(undefined)).rejects.toMatchObject({ code: 'S3_ACCESS_DENIED' });
  expect(await writer.settle(undefined)).toMatchObject({ alreadyStored: false, known: { anchorSeq: 1 } });
  expect(new Set(keys).size).toBe(1);
  expect(await writer.settle(undefined)).toBeNull();
});

test('412 with the same bytes settles it', async () => {
  const stores: Create = async (object) => {
    await MemoryAnchorStore.prototype.create.call(store, object);
    throw silence();
  };
  answers = [stores];
  await expect(writer.write(ANCHOR, undefined)).rejects.toMatchObject(inDoubt);
  expect(await writer.settle(undefined)).toMatchObject({ alreadyStored: true });
  expect(store.versions).toHaveLength(1);
});

test('412 with other bytes settles it too: this one can no longer be stored', async () => {
  await unanswered();
  store.put({ key: keys[0]!, bytes: Buffer.from('{}') });
  await expect(writer.settle(undefined)).rejects.toMatchObject({ code: 'ANCHOR_CONFLICT' });
  expect(await writer.settle(undefined)).toBeNull();
});

test('a definite refusal leaves nothing to settle', async () => {
  answers = [denied()];
  await expect(writer.write(ANCHOR, undefined)).rejects.toMatchObject({ code: 'S3_ACCESS_DENIED' });
  expect(await writer.settle(undefined)).toBeNull();
});

test('what is there and cannot be read is not settled', async () => {
  store.put({ key: 'production/2030/01/15/14/anchor-20300115T140000Z.json', bytes: Buffer.from('{}') });
  store.read = () => Promise.reject(denied());
  await expect(writer.write(ANCHOR, undefined)).rejects.toMatchObject(inDoubt);
  await expect(writer.settle(undefined)).rejects.toMatchObject(inDoubt);
});

describe('an anchor that is too old to be stored now without a finding', () => {
  test('is not sent again, and nothing is written while the first PUT can still take effect', async () => {
    await unanswered();
    clock.advance(PUT_LIFETIME_SECONDS * 1000 - 1);
    await expect(writer.settle(undefined)).rejects.toMatchObject(inDoubt);
    clock.advance(1);
    expect(await writer.settle(undefined)).toBeNull();
    expect(keys).toHaveLength(1);
    expect(store.versions).toEqual([]);
  });

  test('is found when it has taken effect meanwhile', async () => {
    let stored: () => Promise<CreateResult> = () => Promise.reject(silence());
    const late: Create = (object) => {
      stored = () => MemoryAnchorStore.prototype.create.call(store, object);
      return Promise.reject(silence());
    };
    answers = [late];
    await expect(writer.write(ANCHOR, undefined)).rejects.toMatchObject(inDoubt);
    clock.advanceMinutes(10);
    await stored();
    expect(await writer.settle(undefined)).toMatchObject({ alreadyStored: true });
    expect(keys).toHaveLength(1);
  });
});

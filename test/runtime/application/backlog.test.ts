import type { Anchor } from '../../../runtime/domain/anchor/anchor';
import { parseAnchor } from '../../../runtime/domain/anchor/anchor-body';
import type { WrittenAnchor } from '../../../runtime/application/anchoring';
import { linksLayout, parseColumnList, v1Layout } from '../../../runtime/domain/chain/columns';
import { Embedded } from '../../support/embedded';

let servers: Embedded;
beforeAll(async () => {
  servers = await Embedded.start();
});
afterAll(() => servers.stop());
beforeEach(() => servers.reset());

/** Trigger and range of every anchor of the bucket, oldest first. */
async function ranges(): Promise<unknown[]> {
  const versions = await servers.versions();
  const anchors: Anchor[] = await Promise.all(
    versions.map(async ({ key, versionId }) => parseAnchor(await servers.bodyOf(key, versionId))),
  );
  return anchors.map(({ trigger, first_seq, last_seq, events }) => [trigger, first_seq, last_seq, events]);
}

async function verdict(): Promise<unknown> {
  const { verdict, findings } = await servers.verifier().verify({ kind: 'full' });
  return { verdict, findings };
}

test('more events than one anchor covers are anchored by several in a row', async () => {
  await servers.append(25);
  const seen: WrittenAnchor[] = [];
  const progress: number[] = [];
  const outcome = await servers.anchorer({ rangeEvents: 10 }).anchor({
    onBacklog: (written) => void seen.push(written),
    onProgress: (events) => void progress.push(events),
  });
  expect(outcome).toMatchObject({ kind: 'written', trigger: 'interval', anchor: { anchor_seq: 3 } });
  expect(seen.map(({ trigger, anchor }) => [trigger, anchor.last_seq])).toEqual([
    ['backlog', 10],
    ['backlog', 20],
  ]);
  expect(progress.at(-1)).toBe(25);
  expect([...progress].sort((a, b) => a - b)).toEqual(progress);
  expect(await ranges()).toEqual([
    ['backlog', 1, 10, 10],
    ['backlog', 11, 20, 10],
    ['interval', 21, 25, 5],
  ]);
  expect(await verdict()).toEqual({ verdict: 'verified', findings: [] });
});

test('exactly as many events as an anchor covers are no backlog', async () => {
  await servers.append(10);
  await servers.anchorer({ rangeEvents: 10 }).anchor();
  expect(await ranges()).toEqual([['interval', 1, 10, 10]]);
});

test('an interrupted backlog keeps what was written, and the next run goes on behind it', async () => {
  await servers.append(25);
  const controller = new AbortController();
  const stopped = servers
    .anchorer({ rangeEvents: 10 })
    .anchor({ signal: controller.signal, onBacklog: () => controller.abort() });
  await expect(stopped).rejects.toMatchObject({ name: 'AbortError' });
  expect(await ranges()).toEqual([['backlog', 1, 10, 10]]);
  await servers.anchorer({ rangeEvents: 10 }).anchor({ force: 'manual' });
  expect(await ranges()).toEqual([
    ['backlog', 1, 10, 10],
    ['backlog', 11, 20, 10],
    ['manual', 21, 25, 5],
  ]);
  expect(await verdict()).toEqual({ verdict: 'verified', findings: [] });
});

describe('an index that the chain cannot have', () => {
  const junk = (index: string): Promise<unknown> =>
    servers.sql(
      `INSERT INTO audit_events SELECT ${index}, occurred_at, actor, action, resource, outcome, details, salt,
         key_id, event_hash, event_hash FROM audit_events ORDER BY chain_index DESC LIMIT 1`,
    );

  test.each(['9223372036854775807', '9007199254740992', '9007199254740991', '1000051'])(
    '%s stops neither anchoring nor appending, and is found',
    async (index) => {
      await servers.append(25);
      await junk(index);
      await servers.anchorer().anchor();
      await servers.append(5);
      servers.clock.advanceMinutes(60);
      await servers.anchorer().anchor();
      expect(await ranges()).toEqual([
        ['interval', 1, 25, 25],
        ['interval', 26, 30, 5],
      ]);
      expect(await verdict()).toMatchObject({ verdict: 'tampered', findings: [{ code: 'EVENT_INDEX' }] });
    },
  );

  test('a million above the end it is a gap, which is refused', async () => {
    await servers.append(25);
    await junk('1000025');
    expect(await servers.anchorer().anchor()).toMatchObject({
      kind: 'refused',
      findings: expect.arrayContaining([expect.objectContaining({ code: 'EVENT_MISSING' })]) as unknown,
    });
  });
});

describe('settings of another chain', () => {
  const shorter = v1Layout(parseColumnList('chain_index:int8,actor:text,key_id:text,prev_hash:bytea'));

  test.each([
    ['AUDIT_CHAIN_FORMAT', linksLayout()],
    ['AUDIT_EVENTS_COLUMNS', shorter],
  ])('%s: refused, and nothing is written', async (setting, layout) => {
    await servers.append(5);
    await servers.anchorer().anchor();
    const reading = { ...servers.reading(), layout };
    const refusal = { code: 'CONFIG_INVALID', faults: [{ setting }] };
    await expect(servers.anchorer({ reading }).anchor({ force: 'manual' })).rejects.toMatchObject(refusal);
    const database = { auditLog: servers.auditLog(), reading };
    await expect(servers.verifier({ database }).verify({ kind: 'full' })).rejects.toMatchObject(refusal);
    expect(await ranges()).toHaveLength(1);
  });
});

import type { AnchorOutcome } from '../../runtime/application/anchoring';
import type { Embedded } from './embedded';

/** Key of the newest anchor of `anchorTwice`. */
export const NEWEST = 'production/2030/01/15/15/anchor-20300115T150000Z.json';

/** Two anchors, over the events 1 to 5 and 6 to 10; then 5 events that none covers, and an anchor that is due. */
export async function anchorTwice(servers: Embedded): Promise<void> {
  await servers.reset();
  await servers.append(5);
  await servers.anchorer().anchor();
  servers.clock.advanceMinutes(60);
  await servers.append(5);
  await servers.anchorer().anchor();
  await servers.append(5);
  servers.clock.advanceMinutes(60);
}

/** Anchors by a new process while an anchor is due; the bucket must be as it was before. */
export async function unchanged(
  servers: Embedded,
  anchor: () => Promise<AnchorOutcome>,
): Promise<AnchorOutcome> {
  const before = await servers.versions();
  expect(before.length).toBeGreaterThan(0);
  try {
    return await anchor();
  } finally {
    servers.s3.faults.clear();
    expect(await servers.versions()).toEqual(before);
  }
}

import { systemClock } from '../../../runtime/adapters/clock/system-clock';
import type { Clock } from '../../../runtime/application/ports';
import { clockDifference, serverTimeAt } from '../../../runtime/application/server-clock';
import { Embedded } from '../../support/embedded';

jest.setTimeout(60_000);

describe('clockDifference', () => {
  test.each([
    ['within the second of the date', { date: 10_000, sentAt: 10_400, receivedAt: 10_900 }, 0],
    ['a reply under way for long', { date: 10_000, sentAt: 2_000, receivedAt: 70_000 }, 0],
    ['ahead', { date: 10_000, sentAt: 610_999, receivedAt: 611_500 }, 600_000],
    ['behind', { date: 10_000, sentAt: 3_000, receivedAt: 4_000 }, -6_000],
  ])('%s', (_, seen, difference) => {
    expect(clockDifference(seen)).toBe(difference);
  });
});

describe('a machine whose clock is wrong', () => {
  let servers: Embedded;
  beforeAll(async () => {
    servers = await Embedded.start();
  });
  afterAll(() => servers.stop());
  beforeEach(() => servers.reset());

  const offBy = (seconds: () => number): Clock => ({
    now: () => servers.clock.now() + seconds() * 1000,
    sleep: (ms, signal) => servers.clock.sleep(ms, signal),
  });
  const shifted = (seconds: number): Clock => offBy(() => seconds);

  it.each([600, -7200, 302, -302, -190])('%i s off writes nothing', async (seconds) => {
    await servers.append(2);
    const clock = shifted(seconds);
    const anchorer = servers.anchorer({ clock, store: servers.store({ clock }) });
    await expect(anchorer.anchor({ force: 'manual' })).rejects.toMatchObject({ code: 'CLOCK_SKEW' });
    expect(await servers.versions()).toEqual([]);
  });

  it.each([290, -170])('%i s off writes what is verified', async (seconds) => {
    await servers.append(2);
    const clock = shifted(seconds);
    const anchorer = servers.anchorer({ clock, store: servers.store({ clock }) });
    await expect(anchorer.anchor({ force: 'manual' })).resolves.toMatchObject({ kind: 'written' });
    // Another one, whose clock is right, goes on at once.
    await servers.append(2);
    await expect(servers.anchorer().anchor({ force: 'manual' })).resolves.toMatchObject({ kind: 'written' });
    await expect(servers.verifier().verify({ kind: 'full' })).resolves.toMatchObject({ verdict: 'verified' });
  });

  it('notices a clock that is set while the process runs', async () => {
    await servers.append(2);
    let off = 0;
    const clock = offBy(() => off);
    const anchorer = servers.anchorer({ clock, store: servers.store({ clock }) });
    await expect(anchorer.anchor()).resolves.toMatchObject({ kind: 'written' });
    off = 600;
    await expect(anchorer.anchor({ force: 'manual' })).rejects.toMatchObject({ code: 'CLOCK_SKEW' });
    off = 0;
    await expect(anchorer.anchor({ force: 'manual' })).resolves.toMatchObject({ kind: 'written' });
  });

  it('does not mix the clock of a store with another one of its caller', async () => {
    await servers.append(2);
    await servers.anchorer().anchor();
    // The machine's own, years from that of S3 and of the verifier.
    const store = servers.store({ clock: systemClock });
    for (const kind of ['full', 'latest'] as const) {
      const { verdict, findings } = await servers.verifier({ store }).verify({ kind });
      expect({ verdict, findings }).toEqual({ verdict: 'verified', findings: [] });
    }
    const difference = serverTimeAt(store, 0) - servers.clock.now();
    expect(Math.abs(difference)).toBeLessThan(60_000);
  });

  it.each([30, -30])('verifies by the time of S3, %i days off', async (days) => {
    await servers.append(2);
    await servers.anchorer().anchor();
    const clock = shifted(days * 86_400);
    const verifier = servers.verifier({ clock, store: servers.store({ clock }) });
    for (const kind of ['full', 'latest'] as const) {
      const { verdict, findings } = await verifier.verify({ kind });
      expect({ verdict, findings }).toEqual({ verdict: 'verified', findings: [] });
    }
  });
});

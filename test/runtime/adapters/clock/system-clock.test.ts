import { systemClock } from '../../../../runtime/adapters/clock/system-clock';

test('shows the time of the machine', () => {
  const before = Date.now();
  const now = systemClock.now();
  expect(now).toBeGreaterThanOrEqual(before);
  expect(now).toBeLessThanOrEqual(Date.now());
});

test('sleeps as long as it is told', async () => {
  const start = performance.now();
  await systemClock.sleep(50);
  expect(performance.now() - start).toBeGreaterThan(45);
});

test('wakes at once when the signal aborts, also when it has already', async () => {
  const stop = new AbortController();
  const start = performance.now();
  const sleeping = systemClock.sleep(60_000, stop.signal);
  stop.abort();
  await sleeping;
  await systemClock.sleep(60_000, stop.signal);
  expect(performance.now() - start).toBeLessThan(1_000);
});

import { inParallel } from '../../../../runtime/application/verify/in-parallel';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const NUMBERS = Array.from({ length: 50 }, (_, at) => at);

test('keeps the order, and never has more than so many under way', async () => {
  let active = 0;
  let most = 0;
  const squares = await inParallel(NUMBERS, 7, async (value) => {
    most = Math.max(most, ++active);
    for (let waits = value % 5; waits >= 0; waits -= 1) await turn();
    active -= 1;
    return value * value;
  });
  expect(squares).toEqual(NUMBERS.map((value) => value * value));
  expect(most).toBe(7);
});

test('ends with the first failure, once what is under way has settled', async () => {
  let active = 0;
  let started = 0;
  const failure = inParallel(NUMBERS, 4, async (value) => {
    started += 1;
    active += 1;
    await turn();
    active -= 1;
    if (value === 5) throw new Error('the fifth');
  });
  await expect(failure).rejects.toThrow('the fifth');
  expect(active).toBe(0);
  expect(started).toBeLessThan(12);
});

test('ends at once when it is aborted, also while a call hangs, and starts no more', async () => {
  const stop = new AbortController();
  let started = 0;
  const done = inParallel(
    NUMBERS,
    3,
    async (value) => {
      started += 1;
      if (value === 2) await new Promise(() => undefined);
      await turn();
    },
    stop.signal,
  );
  await turn();
  stop.abort(new Error('enough'));
  await expect(done).rejects.toThrow('enough');
  const before = started;
  await turn();
  await turn();
  expect(started).toBe(before);
  await expect(inParallel(NUMBERS, 3, () => Promise.resolve(), stop.signal)).rejects.toThrow('enough');
});

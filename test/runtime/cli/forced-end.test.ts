import { FORCED_END_MS, forcedEnd } from '../../../runtime/cli/forced-end';
import { EXIT, type ExitCode } from '../../../runtime/contract';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

function command(options: { orderly: boolean; keys?: readonly string[]; concluded?: ExitCode }) {
  const stop = new AbortController();
  const exits: ExitCode[] = [];
  const said: string[] = [];
  const signal = forcedEnd({
    stop,
    orderly: options.orderly,
    inDoubt: () => options.keys ?? [],
    concluded: () => options.concluded ?? null,
    exit: (code) => exits.push(code),
    say: (text) => said.push(text),
    now: () => Date.now(),
  });
  return { stop, exits, said, signal };
}

test('a command is stopped at the first signal, and ended within two seconds', () => {
  const { stop, exits, said, signal } = command({ orderly: false });
  signal();
  expect(stop.signal.aborted).toBe(true);
  jest.advanceTimersByTime(FORCED_END_MS - 1);
  expect(exits).toEqual([]);
  jest.advanceTimersByTime(1);
  expect(exits).toEqual([EXIT.notEvaluated]);
  expect(said.join()).toContain('INTERRUPTED');
  expect(FORCED_END_MS).toBeLessThan(2_000);
});

test('the daemon has its own time after the first, and two seconds after a second one', () => {
  const { exits, signal } = command({ orderly: true });
  signal();
  // The same Ctrl-C once more, passed on by npm.
  jest.advanceTimersByTime(500);
  signal();
  jest.advanceTimersByTime(10 * FORCED_END_MS);
  expect(exits).toEqual([]);
  signal();
  jest.advanceTimersByTime(FORCED_END_MS);
  expect(exits).toEqual([EXIT.notEvaluated]);
});

test('a write that has no answer is named', () => {
  const { said, signal } = command({ orderly: false, keys: ['production/a.json'] });
  signal();
  jest.advanceTimersByTime(FORCED_END_MS);
  expect(said.join()).toMatch(/"production\/a\.json".*PUT_UNRESOLVED/s);
});

test('an outcome that is known already is kept', () => {
  const { exits, said, signal } = command({ orderly: false, concluded: EXIT.tampered });
  signal();
  jest.advanceTimersByTime(FORCED_END_MS);
  expect(exits).toEqual([EXIT.tampered]);
  expect(said).toEqual([]);
});

import { getEventListeners } from 'node:events';
import {
  createProgress,
  progressWanted,
  SILENT,
  SYSTEM_PROGRESS_CLOCK,
  type ProgressClock,
} from '../../../runtime/terminal/progress';
import { progressLine } from '../../../runtime/terminal/progress-line';

const CLEAR = '\r\x1b[2K';

/** A clock that is moved by hand, and the ticks that it owes. */
class ManualClock implements ProgressClock {
  private time = 1_000;
  readonly timers = new Set<{ readonly ms: number; due: number; readonly tick: () => void }>();

  now(): number {
    return this.time;
  }

  every(ms: number, tick: () => void): () => void {
    const timer = { ms, due: this.time + ms, tick };
    this.timers.add(timer);
    return () => void this.timers.delete(timer);
  }

  advance(ms: number): void {
    const end = this.time + ms;
    for (; this.time < end; this.time++) this.run();
    this.run();
  }

  private run(): void {
    for (const timer of [...this.timers]) {
      if (timer.due > this.time) continue;
      timer.due += timer.ms;
      timer.tick();
    }
  }
}

/** What a terminal shows on its line after everything that was written to it. */
class Terminal {
  readonly isTTY = true;
  readonly columns = 60;
  readonly written: string[] = [];
  line = '';

  write(text: string): void {
    this.written.push(text);
    this.line = text.slice(text.lastIndexOf(CLEAR) + CLEAR.length);
  }
}

function setUp() {
  const clock = new ManualClock();
  const terminal = new Terminal();
  return { clock, terminal, progress: createProgress(terminal, clock) };
}

test('a short step shows nothing at all', () => {
  const { clock, terminal, progress } = setUp();
  const step = progress.start('Listing anchors');
  clock.advance(299);
  step.finish();
  clock.advance(1_000);
  expect(terminal.written).toEqual([]);
  expect(clock.timers.size).toBe(0);
});

test('after 300 ms label, count, rate and time are shown, also when nothing moves', () => {
  const { clock, terminal, progress } = setUp();
  const step = progress.start('Reading events');
  clock.advance(300);
  expect(terminal.line).toBe('Reading events  0 s');
  step.advance(1_500);
  clock.advance(700);
  expect(terminal.line).toBe('Reading events  1,500  1,500/s  1 s');
  step.finish();
});

test('with a total the share and the time left are shown', () => {
  const { clock, terminal, progress } = setUp();
  const step = progress.start('Reading events', { total: 10_000 });
  step.advance(2_500);
  clock.advance(1_000);
  expect(terminal.line).toBe('Reading events  2,500 of 10,000 (25 %)  2,500/s  3 s left');
  step.advance(7_500);
  clock.advance(100);
  expect(terminal.line).toMatch(/^Reading events {2}10,000 of 10,000 \(100 %\)/);
});

test('a total that was only an estimate is dropped when it is passed', () => {
  const { clock, terminal, progress } = setUp();
  progress.start('Reading events', { total: 10 }).advance(20);
  clock.advance(1_000);
  expect(terminal.line).toBe('Reading events  20  20/s  1 s');
});

test('the rate is that of the last seconds', () => {
  const { clock, terminal, progress } = setUp();
  const step = progress.start('Reading events', { total: 10_000 });
  step.advance(5_000);
  clock.advance(1_000);
  expect(terminal.line).toContain('5,000/s');
  clock.advance(6_000);
  expect(terminal.line).toBe('Reading events  5,000 of 10,000 (50 %)  7 s');
});

test.each(['finish', 'abort'] as const)('on %s the line is cleared once and the timer stopped', (end) => {
  const { clock, terminal, progress } = setUp();
  const controller = new AbortController();
  const step = progress.start('Reading events', { signal: controller.signal });
  clock.advance(500);
  expect(terminal.line).not.toBe('');
  const painted = terminal.written.length;
  if (end === 'abort') controller.abort();
  else step.finish();
  expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  step.finish();
  controller.abort();
  clock.advance(1_000);
  expect(terminal.written.slice(painted)).toEqual([CLEAR]);
  expect(clock.timers.size).toBe(0);
});

test('a step whose signal was aborted before never starts', () => {
  const { clock, terminal, progress } = setUp();
  progress.start('Reading events', { signal: AbortSignal.abort() });
  clock.advance(1_000);
  expect(terminal.written).toEqual([]);
  expect(clock.timers.size).toBe(0);
});

test('a line never reaches the edge of the terminal', () => {
  const state = { label: 'Reading events', count: 123_456, total: 1_000_000, rate: 45_000, elapsedMs: 3_000 };
  expect(progressLine(state, 30)).toHaveLength(29);
  expect(progressLine(state, 0)).toBe('');
});

test.each([
  ['a terminal', { isTTY: true }, {}, { quiet: false, json: false }, true],
  ['a pipe', {}, {}, { quiet: false, json: false }, false],
  ['a terminal that cannot clear', { isTTY: true }, { TERM: 'dumb' }, { quiet: false, json: false }, false],
  ['--quiet', { isTTY: true }, {}, { quiet: true, json: false }, false],
  ['--json', { isTTY: true }, {}, { quiet: false, json: true }, false],
])('progress on %s', (_, output, env, options, expected) => {
  expect(progressWanted(output, env, options)).toBe(expected);
});

test('silent progress can be used like any other', () => {
  const step = SILENT.start('Reading events', { total: 1 });
  step.advance(1);
  expect(step.finish()).toBeUndefined();
});

test('the clock of the system ticks until it is stopped', async () => {
  const before = SYSTEM_PROGRESS_CLOCK.now();
  await new Promise<void>((resolve) => {
    // An unreferenced timer does not keep the test alive; this one does.
    const alive = setTimeout(() => undefined, 60_000);
    const stop = SYSTEM_PROGRESS_CLOCK.every(1, () => {
      stop();
      clearTimeout(alive);
      resolve();
    });
  });
  expect(SYSTEM_PROGRESS_CLOCK.now()).toBeGreaterThan(before);
});

import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { BoundedLines } from '../../../runtime/cli/bounded-lines';
import { ProcessOutput } from '../../../runtime/cli/process-output';

const LINE = `${'x'.repeat(999)}\n`;

test('what nobody reads is left out and counted, and the count is told when the reader is back', async () => {
  const pipe = new PassThrough({ highWaterMark: 1_000 });
  const lines = new BoundedLines(pipe, (dropped) => `${dropped} left out\n`, 10_000);
  for (let at = 0; at < 1_000; at += 1) lines.write(LINE);
  expect(pipe.writableLength + pipe.readableLength).toBeLessThan(60_000);
  let read = '';
  pipe.on('data', (chunk: Buffer) => (read += chunk.toString()));
  await once(pipe, 'drain');
  lines.write('after\n');
  await new Promise((resolve) => setImmediate(resolve));
  const told = read.trimEnd().split('\n');
  const [, left] = /^(\d+) left out$/.exec(told.at(-2) ?? '') ?? [];
  expect(told.at(-1)).toBe('after');
  expect(told.length - 2 + Number(left)).toBe(1_000);
});

test('the end of a command waits for a reader no longer than it says', async () => {
  const pipe = Object.assign(new PassThrough({ highWaterMark: 1 }), { fd: -1 });
  const output = new ProcessOutput(pipe as unknown as NodeJS.WriteStream & { fd: number }, () => undefined, {
    unreadMs: 50,
  });
  for (let at = 0; at < 100; at += 1) output.write(LINE);
  expect(await output.loss()).toEqual({ left: false, why: 'nobody has read it for 0.05 s' });
});

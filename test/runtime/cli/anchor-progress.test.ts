import { Readable } from 'node:stream';
import { systemClock } from '../../../runtime/adapters/clock/system-clock';
import { anchorAction } from '../../../runtime/cli/actions';
import { Composition, Resources } from '../../../runtime/composition';
import type { Progress } from '../../../runtime/terminal/progress';
import { CliScene } from '../../support/cli-scene';

let scene: CliScene;
beforeAll(async () => {
  scene = await CliScene.start();
});
afterAll(() => scene?.stop());

test('anchor shows how many of the new events it has verified, and clears the line', async () => {
  await scene.run('append', { stdin: scene.events(3_000) });
  const steps: { label: string; count: number; finished: boolean }[] = [];
  const progress: Progress = {
    start(label) {
      const step = { label, count: 0, finished: false };
      steps.push(step);
      return { advance: (units) => (step.count += units), finish: () => (step.finished = true) };
    },
  };
  const resources = new Resources();
  const write = (): void => undefined;
  try {
    const outcome = await anchorAction(
      {
        composition: new Composition(scene.env(), systemClock, resources),
        stdin: Readable.from([]),
        stdout: { write },
        stderr: { write },
        progress,
        json: false,
        quiet: false,
        logs: false,
        sink: null,
        signal: new AbortController().signal,
      },
      { force: true },
    );
    expect(outcome.document).toMatchObject({ outcome: 'written', anchor: { last_seq: 3_000 } });
  } finally {
    await resources.release();
  }
  expect(steps).toEqual([{ label: 'Verifying events', count: 3_000, finished: true }]);
});

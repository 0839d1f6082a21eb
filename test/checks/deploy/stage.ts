import assert from 'node:assert/strict';
import { DIMENSIONS, EVENTS, EXIT, METRIC_NAMESPACE, METRICS } from '../../../runtime/contract';
import type { Steps } from '../../support/programs/steps';
import type { Deployment } from './deployment';
import type { Secrets } from './secrets';
import type { Task, TaskHost } from './task-host';
import { type LogLine, seriesName, type TaskLog } from './task-log';
import type { Wiring } from './wiring';

/** Everything that the story of a deployment plays on. */
export interface Stage {
  readonly steps: Steps;
  readonly deployment: Deployment;
  readonly host: TaskHost;
  readonly secrets: Secrets;
  readonly wiring: Wiring;
}

/** Longer than a few looks of the service at its chain, five seconds each. */
const SOON_SECONDS = 30;

/** Waits until a service has written an anchor for this reason, up to this event. */
export function anchored(
  task: Task,
  trigger: string,
  lastSeq: number,
  seconds = SOON_SECONDS,
): Promise<LogLine> {
  const fits = (line: LogLine): boolean =>
    line.event === EVENTS.anchorWritten && line['trigger'] === trigger && line['lastSeq'] === lastSeq;
  return task.log.waitFor(`an anchor by ${trigger} up to event ${lastSeq}`, fits, seconds, () =>
    task.hasEnded(),
  );
}

/** Runs a verification that a schedule starts, and holds what it says against what is expected. */
export async function verification(
  { host, deployment }: Stage,
  scope: 'latest' | 'full',
  expected: 'verified' | 'tampered',
): Promise<LogLine> {
  const { task } = scope === 'latest' ? deployment.verifyLatest : deployment.verifyFull;
  const { code, log } = await host.run(task);
  const [line, ...more] = log.of(EVENTS.verificationDone);
  assert.ok(line !== undefined && more.length === 0, `not one verification in the log:\n${log.text}`);
  const result = expected === 'verified' ? EXIT.ok : EXIT.tampered;
  assert.equal(code, result, log.text);
  assert.deepEqual([line['verdict'], line['scope']], [expected, scope]);

  const inChain = { [DIMENSIONS.chainId]: deployment.chainId };
  assert.deepEqual(values(log, METRICS.verificationResult, inChain), [result]);
  assert.deepEqual(values(log, METRICS.verificationResult, { ...inChain, [DIMENSIONS.scope]: scope }), [
    result,
  ]);
  const tampering = values(log, METRICS.findingsBySeverity, {
    ...inChain,
    [DIMENSIONS.severity]: 'tampering',
  });
  assert.deepEqual(
    tampering.map((findings) => findings > 0),
    [expected === 'tampered'],
  );
  return line;
}

/** Values of a metric of the program. */
export function values(
  log: TaskLog,
  metric: string,
  dimensions: Readonly<Record<string, string>>,
): readonly number[] {
  return log.valuesOf(seriesName(METRIC_NAMESPACE, metric, dimensions));
}

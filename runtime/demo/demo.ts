import type { ActionContext } from '../cli/action-context';
import type { Outcome } from '../commands/outcome';
import { EXIT } from '../contract';
import type { Finding } from '../domain/findings/finding';
import { findingsText } from '../report/findings-text';
import { reportText } from '../report/report-text';
import type { Colors } from '../terminal/colors';
import type { AttackResult } from './attacks';
import { ATTACKS } from './attacks';
import { DemoClock } from './demo-clock';
import { Stage } from './stage';
import { tellStory } from './story';

const HOUR = 3_600_000;
const MINUTE = 60_000;
/** The story begins this long before a full hour, passes that one and the next, and goes on for less than a minute. */
const BEFORE_FIRST_HOUR = 15 * MINUTE;

/** A start from which the story ends at the last full hour, so that its newest anchor is not stale. */
function storyStart(now: number): number {
  const lastHour = Math.floor((now - MINUTE) / HOUR) * HOUR;
  return lastHour - HOUR - BEFORE_FIRST_HOUR;
}

function found({ report, expected }: AttackResult): boolean {
  return report.verdict === 'tampered' && report.findings[0]?.code === expected;
}

function attackLines(attack: AttackResult, colors: Colors): string[] {
  const causes = attack.report.findings.filter(({ severity }: Finding) => severity === 'tampering');
  return [
    '',
    colors.strong(attack.name),
    `  ${attack.what}.`,
    ...findingsText(causes, colors).map((line) => `  ${line}`),
  ];
}

function shellQuote(text: string): string {
  return /^[\w./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

function environmentLines(environment: Record<string, string>, colors: Colors): string[] {
  return [
    '',
    colors.strong('Both servers stay up. In another shell:'),
    '',
    ...Object.entries(environment).map(([name, value]) => `export ${name}=${shellQuote(value)}`),
    '',
    'npx audit-anchor verify',
    '',
    'Ctrl-C stops the servers and removes everything they stored.',
  ];
}

/** Resolves when the user asks to stop. */
function stopped(signal: AbortSignal): Promise<void> {
  return signal.aborted
    ? Promise.resolve()
    : new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

/**
 * The demonstration: a chain is written and anchored, verified, attacked three times, and each attack is found.
 * @returns an outcome whose exit code is 0 when all of that came out as it must
 */
export async function demoAction(
  context: ActionContext,
  colors: Colors,
  options: { readonly keep?: boolean },
): Promise<Outcome> {
  const { json, signal, stdout } = context;
  const narrate = (line = ''): void => {
    if (!json && !context.quiet) stdout.write(`${line}\n`);
  };
  const clock = new DemoClock(storyStart(context.composition.clock.now()));
  narrate(colors.strong('Starting PostgreSQL and a WORM S3 on loopback'));
  const stage = await Stage.set(clock, context.composition.resources);
  signal.throwIfAborted();
  narrate(`  PostgreSQL ${stage.postgres.host}:${stage.postgres.port}, S3 ${stage.s3.endpoint}`);
  narrate();
  narrate(colors.strong('Two hours of audit events, anchored by every trigger'));
  const anchors = await tellStory(stage, (line) => narrate(`  ${line}`));
  signal.throwIfAborted();

  narrate();
  narrate(colors.strong('Verification, from the bucket outward'));
  const report = await stage.verifier().verify({ kind: 'full' }, undefined, signal);
  reportText(report, colors).forEach((line) => narrate(`  ${line}`));

  narrate();
  narrate(colors.strong('Three attacks, each on a copy'));
  const attacks: AttackResult[] = [];
  for (const attack of ATTACKS) {
    signal.throwIfAborted();
    const result = await attack(stage);
    attacks.push(result);
    attackLines(result, colors).forEach((line) => narrate(line));
  }
  const complete = report.verdict === 'verified' && attacks.every(found);
  clock.release();

  const environment = options.keep ? stage.environment() : null;
  const document = {
    anchors: anchors.map(({ trigger, key, versionId, anchor }) => ({
      trigger,
      key,
      versionId,
      lastSeq: anchor.last_seq,
    })),
    verification: report,
    attacks: attacks.map((attack) => ({
      name: attack.name,
      found: found(attack),
      expected: attack.expected,
      report: attack.report,
    })),
    environment: environment ?? undefined,
  };
  const closing = complete
    ? colors.good('✔ the honest chain was verified, and all three attacks were found')
    : colors.bad('✘ the demo did not come out as it must');
  return {
    exitCode: complete ? EXIT.ok : EXIT.notEvaluated,
    document,
    text: () => ['', closing, ...(environment ? environmentLines(environment, colors) : [])],
    ...(environment ? { asked: true, lasting: () => stopped(signal) } : {}),
  };
}

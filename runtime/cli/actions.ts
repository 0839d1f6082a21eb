import { createLogger } from '../adapters/events/logger';
import { Metrics } from '../adapters/events/metrics';
import { createServiceLog } from '../adapters/events/service-log';
import { probeHealth } from '../adapters/http/health-probe';
import { startHealthServer } from '../adapters/http/health-server';
import { AppendInterrupted, appendStream } from '../adapters/postgres/append/stream';
import { readEventLines } from '../adapters/postgres/append/event-json';
import { initialise } from '../adapters/postgres/init';
import { initSql } from '../adapters/postgres/schema';
import { Service } from '../application/service';
import { anchorCommand, backlogText } from '../commands/anchor';
import { appendOutcome, interruptedAppend } from '../commands/append';
import { healthOutcome } from '../commands/health';
import { holdCommand } from '../commands/hold';
import { initOutcome, initSqlOutcome } from '../commands/init';
import type { Outcome } from '../commands/outcome';
import { runOutcome } from '../commands/run';
import { statusCommand } from '../commands/status';
import { followVerification } from '../commands/verify-progress';
import { ENV, EVENTS } from '../contract';
import { ConfigError } from '../errors';
import type { ActionContext } from './action-context';
import { UntilInterrupted } from './until-interrupted';

export { costAction } from './cost-action';
export { verifyAction } from './verify-actions';

const EVERYTHING = { bucket: true, database: true, hmacKeys: true } as const;

export async function initAction(
  { composition, signal }: ActionContext,
  options: { print?: boolean },
): Promise<Outcome> {
  if (options.print) {
    const { layout, table, schema } = composition.config({});
    return initSqlOutcome(initSql(layout, table, schema ?? undefined));
  }
  const { database, layout, table, schema } = composition.config({ database: true });
  return initOutcome(await initialise(database, layout, { table, schema }, signal));
}

export async function anchorAction(context: ActionContext, options: { force?: boolean }): Promise<Outcome> {
  const config = context.composition.config(EVERYTHING);
  const { composition, progress, signal, sink } = context;
  const anchorer = composition.anchorer(config);
  const { clock } = composition;
  const following = followVerification(progress, signal);
  try {
    return await anchorCommand(anchorer, config.bucket, {
      force: options.force === true,
      clock,
      signal,
      failed: (seen, backlog) => {
        for (const written of backlog) sink?.anchored(written);
        sink?.gauges(seen);
        if (!sink && !context.quiet)
          context.stderr.write(
            backlogText(backlog)
              .map((line) => `${line}\n`)
              .join(''),
          );
      },
      onProgress: (events) => following.report('events', events, null),
    });
  } finally {
    following.finish();
  }
}

export async function statusAction({ composition, signal }: ActionContext): Promise<Outcome> {
  const config = composition.config({ bucket: true, database: true });
  return statusCommand(
    composition.store(config),
    composition.auditLog(config),
    composition.clock,
    config,
    signal,
  );
}

export async function holdAction(
  { composition, signal }: ActionContext,
  on: boolean,
  key: string,
  options: { versionId?: string },
): Promise<Outcome> {
  const config = composition.config({ bucket: true });
  const { versionId } = options;
  return holdCommand(composition.store(config), config.chainId, {
    on,
    key,
    ...(versionId ? { versionId } : {}),
    signal,
  });
}

export async function appendAction(context: ActionContext, options: { keyId?: string }): Promise<Outcome> {
  const { composition, stdin, stderr, progress, signal } = context;
  const config = composition.config({ database: true, hmacKeys: true });
  if (config.layout.format === 'links') {
    throw new ConfigError('USAGE', 'append writes chains of format v1 only, found AUDIT_CHAIN_FORMAT=links', {
      hint: 'A foreign chain is written by its own program.',
    });
  }
  const activeKeyId = options.keyId ?? config.keyRing.activeKeyId;
  if (activeKeyId === null) {
    throw new ConfigError(
      'CONFIG_INVALID',
      `AUDIT_HMAC_ACTIVE_KEY_ID: found nothing, allowed one of the ${config.keyRing.ids.length} key ids of the ring: ${config.keyRing.ids.join(', ')}`,
      { hint: 'Set it, or pass --key-id' },
    );
  }
  if (stdin.isTTY && !context.quiet)
    stderr.write('Reading events as JSON lines from standard input; end with Ctrl-D.\n');
  const step = progress.start('Appending events', { signal });
  let reported = 0;
  const events = new UntilInterrupted(readEventLines(stdin, config.layout), stdin, signal);
  try {
    const result = await appendStream(events, {
      connection: config.database,
      table: { table: config.table, schema: config.schema },
      layout: config.layout,
      chainId: config.chainId,
      keys: { activeKeyId, secretFor: (id) => config.keyRing.secretFor(id) },
      onBatch: (_batch, appended) => {
        step.advance(appended - reported);
        reported = appended;
      },
      signal,
    });
    return events.interrupted ? interruptedAppend(result) : appendOutcome(result);
  } catch (error) {
    if (error instanceof AppendInterrupted) return interruptedAppend(error.stored, error.unresolved);
    throw error;
  } finally {
    step.finish();
  }
}

/** Asks a daemon on this machine whether it works; loads neither S3 nor PostgreSQL. */
export async function healthAction({ composition }: ActionContext): Promise<Outcome> {
  const { httpHost, httpPort } = composition.config({ daemonPort: true });
  if (httpPort === null) {
    throw new ConfigError(
      'CONFIG_INVALID',
      `${ENV.httpPort}: found nothing, allowed the port that audit-anchor run serves its health checks on`,
      { hint: 'Set it to the same port for both, for example 8080' },
    );
  }
  const place = { host: httpHost, port: httpPort };
  const problem = await probeHealth(place);
  return healthOutcome({ healthy: problem === null, problem }, place);
}

export async function runAction(context: ActionContext): Promise<Outcome> {
  const { composition, stdout, stderr, signal } = context;
  const config = composition.config({ service: true, ...EVERYTHING });
  const { clock } = composition;
  const log = createLogger(context.logs ? stdout : stderr, context.quiet);
  // With --json stdout belongs to the one document at the end.
  const metrics = context.json
    ? null
    : new Metrics(
        config.chainId,
        () => clock.now(),
        (line) => stdout.write(`${line}\n`),
        config.layout.format === 'links',
      );
  const verifier = composition.verifier(config);
  const service = new Service({
    anchorer: composition.anchorer(config),
    verify: (scope, stop) => verifier.verify(scope, undefined, stop),
    clock,
    sink: createServiceLog(log, metrics),
    intervalMinutes: config.intervalMinutes,
    pollSeconds: config.pollSeconds,
    verifyIntervalMinutes: config.verifyIntervalMinutes,
    verifyFullIntervalHours: config.verifyFullIntervalHours,
  });
  if (config.httpPort !== null) {
    const health = await startHealthServer(
      { host: config.httpHost, port: config.httpPort },
      () => service.state,
      () => clock.now(),
    );
    composition.resources.add(health, (server) => server.close());
    log.info({ host: config.httpHost, port: health.port }, 'serving /healthz and /readyz');
  }
  const { bucket, chainId, intervalMinutes, eventThreshold } = config;
  log.info({ event: EVENTS.started, bucket, chainId, intervalMinutes, eventThreshold }, 'anchoring started');
  const summary = await service.run(signal);
  log.info({ event: EVENTS.stopped, ...summary }, 'anchoring stopped');
  return runOutcome(summary);
}

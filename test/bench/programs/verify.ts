import { readFileSync } from 'node:fs';
import { isMainThread, Worker } from 'node:worker_threads';
import { systemClock } from '../../../runtime/adapters/clock/system-clock';
import { createNodeCryptoEngine } from '../../../runtime/adapters/digests/node-crypto-engine';
import { createDigestEngine } from '../../../runtime/adapters/digests/select-engine';
import { serveReader } from '../../../runtime/adapters/workers/reader-thread';
import { ThreadReaders } from '../../../runtime/adapters/workers/thread-readers';
import type { ChainReading } from '../../../runtime/application/scan-chain';
import { scanWhole } from '../../../runtime/application/verify/scan-whole';
import { deriveChainKeys } from '../../../runtime/domain/chain/chain-keys';
import type { Checkpoint } from '../../../runtime/domain/chain/checkpoint';
import { FindingLog } from '../../../runtime/domain/findings/finding-log';
import { CHAIN_ID, LAYOUT, RING } from '../chain';
import { onSnapshot } from './audit-log';
import { type Outcome, perform, type Task } from './task';

function readingOf({ options }: Task): ChainReading {
  return {
    chainId: CHAIN_ID,
    layout: LAYOUT,
    keys: deriveChainKeys(RING, CHAIN_ID, LAYOUT),
    createEngine: options.simd === false ? createNodeCryptoEngine : createDigestEngine,
  };
}

/** What anchors say of the events; without `merkle` only where they end and with which hash. */
function checkpointsOf({ checkpoints, from, last, options }: Task): Checkpoint[] {
  if (options.merkle !== true) return [];
  const anchored = JSON.parse(readFileSync(checkpoints, 'utf8')) as Checkpoint[];
  return anchored.filter(({ firstSeq, lastSeq }) => firstSeq >= from && lastSeq <= last);
}

function readersOf(task: Task, reading: ChainReading): ThreadReaders | null {
  const count = Number(task.options.workers ?? 1);
  if (count < 2) return null;
  const location = new URL(task.url);
  return new ThreadReaders({
    startThread: (options) => new Worker(__filename, options),
    count,
    connection: {
      host: location.hostname,
      port: Number(location.port),
      user: decodeURIComponent(location.username),
      database: location.pathname.slice(1),
      password: () => decodeURIComponent(location.password),
      ssl: false,
    },
    table: { table: task.table, schema: 'public' },
    reading,
    env: process.env,
  });
}

/** Verifies as `audit-anchor verify` does, from the snapshot on. */
async function verify(task: Task): Promise<Outcome> {
  const reading = readingOf(task);
  const checkpoints = checkpointsOf(task);
  const workers = readersOf(task, reading);
  const findings = new FindingLog();
  const { from, last: reaches, firstLink } = task;
  try {
    const totals = await onSnapshot(task, async (snapshot) =>
      scanWhole(
        snapshot,
        reading,
        {
          part: { from: from === 1 ? null : from, to: null, unindexed: from === 1, checkpoints },
          chain: { layout: LAYOUT, firstIndex: from, firstLink, checkpoints, reaches },
          head: await snapshot.head(),
          keeper: null,
          onProgress: () => undefined,
        },
        { clock: systemClock, workers, maxRate: null },
        findings,
      ),
    );
    if (totals.recomputed !== totals.events) throw new Error('not every event was recomputed');
    return { events: totals.events, found: [...new Set(findings.all().map(({ code }) => code))] };
  } finally {
    await workers?.close();
  }
}

if (isMainThread) perform(verify);
else serveReader();

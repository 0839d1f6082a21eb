import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { from as copyFrom } from 'pg-copy-streams';
import { createDigestEngine } from '../../runtime/adapters/digests/select-engine';
import { PostgresAuditLog } from '../../runtime/adapters/postgres/read/audit-log';
import { initialise } from '../../runtime/adapters/postgres/init';
import { scanChain } from '../../runtime/application/scan-chain';
import { DEFAULTS } from '../../runtime/contract';
import { deriveChainKeys } from '../../runtime/domain/chain/chain-keys';
import type { Checkpoint } from '../../runtime/domain/chain/checkpoint';
import { ZERO_HASH } from '../../runtime/domain/digests';
import { FindingLog } from '../../runtime/domain/findings/finding-log';
import { CHAIN_ID, LAYOUT, RING } from './chain';
import { ChainEvents } from './chain-events';
import { withClient } from './server';

/**
 * Makes a table with a chain of so many events.
 * @param eventBytes length of a message, on average
 * @returns bytes of all messages
 */
export async function generateChain(
  url: string,
  table: string,
  events: number,
  eventBytes?: number,
): Promise<number> {
  await withClient(url, (client) => client.query(`DROP TABLE IF EXISTS ${table} CASCADE`));
  await initialise({ connectionString: url }, LAYOUT, { table, schema: 'public' });
  return withClient(url, async (client) => {
    const columns = [...LAYOUT.columns.map(({ name }) => name), LAYOUT.hashColumn].join(', ');
    const chain = new ChainEvents(events, eventBytes);
    const copy = client.query(copyFrom(`COPY ${table} (${columns}) FROM STDIN (FORMAT binary)`));
    await pipeline(Readable.from(chain.copyInput()), copy);
    await client.query(`VACUUM (ANALYZE, FREEZE) ${table}`);
    return chain.messageBytes;
  });
}

/** What honest anchors say of a table: one for every so many events, as the anchorer writes them. */
export async function checkpointsOver(url: string, table: string, events: number): Promise<Checkpoint[]> {
  const step = DEFAULTS.eventThreshold;
  const open = Array.from({ length: Math.ceil(events / step) }, (_, number) => ({
    firstSeq: number * step + 1,
    lastSeq: Math.min(events, (number + 1) * step),
    lastHash: null,
    merkleRoot: null,
    anchor: null,
  }));
  const auditLog = new PostgresAuditLog({
    connection: { connectionString: url },
    table: { table, schema: 'public' },
    layout: LAYOUT,
    chainId: CHAIN_ID,
  });
  const keys = deriveChainKeys(RING, CHAIN_ID, LAYOUT);
  try {
    return await auditLog.snapshot(async (snapshot) => {
      const { ranges } = await scanChain(
        snapshot,
        { chainId: CHAIN_ID, layout: LAYOUT, keys, createEngine: createDigestEngine },
        { firstIndex: 1, firstLink: ZERO_HASH, checkpoints: open, findings: new FindingLog() },
      );
      const checkpoints: Checkpoint[] = [];
      for (const { checkpoint, root } of ranges) {
        const seq = checkpoints.length + 1;
        checkpoints.push({
          ...checkpoint,
          lastHash: await snapshot.hashAt(checkpoint.lastSeq),
          merkleRoot: root,
          anchor: { key: `${CHAIN_ID}/anchor-${seq}`, versionId: 'v1', seq },
        });
      }
      return checkpoints;
    });
  } finally {
    await auditLog.close();
  }
}

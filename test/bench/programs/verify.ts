import { readFileSync } from 'node:fs';
import { createNodeCryptoEngine } from '../../../runtime/adapters/digests/node-crypto-engine';
import { createDigestEngine } from '../../../runtime/adapters/digests/select-engine';
import { scanChain } from '../../../runtime/application/scan-chain';
import { deriveChainKeys } from '../../../runtime/domain/chain/chain-keys';
import type { Checkpoint } from '../../../runtime/domain/chain/checkpoint';
import { FindingLog } from '../../../runtime/domain/findings/finding-log';
import { CHAIN_ID, KEY_ID, LAYOUT, SECRET } from '../chain-events';
import { onSnapshot } from './audit-log';
import { perform } from './task';

/** Index, links and HMAC of every event; with `merkle` also the root of every anchored range. */
perform((task) =>
  onSnapshot(task, async (snapshot) => {
    const { merkle, simd } = task.options;
    const ring = { ids: [KEY_ID], secretFor: () => SECRET };
    const findings = new FindingLog();
    const anchored = JSON.parse(readFileSync(task.checkpoints, 'utf8')) as Checkpoint[];
    const summary = await scanChain(
      snapshot,
      {
        chainId: CHAIN_ID,
        layout: LAYOUT,
        keys: deriveChainKeys(ring, CHAIN_ID, LAYOUT),
        createEngine: simd === false ? createNodeCryptoEngine : createDigestEngine,
      },
      {
        ...(task.from === 1 ? {} : { range: { from: task.from } }),
        firstIndex: task.from,
        firstLink: task.firstLink,
        reaches: task.last,
        checkpoints: merkle === true ? anchored.filter(({ firstSeq }) => firstSeq >= task.from) : [],
        findings,
      },
    );
    if (summary.recomputed !== summary.events) throw new Error('not every event was recomputed');
    return { events: summary.events, found: [...new Set(findings.all().map(({ code }) => code))] };
  }),
);

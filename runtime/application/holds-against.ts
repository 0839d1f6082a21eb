import { attestsEmptyChain } from '../domain/anchor/anchor';
import type { AnchorLinks } from '../domain/anchor/evidence';
import { FindingLog } from '../domain/findings/finding-log';
import type { AuditLogSnapshot } from './ports';
import type { ChainReading } from './scan-chain';
import { scanChain } from './scan-chain';

/** Compares one anchor with the database: the hash of its last event, and the Merkle root of its range if known. */
export async function holdsAgainst(
  snapshot: AuditLogSnapshot,
  reading: ChainReading,
  links: AnchorLinks,
  signal?: AbortSignal,
): Promise<boolean> {
  const { firstSeq, lastSeq, lastHash, merkleRoot } = links;
  if (attestsEmptyChain(links)) return true;
  if ((await snapshot.hashAt(lastSeq)) !== lastHash) return false;
  if (firstSeq === null || merkleRoot === null || firstSeq > lastSeq) return true;
  const { ranges } = await scanChain(snapshot, reading, {
    range: { from: firstSeq, to: lastSeq },
    firstIndex: firstSeq,
    firstLink: null,
    checkpoints: [{ firstSeq, lastSeq, lastHash: null, merkleRoot: null, anchor: null }],
    findings: new FindingLog(),
    signal,
  });
  return ranges[0]?.root === merkleRoot;
}

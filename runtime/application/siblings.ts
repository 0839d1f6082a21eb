import type { Judgement, Siblings } from '../domain/anchor/order-of-truth';
import { judgeSiblings, reportSiblings, siblingsAmong, tipFrom } from '../domain/anchor/order-of-truth';
import type { FindingLog } from '../domain/findings/finding-log';
import { holdsAgainst } from './holds-against';
import type { AuditLogSnapshot } from './ports';
import type { ChainReading } from './scan-chain';
import type { Neighbour } from './surroundings';

/** How an anchorer sees anchors of one number: each group is compared with the database and reported once. */
export class SiblingWatch {
  private readonly judged = new Map<string, boolean>();
  private readonly reported = new Set<string>();

  constructor(private readonly reading: ChainReading) {}

  /**
   * Compares anchors of one number with the database.
   * @param findings takes those that were not reported before
   * @returns the end of the chain that `start` belongs to, which the next anchor has to name
   */
  async follow(
    snapshot: AuditLogSnapshot,
    start: Neighbour,
    neighbours: readonly Neighbour[],
    findings: FindingLog,
    signal: AbortSignal | undefined,
  ): Promise<Neighbour> {
    const groups = siblingsAmong(neighbours);
    for (const { members } of groups) {
      for (const { links } of members) {
        if (this.judged.has(links.hash)) continue;
        this.judged.set(links.hash, await holdsAgainst(snapshot, this.reading, links, signal));
      }
    }
    const holds = ({ links }: Neighbour): boolean | null => this.judged.get(links.hash) ?? null;
    for (const group of groups) this.report(group, judgeSiblings(group, holds), findings);
    return tipFrom(start, neighbours, holds);
  }

  private report({ members }: Siblings<Neighbour>, judgement: Judgement, findings: FindingLog): void {
    const group = members.map(({ links }) => links.hash).join(' ');
    if (this.reported.has(group)) return;
    this.reported.add(group);
    reportSiblings(judgement, findings);
  }
}

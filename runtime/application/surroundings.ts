import { anchorKey, chainPrefix, classifyKey } from '../domain/anchor/object-key';
import type { Dated } from '../domain/anchor/check-time';
import { isDatedAhead } from '../domain/anchor/check-time';
import type { AnchorEvidence } from '../domain/anchor/evidence';
import type { Candidate } from '../domain/anchor/order-of-truth';
import { misdatedAmong } from '../domain/anchor/order-of-truth';
import { FindingLog } from '../domain/findings/finding-log';
import { PUT_LIFETIME_SECONDS } from './anchor-writer';
import type { AnchorStore, ObjectVersion, VersionPage } from './ports';
import { readAnchor } from './read-anchor';

/** An anchor near another one in time. */
export interface Neighbour extends Candidate {
  readonly evidence: AnchorEvidence;
}

export interface Around {
  /** Anchors whose links could be read, in the order of their keys. */
  readonly neighbours: readonly Neighbour[];
  /** What takes no part in the chain, since it is dated ahead of S3's time of its writing. */
  readonly misdated: readonly Dated[];
  /** What a listing shows under each key, newest first. */
  readonly versionsOf: (key: string) => readonly ObjectVersion[];
}

/**
 * The anchors around one in time, as far as the PUT of another writer can still have taken effect late. Each is read
 * once, however often it is looked at.
 */
export class Surroundings {
  private readonly read = new Map<string, AnchorEvidence>();

  constructor(
    private readonly store: AnchorStore,
    private readonly chainId: string,
    private readonly clockToleranceSeconds: number,
  ) {}

  /** Takes in an anchor that was read or written, so that it is not read again. */
  note(evidence: AnchorEvidence): void {
    this.read.set(evidence.key, evidence);
  }

  /** Lists everything from one lifetime of a PUT before `seconds` on, and reads the anchors that are new. */
  async look(seconds: number, signal: AbortSignal | undefined): Promise<Around> {
    const from = Math.max(0, seconds - PUT_LIFETIME_SECONDS);
    const byKey = new Map<string, ObjectVersion[]>();
    for (const version of await this.list(anchorKey(this.chainId, from), signal)) {
      byKey.set(version.key, [...(byKey.get(version.key) ?? []), version]);
    }
    for (const key of this.read.keys()) if (!byKey.has(key)) this.read.delete(key);
    const listed = [...byKey].flatMap(([key, versions]) => this.dated(key, versions) ?? []);
    // Behind the last anchor that was dated rightly nothing can follow a misdated one, which is not even read.
    const end = listed.findLastIndex((dated) => !isDatedAhead(dated, this.clockToleranceSeconds)) + 1;
    const read: Neighbour[] = [];
    for (const dated of listed.slice(0, end)) {
      const neighbour = await this.neighbour(dated, signal);
      if (neighbour) read.push(neighbour);
    }
    const among = misdatedAmong(read, this.clockToleranceSeconds);
    return {
      neighbours: read.filter((neighbour) => !among.has(neighbour.key)),
      misdated: [...read.filter(({ key }) => among.has(key)), ...listed.slice(end)],
      versionsOf: (key) => byKey.get(key) ?? [],
    };
  }

  private dated(key: string, versions: readonly ObjectVersion[]): Dated | null {
    const found = classifyKey(this.chainId, key);
    const first = versions.findLast(({ kind }) => kind === 'version');
    if (found.kind !== 'anchor' || !first) return null;
    return { key, versionId: first.versionId, seconds: found.seconds, storedAt: first.lastModified };
  }

  private async neighbour(dated: Dated, signal: AbortSignal | undefined): Promise<Neighbour | null> {
    const { key, versionId } = dated;
    const known = this.read.get(key);
    const evidence =
      known?.versionId === versionId
        ? known
        : // What is wrong with an anchor beside the newest one is for verifiers to report.
          await readAnchor(this.store, dated, new FindingLog(), signal);
    if (!evidence.links) return null;
    this.read.set(key, evidence);
    return { ...dated, evidence, links: evidence.links };
  }

  private async list(after: string, signal: AbortSignal | undefined): Promise<readonly ObjectVersion[]> {
    const prefix = chainPrefix(this.chainId);
    const versions: ObjectVersion[] = [];
    for (let marker: string | undefined = after; marker !== undefined;) {
      const page: VersionPage = await this.store.listPage({ prefix, after: marker, signal });
      versions.push(...page.versions);
      const last = page.versions.at(-1)?.key;
      // Behind the anchors of this chain are those of chains whose ids begin with its own.
      marker = page.truncated && last !== undefined && last < `${prefix}:` ? last : undefined;
    }
    return versions;
  }
}

import type { PutObjectCommandInput } from '@aws-sdk/client-s3';
import type { EventValues } from '../../runtime/adapters/postgres/append/event-values';
import type { VerifierOptions } from '../../runtime/application/verifier';
import type { VerifyScope } from '../../runtime/application/verify/scope';
import { DEFAULTS } from '../../runtime/contract';
import type { Anchor } from '../../runtime/domain/anchor/anchor';
import {
  anchorHash,
  anchorMetadata,
  anchorSeconds,
  formatAnchorTime,
} from '../../runtime/domain/anchor/anchor';
import { serializeAnchor } from '../../runtime/domain/anchor/anchor-body';
import { anchorKey } from '../../runtime/domain/anchor/object-key';
import { ZERO_HASH } from '../../runtime/domain/digests';
import type { VerificationReport } from '../../runtime/domain/findings/report';
import type { BucketKind } from './embedded';
import { CHAIN_ID, Embedded, TABLE } from './embedded';

/** Events in the honest table; the last two are not anchored. */
export const EVENTS = 32;
/** Last events of the honest anchors, written at 14:00, 15:00 and 16:00. */
export const ANCHORED = [10, 20, 30] as const;
/** When the scenarios verify. */
export const NOW = '2030-01-15T16:10:00Z';

/** An anchor as it is to lie in a bucket; honest unless something is said. */
export interface Entry {
  readonly anchor: Anchor;
  readonly key?: string;
  readonly body?: string | Uint8Array;
  /** Seconds since 1970 of the write; by default the anchor's own time. */
  readonly at?: number;
  /** False to send no lock; the bucket's default holds then. */
  readonly locked?: false;
  readonly put?: Partial<PutObjectCommandInput>;
}

export function seconds(iso: string): number {
  return Date.parse(iso) / 1000;
}

/** The anchor with the number of events that its range has room for: any other is no anchor at all. */
export function counted(anchor: Anchor): Anchor {
  return { ...anchor, events: Math.max(0, anchor.last_seq - anchor.first_seq + 1) };
}

/** The anchors with their numbers, links and ranges made consistent again, as a forger would. */
export function relinked(anchors: readonly Anchor[]): Anchor[] {
  const linked: Anchor[] = [];
  for (const anchor of anchors) {
    const before = linked[linked.length - 1];
    const prev = before ? anchorHash(serializeAnchor(before)) : ZERO_HASH;
    linked.push({
      ...counted(anchor),
      anchor_seq: (before?.anchor_seq ?? 0) + 1,
      prev_anchor_hash: prev,
    });
  }
  return linked;
}

/**
 * An honest chain of 32 events under two keys, with three anchors, and the means to attack it. `restore` brings
 * back table, bucket and clock, so that the chain is built once for a file of tests.
 */
export class Scene {
  /** The honest anchors, oldest first. */
  anchors: readonly Anchor[] = [];
  private bucket = '';
  private restructured = false;

  private constructor(readonly embedded: Embedded) {}

  static async start(): Promise<Scene> {
    const scene = new Scene(await Embedded.start());
    await scene.build();
    return scene;
  }

  stop(): Promise<void> {
    return this.embedded.stop();
  }

  /** Table, bucket, faults and clock as after the honest work. */
  async restore(): Promise<void> {
    const { embedded } = this;
    embedded.s3.faults.clear();
    embedded.s3.requests.clear();
    embedded.bucket = this.bucket;
    embedded.clock.set(NOW);
    if (this.restructured) await embedded.table.empty();
    this.restructured = false;
    await embedded.sql(
      `TRUNCATE ${TABLE.table}; INSERT INTO ${TABLE.table} SELECT * FROM honest_events ORDER BY chain_index`,
    );
  }

  /** Runs statements as the owner of the table, its triggers off. */
  sql(statements: string): Promise<void> {
    return this.embedded.sql(statements);
  }

  /** The same for statements that change the table itself; `restore` makes a new one. */
  alter(statements: string): Promise<void> {
    this.restructured = true;
    return this.embedded.sql(statements);
  }

  /** Appends with the stolen keys. */
  append(count: number, keyId: 'k1' | 'k2' = 'k2', actor = 'mallory@example.com'): Promise<void> {
    const events = Array.from({ length: count }, (_, at): EventValues => {
      const occurredAt = new Date(Date.parse('2030-01-15T13:00:00Z') + at * 1000).toISOString();
      return {
        occurred_at: occurredAt,
        actor,
        action: 'login',
        resource: null,
        outcome: 'success',
        details: null,
      };
    });
    return this.embedded.append(events, keyId);
  }

  /** The honest anchor with this number. */
  anchor(seq: number): Anchor {
    const anchor = this.anchors[seq - 1];
    if (!anchor) throw new Error(`the scene has no anchor ${seq}`);
    return anchor;
  }

  key(seq: number): string {
    return anchorKey(CHAIN_ID, anchorSeconds(this.anchor(seq)));
  }

  /** Works in a new bucket that holds these anchors and nothing else. */
  async fill(entries: readonly Entry[], kind: BucketKind = {}): Promise<void> {
    await this.embedded.newBucket(kind);
    for (const entry of entries) await this.place(entry);
    this.embedded.clock.set(NOW);
  }

  /** Works in a new bucket with the honest anchors, some of them changed: null leaves one out. */
  async refill(
    change: (anchor: Anchor) => Partial<Entry> | null = () => ({}),
    kind?: BucketKind,
  ): Promise<void> {
    const entries = this.anchors.flatMap((anchor) => {
      const changes = change(anchor);
      return changes ? [{ anchor, ...changes }] : [];
    });
    await this.fill(entries, kind);
  }

  /** Puts an anchor into the bucket as its writer would, except for what the entry says; its version id. */
  async place({ anchor, at, key, body, locked, put }: Entry): Promise<string> {
    const { clock } = this.embedded;
    const bytes = body === undefined ? serializeAnchor(anchor) : Buffer.from(body);
    clock.set(formatAnchorTime(at ?? anchorSeconds(anchor)));
    const retainUntil = (anchorSeconds(anchor) + DEFAULTS.retentionDays * 86_400) * 1000;
    const lock = { ObjectLockMode: 'COMPLIANCE', ObjectLockRetainUntilDate: new Date(retainUntil) } as const;
    const versionId = await this.embedded.put(key ?? anchorKey(CHAIN_ID, anchorSeconds(anchor)), bytes, {
      Metadata: anchorMetadata(anchor),
      ...(locked === false ? {} : lock),
      ...(put?.ChecksumAlgorithm === undefined
        ? { ChecksumSHA256: Buffer.from(anchorHash(bytes), 'hex').toString('base64') }
        : {}),
      ...put,
    });
    clock.set(NOW);
    return versionId;
  }

  verify(
    scope: VerifyScope = { kind: 'full' },
    options: Partial<VerifierOptions> = {},
  ): Promise<VerificationReport> {
    return this.embedded.verifier(options).verify(scope);
  }

  private async build(): Promise<void> {
    const { embedded } = this;
    const anchorer = embedded.anchorer();
    const anchors: Anchor[] = [];
    let events = 0;
    for (const [at, last] of ANCHORED.entries()) {
      // The key changes in the middle of the second range.
      if (at === 1) {
        await embedded.append(5, 'k1');
        events += 5;
      }
      await embedded.append(last - events, at === 0 ? 'k1' : 'k2');
      events = last;
      const outcome = await anchorer.anchor({ force: 'manual' });
      if (outcome.kind !== 'written') throw new Error(`the honest anchorer said ${outcome.kind}`);
      anchors.push(outcome.anchor);
      embedded.clock.advanceMinutes(60);
    }
    await embedded.append(EVENTS - events, 'k2');
    await embedded.sql(`CREATE TABLE honest_events AS TABLE ${TABLE.table}`);
    this.anchors = anchors;
    this.bucket = embedded.bucket;
    embedded.clock.set(NOW);
  }
}

import { AuditAnchorError, ConfigError, FormatError, UnavailableError } from '../../errors';
import type { AnchorEvidence } from '../../domain/anchor/evidence';
import type { ChainKeys } from '../../domain/chain/chain-keys';
import type { Checkpoint } from '../../domain/chain/checkpoint';
import type { Finding } from '../../domain/findings/finding';
import type { FindingLog } from '../../domain/findings/finding-log';
import type { Verdict } from '../../domain/findings/verdict';
import type { PartResult } from '../../domain/sharding/part-result';
import { attestedDigest } from '../../domain/sharding/plan';
import type { SnapshotSeen } from '../../domain/sharding/read-parts';
import { strangeAfter } from '../../domain/sharding/read-parts';
import { FORMAT, otherFormat, readDocument } from '../../domain/sharding/sealed-document';
import type {
  DonePart,
  UnfinishedRun,
  VerifiedStretch,
  VerifyState,
} from '../../domain/sharding/verify-state';
import { claimedChain, openState, sealState } from '../../domain/sharding/verify-state';
import { knownFrom } from '../../domain/anchor/known-anchor';
import type { AuditLogSnapshot, Clock } from '../ports';
import { digestOver } from './part-digest';
import type { PartKeeper } from './scan-whole';

const MS_PER_HOUR = 3_600_000;
/** Two looks at S3's time, of which a reply tells whole seconds, may seem to be in the wrong order by so much. */
const S3_TIME_INEXACT_MS = 1_000;
/** A run that was interrupted longer ago is begun anew. */
const MAX_RUN_AGE_MS = 24 * MS_PER_HOUR;
/**
 * What was verified is taken for granted for so long after it was read: it may have been changed since, and an older
 * file may have been put back over one in which tampering was found.
 */
const MAX_STRETCH_AGE_MS = 7 * 24 * MS_PER_HOUR;
/** Events that an interruption loses at most, for each reader, where anchors lie close enough. */
const EVENTS_PER_PART = 1_000_000;

/** Where the state of one chain is kept between runs. */
export interface StateStore {
  /** As the user named it. */
  readonly name: string;
  /** Null when nothing was kept yet. */
  load(): Promise<string | null>;
  /** Replaces what was kept, as a whole. */
  save(text: string): Promise<void>;
  /**
   * Events after which a part is kept.
   *
   * @default 1,000,000
   */
  readonly eventsPerPart?: number;
}

export interface MemoryOptions {
  readonly store: StateStore;
  readonly keys: ChainKeys;
  readonly chainId: string;
  readonly bucket: string;
  readonly clock: Clock;
  readonly findings: FindingLog;
}

/**
 * What one run knows of those before it. Nothing of it is taken for granted: it has to be sealed with the chain's
 * keys, and to fit the anchors that are in the bucket now and the database that is there now.
 */
export class RunMemory {
  private writing: Promise<void> = Promise.resolve();
  private warnedNotKept = false;

  private constructor(
    private readonly options: MemoryOptions,
    private state: VerifyState,
  ) {}

  /**
   * @throws ConfigError `FILE_UNUSABLE` for a file that is no state, of another format, or the state of another chain:
   * it is not ours to overwrite; and when nothing can be written under its name, which should not come to light after
   * hours of reading. A disk that is full or fails is a warning: everything is looked at all the same
   */
  static async open(options: MemoryOptions): Promise<RunMemory> {
    const memory = await RunMemory.load(options);
    try {
      await options.store.save(memory.text());
    } catch (error) {
      // Whoever can fill a disk must not be able to keep anybody from looking.
      if (!(error instanceof UnavailableError)) throw error;
      memory.warnNotKept(error);
    }
    return memory;
  }

  private static async load(options: MemoryOptions): Promise<RunMemory> {
    const { store, keys, chainId, bucket } = options;
    const empty: VerifyState = { chainId, bucket, verified: null, run: null };
    const text = await store.load();
    if (text === null) return new RunMemory(options, empty);
    const document = readDocument(text);
    if (document?.kind !== 'audit-anchor/state') {
      throw unusable(store.name, 'is no state of verify', 'a file that --state wrote, or none yet');
    }
    const format = otherFormat(document);
    if (format !== null) {
      const allowed = `format ${FORMAT}, which this version of audit-anchor writes`;
      throw unusable(store.name, `is a state of format ${format}`, allowed);
    }
    const claimed = claimedChain(document);
    if (claimed.chainId !== chainId || claimed.bucket !== bucket) {
      throw unusable(
        store.name,
        'is the state of another chain or bucket',
        'a file for each chain and bucket',
      );
    }
    try {
      return new RunMemory(options, openState(document, keys));
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      const memory = new RunMemory(options, empty);
      memory.discard(error.message);
      return memory;
    }
  }

  /** The stretch that needs not be read again under the anchors of now; null when everything has to be read. */
  verifiedBefore(
    anchors: readonly AnchorEvidence[],
    checkpoints: readonly Checkpoint[],
    seen: SnapshotSeen,
  ): VerifiedStretch | null {
    const { verified } = this.state;
    if (!verified) return null;
    const { through, systemId, timeline, oid } = verified;
    const evidence = anchors.find(
      ({ key, versionId }) => key === through.key && versionId === through.versionId,
    );
    const known = evidence ? knownFrom(evidence) : null;
    const same =
      known?.hash === through.sha256 &&
      checkpoints.some(
        ({ lastSeq, lastHash }) => lastSeq === through.lastSeq && lastHash === through.lastHash,
      );
    const why =
      this.outdated(verified) ??
      (same ? null : 'the anchor up to which was verified is not in the bucket as it was') ??
      (systemId === seen.systemId && timeline === seen.timeline && oid === seen.relation.oid
        ? null
        : 'what was verified before was in another database or table');
    if (why === null) return verified;
    this.state = { ...this.state, verified: null };
    this.discard(why);
    return null;
  }

  private outdated({ readAt }: VerifiedStretch): string | null {
    if (within(this.options.clock.now() - Date.parse(readAt), MAX_STRETCH_AGE_MS)) return null;
    return `the oldest of it was read at ${readAt}, which is in the future or more than ${MAX_STRETCH_AGE_MS / MS_PER_HOUR} hours ago`;
  }

  /** Takes up the unfinished run when it is the same one, else begins a new one. */
  async begin(
    snapshot: AuditLogSnapshot,
    seen: SnapshotSeen,
    whole: { readonly scope: UnfinishedRun['scope']; readonly from: number | null },
    checkpoints: readonly Checkpoint[],
  ): Promise<PartKeeper> {
    const { clock, store } = this.options;
    const before = await this.sameRun(snapshot, seen, whole);
    const run: UnfinishedRun = before ?? {
      ...whole,
      startedAt: new Date(clock.now()).toISOString(),
      snapshot: { ...seen, head: seen.head && (await headAsAskedFor(snapshot, seen.head.index)) },
      parts: [],
    };
    const parts = run.parts.filter(
      ({ attested, result }) => attested === digestOver(result, whole.from, checkpoints),
    );
    if (parts.length < run.parts.length) {
      const others = run.parts.filter((part) => !parts.includes(part));
      this.discardParts('parts that were read lie under other anchors now', others);
    }
    this.state = { ...this.state, run: { ...run, parts } };
    return {
      startedAt: run.startedAt,
      done: parts.map(({ result }) => result).sort((a, b) => (a.from ?? -Infinity) - (b.from ?? -Infinity)),
      eventsPerPart: store.eventsPerPart ?? EVENTS_PER_PART,
      keep: (part, result) => this.keep(attestedDigest(part.checkpoints, []), result),
    };
  }

  /** Remembers how the run ended. One that could not read the database stays unfinished. */
  async finish(verdict: Verdict, read: boolean, stretch: VerifiedStretch | null): Promise<void> {
    const { verified, run } = this.state;
    const now = verdict === 'verified' && stretch ? stretch : verified;
    this.state = {
      ...this.state,
      // What was found to be tampered with is no longer something that was verified.
      verified: verdict === 'tampered' ? null : now,
      run: read ? null : run,
    };
    await this.save();
  }

  private async sameRun(
    snapshot: AuditLogSnapshot,
    seen: SnapshotSeen,
    whole: Pick<UnfinishedRun, 'scope' | 'from'>,
  ): Promise<UnfinishedRun | null> {
    const { run } = this.state;
    if (!run || run.parts.length === 0) return null;
    const why = await this.otherRun(run, snapshot, seen, whole);
    if (why === null) return run;
    this.discardParts(why, run.parts);
    return null;
  }

  /** Why an interrupted run is not the one that begins now; null when it is. */
  private async otherRun(
    run: UnfinishedRun,
    snapshot: AuditLogSnapshot,
    seen: SnapshotSeen,
    { scope, from }: Pick<UnfinishedRun, 'scope' | 'from'>,
  ): Promise<string | null> {
    if (run.scope !== scope || run.from !== from) return 'the interrupted run was to read something else';
    if (!within(this.options.clock.now() - Date.parse(run.startedAt), MAX_RUN_AGE_MS)) {
      return `the interrupted run began more than ${MAX_RUN_AGE_MS / MS_PER_HOUR} hours ago`;
    }
    const { head } = run.snapshot;
    const strange = strangeAfter(run.snapshot, seen);
    if (strange !== null || !head || (await snapshot.hashAt(head.index)) === head.hash) return strange;
    return `event ${head.index} is no longer the one that the interrupted run saw last`;
  }

  private async keep(attested: string, result: PartResult): Promise<void> {
    const { run, verified } = this.state;
    const tampered = result.findings.some(isTampering);
    // The part at the end goes on growing, and is read again.
    const kept = result.to === null ? [] : [{ attested, result }];
    if (!run || (kept.length === 0 && !tampered)) return;
    this.state = {
      ...this.state,
      // Not only when the run ends: it may never come to that.
      verified: tampered ? null : verified,
      run: { ...run, parts: [...run.parts, ...kept] },
    };
    await this.save();
  }

  /** One after another: an older state must not replace a newer one. */
  private save(): Promise<void> {
    this.writing = this.writing.then(async () => {
      try {
        await this.options.store.save(this.text());
      } catch (error) {
        // What was found counts more than what is remembered of it.
        if (!(error instanceof AuditAnchorError)) throw error;
        this.warnNotKept(error as AuditAnchorError);
      }
    });
    return this.writing;
  }

  private text(): string {
    return `${JSON.stringify(sealState(this.state, this.options.keys))}\n`;
  }

  /** What was found in parts that are read again may be gone by now; that it was found is not kept quiet. */
  private discardParts(why: string, parts: readonly DonePart[]): void {
    const codes = parts.flatMap(({ result }) => result.findings.filter(isTampering).map(({ code }) => code));
    const found =
      codes.length === 0
        ? ''
        : `; the interrupted run had found tampering (${[...new Set(codes)].join(', ')})`;
    this.discard(why + found);
  }

  private discard(why: string): void {
    this.warn(`what was remembered of earlier runs was not used, and is read again: ${why}`);
  }

  /** Once: what fails at the beginning fails again with every part and at the end. */
  private warnNotKept({ message, hint = '' }: AuditAnchorError): void {
    if (this.warnedNotKept) return;
    this.warnedNotKept = true;
    this.warn(`what this run reads could not be kept: ${message}. ${hint}`.trimEnd());
  }

  private warn(message: string): void {
    const { findings, store } = this.options;
    findings.add({ code: 'STATE_DISCARDED', place: { kind: 'file', name: store.name }, message });
  }
}

function isTampering({ severity }: Finding): boolean {
  return severity === 'tampering';
}

function within(age: number, longest: number): boolean {
  return age >= -S3_TIME_INEXACT_MS && age <= longest;
}

/** By the same question that `sameRun` asks: of two events with one index both have to mean the same. */
async function headAsAskedFor(
  snapshot: AuditLogSnapshot,
  index: number,
): Promise<{ index: number; hash: string }> {
  return { index, hash: (await snapshot.hashAt(index)) ?? '' };
}

function unusable(name: string, what: string, allowed: string): ConfigError {
  return new ConfigError('FILE_UNUSABLE', `--state ${JSON.stringify(name)} ${what}: allowed is ${allowed}`, {
    hint: 'Name another file, or move this one away; it was left as it is.',
  });
}

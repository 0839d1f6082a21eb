import { checkAnchoredEvent, lagsBehind } from '../application/anchored-event';
import type {
  AnchorStore,
  AuditLog,
  AuditLogSnapshot,
  ChainHead,
  Clock,
  DatabaseIdentity,
} from '../application/ports';
import { findNewestKey } from '../application/newest-key';
import { knownFrom } from '../domain/anchor/known-anchor';
import type { KnownAnchor } from '../domain/anchor/known-anchor';
import { readAnchor } from '../application/read-anchor';
import { requireSameChain } from '../application/same-chain';
import type { ChainReading } from '../application/scan-chain';
import { serverTimeAt } from '../application/server-clock';
import { tailOf } from '../application/verify/database-evidence';
import { EXIT } from '../contract';
import { formatAnchorTime } from '../domain/anchor/anchor';
import { checkTime } from '../domain/anchor/check-time';
import type { AnchorPolicy } from '../domain/anchor/policy';
import { FindingLog } from '../domain/findings/finding-log';
import { findingsText } from '../report/findings-text';
import type { Colors } from '../terminal/colors';
import { counted, formatAge, formatCount, formatDuration } from '../terminal/duration';
import { keyValueLines, UNLIMITED } from '../terminal/table';
import type { Outcome } from './outcome';
import { exitOfFindings } from './outcome';

interface DatabaseStatus {
  readonly identity: DatabaseIdentity;
  readonly head: ChainHead | null;
  /** Null while nobody knows: the newest anchor cannot be read, or the database does not have what it attests. */
  readonly unanchoredEvents: number | null;
  /** Anchored events behind the head; null while the newest anchor cannot be read, or a standby has yet to replay them. */
  readonly missingEvents: number | null;
  readonly oldestUnanchoredAgeSeconds: number | null;
}

/** Whether the database has the last event of the anchor; what is wrong otherwise is a finding. */
async function holds(
  snapshot: AuditLogSnapshot,
  identity: DatabaseIdentity,
  head: ChainHead | null,
  anchor: KnownAnchor,
  findings: FindingLog,
): Promise<boolean> {
  const seen = new FindingLog();
  await checkAnchoredEvent(snapshot, identity, head, anchor, seen);
  seen.all().forEach((found) => findings.add(found));
  return seen.all().length === 0;
}

async function databaseStatus(
  auditLog: AuditLog,
  newest: KnownAnchor | 'unreadable' | null,
  now: number,
  findings: FindingLog,
  signal: AbortSignal | undefined,
): Promise<DatabaseStatus> {
  const look = async (snapshot: AuditLogSnapshot): Promise<DatabaseStatus> => {
    const identity = await snapshot.identity();
    const head = await snapshot.head();
    const unknown = { unanchoredEvents: null, oldestUnanchoredAgeSeconds: null };
    if (newest === 'unreadable') return { identity, head, missingEvents: null, ...unknown };
    const missingEvents = newest ? Math.max(0, newest.lastSeq - (head?.index ?? 0)) : 0;
    if (newest && !(await holds(snapshot, identity, head, newest, findings)))
      return {
        identity,
        head,
        missingEvents: lagsBehind(identity, newest) ? null : missingEvents,
        ...unknown,
      };
    const tail = await tailOf(snapshot, head, newest, now);
    return {
      identity,
      head,
      missingEvents,
      unanchoredEvents: tail?.events ?? 0,
      oldestUnanchoredAgeSeconds: tail?.ageSeconds ?? null,
    };
  };
  return auditLog.snapshot(look, { signal });
}

function missingRow(unreadable: string | undefined): [string, string] {
  return ['newest anchor', unreadable === undefined ? 'none' : `cannot be read: ${unreadable}`];
}

function anchorRows(
  { retainUntil, ...known }: KnownAnchor,
  legalHold: boolean,
  bucket: string,
  now: number,
): [string, string][] {
  const lock =
    retainUntil === null
      ? 'not locked'
      : `locked until ${new Date(retainUntil).toISOString().slice(0, 10)}, ${formatDuration(Math.max(0, (retainUntil - now) / 1000))} left`;
  return [
    [
      'newest anchor',
      `#${formatCount(known.anchorSeq)}, ${formatAge(known.seconds * 1000, now)}, up to event ${formatCount(known.lastSeq)}`,
    ],
    ['object', `s3://${bucket}/${known.key} (version ${known.versionId})`],
    ['retention', legalHold ? `${lock}, legal hold on` : lock],
  ];
}

function databaseRows({ identity, head, ...status }: DatabaseStatus): [string, string][] {
  const oldest =
    status.oldestUnanchoredAgeSeconds === null
      ? ''
      : `, the oldest ${formatDuration(status.oldestUnanchoredAgeSeconds)} old`;
  return [
    [
      'head',
      head ? `event ${formatCount(head.index)}, key ${head.keyId ?? 'none'}, ${head.hash}` : 'no event',
    ],
    [
      'unanchored',
      status.unanchoredEvents === null ? 'unknown' : `${counted(status.unanchoredEvents, 'event')}${oldest}`,
    ],
    ...(status.missingEvents
      ? [['missing', counted(status.missingEvents, 'anchored event')] as [string, string]]
      : []),
    [
      'database',
      `system ${identity.systemId ?? 'unknown'}, timeline ${identity.timeline ?? 'unknown'}, LSN ${identity.lsn ?? 'unknown'}${identity.standby ? ', standby' : ''}`,
    ],
  ];
}

/**
 * Shows where bucket and database stand, and whether the last anchored event is still the one in the database. Proves
 * no more than that. Ages are by S3's time.
 */
export async function statusCommand(
  store: AnchorStore,
  auditLog: AuditLog,
  clock: Clock,
  {
    chainId,
    layout,
    clockToleranceSeconds,
  }: Pick<ChainReading, 'layout'> & Pick<AnchorPolicy, 'chainId' | 'clockToleranceSeconds'>,
  signal?: AbortSignal,
): Promise<Outcome> {
  const findings = new FindingLog();
  const here = clock.now();
  const search = { store, chainId, clockToleranceSeconds, signal };
  const { newest, misdated } = await findNewestKey(search, Math.floor(here / 1000), null);
  misdated.forEach((dated) => checkTime(dated, clockToleranceSeconds, findings));
  const now = serverTimeAt(store, clock.now());
  const evidence = newest && (await readAnchor(store, newest, findings, signal));
  const known = evidence && knownFrom(evidence);
  requireSameChain(known, layout);
  const attested = known ?? (newest ? 'unreadable' : null);
  const database = await databaseStatus(auditLog, attested, now, findings, signal);
  const legalHold = evidence?.head?.legalHold ?? false;
  const problems = findings.all();
  return {
    exitCode: problems.length === 0 ? EXIT.ok : exitOfFindings(problems),
    document: {
      chainId,
      bucket: store.bucket,
      newestAnchor: known && {
        ...known,
        time: formatAnchorTime(known.seconds),
        ageSeconds: Math.floor(now / 1000) - known.seconds,
        retainUntil: known.retainUntil === null ? null : new Date(known.retainUntil).toISOString(),
        retentionLeftSeconds:
          known.retainUntil === null ? null : Math.round((known.retainUntil - now) / 1000),
        legalHold,
      },
      ...database,
      findings: problems,
    },
    text: (colors: Colors) => [
      ...keyValueLines(
        [
          ['chain', chainId],
          ...(known ? anchorRows(known, legalHold, store.bucket, now) : [missingRow(newest?.key)]),
          ...databaseRows(database),
        ],
        { width: UNLIMITED },
      ),
      ...findingsText(problems, colors),
    ],
  };
}

import { ZERO_HASH } from '../digests';
import type { NewFinding } from '../findings/finding';
import type { FindingLog } from '../findings/finding-log';
import { checkCadence } from './check-cadence';
import { lockEnd } from './check-lock';
import { type AnchorPolicy, lockedAtLeastUntil } from './policy';
import type { AnchorEvidence, AnchorLinks } from './evidence';

/**
 * The anchor before the oldest one may be this much older: after an outage of the writer it expires that much earlier.
 * At most a fiftieth of the retention, or a short one would excuse every absence.
 */
const EXPIRY_SLACK_SECONDS = 7 * 86_400;

interface Predecessor {
  /** Every anchor with the highest `anchor_seq` so far: more than one after a fork. */
  readonly tips: readonly AnchorLinks[];
  /** Anchors since then whose links are not known. */
  readonly unknown: number;
}

/**
 * Checks the anchors of one chain against each other.
 * @param anchors every anchor of the chain, in the order of their keys
 * @param now seconds since 1970
 */
export function checkAnchorChain(
  anchors: readonly AnchorEvidence[],
  policy: AnchorPolicy,
  now: number,
  log: FindingLog,
): void {
  let before: Predecessor | null = null;
  for (const [position, evidence] of anchors.entries()) {
    const { links } = evidence;
    if (!links) {
      if (before) before = { tips: before.tips, unknown: before.unknown + 1 };
      continue;
    }
    const report = (details: Omit<NewFinding, 'place'>): void =>
      log.add({ ...details, place: { kind: 'object', key: evidence.key, versionId: evidence.versionId } });
    const earlier = anchors[position - 1];
    const absence = absenceBetween(earlier, evidence, policy, now);
    if (before) before = follow(before, links, evidence, absence, report);
    else {
      checkFirst(links, anchors[0] === evidence, absence, report);
      before = { tips: [links], unknown: 0 };
    }
  }
  checkCadence(anchors, policy, now, log);
}

/** Why anchors may be absent. */
type Absence = 'expired' | 'not replicated' | 'removed';

function absenceBetween(
  earlier: AnchorEvidence | undefined,
  later: AnchorEvidence,
  policy: AnchorPolicy,
  now: number,
): Absence {
  const expired = earlier ? lockEnd(earlier, policy) <= now : mayFollowExpired(later, policy, now);
  if (expired) return 'expired';
  // Nobody but S3 gives a version this state, and none in the bucket that the writer writes to has it.
  const isReplica = ({ head }: AnchorEvidence): boolean => head?.replication === 'REPLICA';
  return isReplica(later) && (!earlier?.head || isReplica(earlier)) ? 'not replicated' : 'removed';
}

/** True when the anchors before the oldest one may be past their locks, and removed. */
function mayFollowExpired(oldest: AnchorEvidence, policy: AnchorPolicy, now: number): boolean {
  const retention = lockedAtLeastUntil(0, policy);
  return now >= lockEnd(oldest, policy) - Math.min(EXPIRY_SLACK_SECONDS, retention / 50);
}

type Report = (details: Omit<NewFinding, 'place'>) => void;

/** @param from number of the first anchor that is absent; the last one is that before `next` */
function reportAbsent(absence: Absence, from: number, next: number, report: Report): void {
  const count = next - from;
  const which = count === 1 ? `anchor ${from} is` : `the anchors ${from} to ${next - 1} are`;
  // A lifecycle rule removes what has expired in no particular order.
  if (absence === 'expired') {
    report({ code: 'ANCHORS_EXPIRED', message: `${which} past retention and gone`, count });
    return;
  }
  const found = { expected: `anchor ${from}`, actual: `anchor ${next}`, count };
  if (absence === 'removed') {
    const message = `${which} not in the bucket, although their retention lasts`;
    report({ code: 'ANCHOR_MISSING', message, ...found });
  } else {
    const message = `${which} not in this replica: replication is late, has failed, or began later`;
    report({ code: 'REPLICA_INCOMPLETE', message, ...found });
  }
}

function checkFirst(links: AnchorLinks, oldest: boolean, absence: Absence, report: Report): void {
  if (links.anchorSeq === 1) {
    // A foreign chain may begin anywhere.
    if (links.chainFormat === 'v1' && links.firstSeq !== 1) {
      report({
        code: 'ANCHOR_RANGE',
        message: 'the first anchor does not begin with the first event',
        expected: '1',
        actual: String(links.firstSeq),
      });
    }
    if (links.prevAnchorHash !== ZERO_HASH) {
      report({
        code: 'ANCHOR_LINK',
        message: 'the first anchor names a previous one',
        expected: ZERO_HASH,
        actual: links.prevAnchorHash,
      });
    }
    return;
  }
  if (oldest) reportAbsent(absence, 1, links.anchorSeq, report);
}

function follow(
  before: Predecessor,
  links: AnchorLinks,
  evidence: AnchorEvidence,
  absence: Absence,
  report: Report,
): Predecessor {
  const [tip] = before.tips;
  if (!tip) return { tips: [links], unknown: 0 };
  const expected = tip.anchorSeq + before.unknown + 1;
  if (links.anchorSeq <= tip.anchorSeq) {
    reportStepBack(before, links, report);
    return links.anchorSeq === tip.anchorSeq ? { ...before, tips: [...before.tips, links] } : before;
  }
  if (links.anchorSeq < expected) {
    report({
      code: 'ANCHOR_FORK',
      message: `anchor ${links.anchorSeq} comes after ${before.unknown} anchors that could not be read and repeats a number`,
      expected: `anchor ${expected}`,
      actual: `anchor ${links.anchorSeq}`,
    });
  } else if (links.anchorSeq > expected) {
    reportAbsent(absence, expected, links.anchorSeq, report);
  } else if (before.unknown === 0) {
    checkSuccessor(before.tips, links, evidence, report);
  }
  if (links.lastSeq < tip.lastSeq) {
    report({
      code: 'ANCHOR_RANGE',
      message: 'the chain of events became shorter from one anchor to the next',
      expected: `last_seq from ${tip.lastSeq}`,
      actual: String(links.lastSeq),
    });
  }
  return { tips: [links], unknown: 0 };
}

function reportStepBack(before: Predecessor, links: AnchorLinks, report: Report): void {
  const [tip] = before.tips;
  if (!tip) return;
  if (links.anchorSeq === tip.anchorSeq) {
    report({
      code: 'ANCHOR_FORK',
      message: `two anchors have the number ${links.anchorSeq}: two writers, or one who continued from an older state`,
      expected: `anchor ${tip.anchorSeq + 1}`,
      actual: `anchor ${links.anchorSeq}`,
    });
  } else {
    report({
      code: 'ANCHOR_TIME_ORDER',
      message: `anchor ${links.anchorSeq} is dated after anchor ${tip.anchorSeq}`,
      expected: `anchor ${tip.anchorSeq + 1}`,
      actual: `anchor ${links.anchorSeq}`,
    });
  }
}

function checkSuccessor(
  tips: readonly AnchorLinks[],
  links: AnchorLinks,
  evidence: AnchorEvidence,
  report: Report,
): void {
  const parent = tips.find(({ hash }) => hash === links.prevAnchorHash);
  if (!parent) {
    report({
      code: 'ANCHOR_LINK',
      message: 'prev_anchor_hash is not the SHA-256 of the previous anchor',
      expected: tips.map(({ hash }) => hash).join(' or '),
      actual: links.prevAnchorHash,
    });
    return;
  }
  checkFormat(parent, links, report);
  if (links.firstSeq !== null && links.firstSeq !== parent.lastSeq + 1) {
    report({
      code: 'ANCHOR_RANGE',
      message: 'the events of the anchor do not begin behind those of the previous one',
      expected: `first_seq ${parent.lastSeq + 1}`,
      actual: `first_seq ${links.firstSeq}`,
    });
  }
  if (
    links.lastSeq === parent.lastSeq &&
    links.lastHash !== parent.lastHash &&
    evidence.anchor?.first_seq !== 0
  ) {
    report({
      code: 'ANCHOR_RANGE',
      message: 'no event came since the previous anchor, but the hash of the last one differs',
      expected: parent.lastHash,
      actual: links.lastHash,
    });
  }
}

/** A chain keeps its format and, in `v1`, the column list that its hashes are bound to: no writer changes them. */
function checkFormat(parent: AnchorLinks, links: AnchorLinks, report: Report): void {
  const change = (what: string, expected: string | null, actual: string | null): void => {
    if (expected === null || actual === null || expected === actual) return;
    report({
      code: 'ANCHOR_FORMAT',
      message: `the anchor has another ${what} than the previous one`,
      expected,
      actual,
    });
  };
  change('chain_format', parent.chainFormat, links.chainFormat);
  if (links.chainFormat === 'v1' && parent.chainFormat === 'v1') {
    change('column list', parent.columns, links.columns);
  }
}

import { ZERO_HASH } from '../digests';
import type { NewFinding } from '../findings/finding';
import type { FindingLog } from '../findings/finding-log';
import { checkCadence } from './check-cadence';
import { type AnchorPolicy, lockedAtLeastUntil } from './policy';
import type { AnchorEvidence, AnchorLinks } from './evidence';

/** The predecessor of the oldest anchor may be this much older and have expired before it. */
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
 * @param firstSeqs the chain indices a chain may begin with
 */
export function checkAnchorChain(
  anchors: readonly AnchorEvidence[],
  policy: AnchorPolicy,
  now: number,
  firstSeqs: readonly number[],
  log: FindingLog,
): void {
  let before: Predecessor | null = null;
  for (const evidence of anchors) {
    const { links } = evidence;
    if (!links) {
      if (before) before = { tips: before.tips, unknown: before.unknown + 1 };
      continue;
    }
    const report = (details: Omit<NewFinding, 'place'>): void =>
      log.add({ ...details, place: { kind: 'object', key: evidence.key, versionId: evidence.versionId } });
    const expired = isExpired(evidence, policy, now);
    if (before) before = follow(before, links, evidence, expired, report);
    else {
      checkFirst(links, anchors[0] === evidence, expired, firstSeqs, report);
      before = { tips: [links], unknown: 0 };
    }
  }
  checkCadence(anchors, policy, now, log);
}

/** True when what was anchored before this one may be past its retention, and removed. */
function isExpired(evidence: AnchorEvidence, policy: AnchorPolicy, now: number): boolean {
  return now >= lockedAtLeastUntil(evidence.seconds, policy) - EXPIRY_SLACK_SECONDS;
}

type Report = (details: Omit<NewFinding, 'place'>) => void;

function checkFirst(
  links: AnchorLinks,
  oldest: boolean,
  expired: boolean,
  firstSeqs: readonly number[],
  report: Report,
): void {
  if (links.anchorSeq === 1) {
    if (links.firstSeq !== null && !firstSeqs.includes(links.firstSeq)) {
      report({
        code: 'ANCHOR_RANGE',
        message: 'the first anchor does not begin with the first event',
        expected: firstSeqs.join(' or '),
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
  if (!oldest) return;
  if (expired) {
    report({
      code: 'ANCHORS_EXPIRED',
      message: `the anchors 1 to ${links.anchorSeq - 1} are past their retention and gone`,
    });
  } else {
    report({
      code: 'ANCHOR_MISSING',
      message: `the anchors 1 to ${links.anchorSeq - 1} are not in the bucket, although their retention lasts`,
      expected: 'anchor 1',
      actual: `anchor ${links.anchorSeq}`,
      count: links.anchorSeq - 1,
    });
  }
}

function follow(
  before: Predecessor,
  links: AnchorLinks,
  evidence: AnchorEvidence,
  expired: boolean,
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
    const count = links.anchorSeq - expected;
    const missing =
      count === 1 ? `anchor ${expected} is` : `the anchors ${expected} to ${links.anchorSeq - 1} are`;
    // A lifecycle rule removes what has expired in no particular order.
    if (expired) report({ code: 'ANCHORS_EXPIRED', message: `${missing} past retention and gone`, count });
    else {
      report({
        code: 'ANCHOR_MISSING',
        message: `${missing} not in the bucket, although their retention lasts`,
        expected: `anchor ${expected}`,
        actual: `anchor ${links.anchorSeq}`,
        count,
      });
    }
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

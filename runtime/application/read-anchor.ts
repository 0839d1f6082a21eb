import { ConfigError, FormatError, UnavailableError } from '../errors';
import { anchorHash } from '../domain/anchor/anchor';
import { MAX_ANCHOR_BYTES, parseAnchor } from '../domain/anchor/anchor-body';
import { linksOfHead } from '../domain/anchor/check-object';
import type { AnchorAddress, AnchorEvidence, AnchorLinks } from '../domain/anchor/evidence';
import { linksOfBody } from '../domain/anchor/evidence';
import type { FindingLog } from '../domain/findings/finding-log';
import type { AnchorStore, StoredObject } from './ports';

/** Reads one anchor version; what keeps it from being read or parsed becomes a finding, not an error. */
export async function readAnchor(
  store: AnchorStore,
  address: AnchorAddress,
  findings: FindingLog,
  signal?: AbortSignal,
): Promise<AnchorEvidence> {
  const place = { kind: 'object', key: address.key, versionId: address.versionId } as const;
  let stored: StoredObject;
  try {
    stored = await store.read(address.key, address.versionId, MAX_ANCHOR_BYTES, signal);
  } catch (error) {
    // An anchor past its retention may be removed between the listing and this.
    const gone = error instanceof ConfigError && error.code === 'OBJECT_NOT_FOUND';
    if (!gone && !(error instanceof UnavailableError)) throw error;
    findings.add({ code: 'ANCHOR_UNREADABLE', place, message: error.message });
    return unread(address);
  }
  return evidenceOf(address, stored, findings);
}

/** Judges a version that could be read; what is wrong with its body becomes a finding. */
export function evidenceOf(
  address: AnchorAddress,
  { head, body }: StoredObject,
  findings: FindingLog,
): AnchorEvidence {
  const place = { kind: 'object', key: address.key, versionId: address.versionId } as const;
  const none = unread(address);
  switch (body.kind) {
    case 'bytes':
      return { ...none, head, ...parseBody(body.bytes, place, findings) };
    case 'archived':
      findings.add({
        code: 'ANCHOR_ARCHIVED',
        place,
        message: `the body is in ${head.storageClass} and cannot be read until it is restored; lock and links were taken from its head`,
      });
      return { ...none, head, hash: head.checksumSha256, links: linksOfHead(head) };
    case 'oversized':
      findings.add({
        code: 'ANCHOR_MALFORMED',
        place,
        message: `the object has ${body.size} bytes; an anchor has at most ${MAX_ANCHOR_BYTES}`,
      });
      return { ...none, head };
    case 'corrupt':
      findings.add({
        code: 'ANCHOR_CHECKSUM',
        place,
        message: `the body differs from its stored checksum: ${body.reason}`,
      });
      return { ...none, head };
  }
}

function unread({ key, versionId, seconds }: AnchorAddress): AnchorEvidence {
  return { key, versionId, seconds, head: null, anchor: null, hash: null, links: null };
}

function parseBody(
  bytes: Uint8Array,
  place: { kind: 'object'; key: string; versionId: string },
  findings: FindingLog,
): Pick<AnchorEvidence, 'anchor' | 'hash' | 'links'> {
  const hash = anchorHash(bytes);
  try {
    const anchor = parseAnchor(bytes);
    const links: AnchorLinks = linksOfBody(anchor, hash);
    return { anchor, hash, links };
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    findings.add({ code: 'ANCHOR_MALFORMED', place, message: `the body is not an anchor: ${error.message}` });
    return { anchor: null, hash, links: null };
  }
}

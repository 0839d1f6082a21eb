import { FormatError } from '../../errors';
import type { ChainKeys } from '../chain/chain-keys';
import { equalDigests, hmacSha256, sha256 } from '../digests';
import { canonicalJson } from './canonical-json';

/** What a document is; part of what its seal covers. */
export const DOCUMENT_KINDS = ['audit-anchor/plan', 'audit-anchor/part', 'audit-anchor/state'] as const;
export type DocumentKind = (typeof DOCUMENT_KINDS)[number];

/** Documents of another format are refused. */
export const FORMAT = 1;
const LABEL = Buffer.from('audit-anchor sealed document 1\0', 'latin1');

/** One key out of all chain keys: who knows them could forge the chain itself. */
function sealKey({ ids, keys }: ChainKeys): Buffer {
  const parts = ids.flatMap((id, slot) => {
    const name = Buffer.from(id, 'utf8');
    const length = Buffer.alloc(4);
    length.writeUInt32BE(name.length);
    return [length, name, hmacSha256(keys[slot]!, LABEL)];
  });
  return sha256(LABEL, ...parts);
}

function macOf(document: object, keys: ChainKeys): string {
  return hmacSha256(sealKey(keys), Buffer.from(canonicalJson(document), 'utf8')).toString('hex');
}

/** The document as text, with a seal that only the holder of the chain's secrets can make. */
export function seal(kind: DocumentKind, body: object, keys: ChainKeys): object {
  const document = { kind, format: FORMAT, ...body };
  return { ...document, mac: macOf(document, keys) };
}

/** Text of a document as it is kept in a file. */
export function documentText(document: unknown): string {
  return `${JSON.stringify(document, null, 2)}\n`;
}

/** A document whose seal was not checked yet: only its kind may be relied on, and only to refuse it. */
export interface OpenDocument {
  readonly kind: DocumentKind;
  readonly members: Readonly<Record<string, unknown>>;
}

/**
 * Reads the text of a document without trusting it.
 * @returns null when it is not one of ours at all
 */
export function readDocument(text: string): OpenDocument | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const members: Record<string, unknown> = { ...value };
  // Output of `--json` says how the command ended; that is not part of the document.
  delete members.exitCode;
  const kind = DOCUMENT_KINDS.find((each) => each === members.kind);
  return kind ? { kind, members } : null;
}

/** The format that a document says to have, as JSON, when it is not the one of here; null when it is. */
export function otherFormat({ members }: OpenDocument): string | null {
  return members.format === FORMAT ? null : JSON.stringify(members.format ?? null).slice(0, 64);
}

/**
 * The members of a document whose seal holds.
 * @throws FormatError `DOCUMENT_MALFORMED` when it was changed, or sealed with other keys
 */
export function unseal(document: OpenDocument, keys: ChainKeys): Readonly<Record<string, unknown>> {
  const { mac, ...rest } = document.members;
  if (rest.format !== FORMAT) {
    throw new FormatError('DOCUMENT_MALFORMED', `it has a format other than ${FORMAT}`);
  }
  const expected = Buffer.from(macOf(rest, keys), 'hex');
  const found = Buffer.from(typeof mac === 'string' ? mac : '', 'hex');
  if (!equalDigests(expected, found)) {
    throw new FormatError(
      'DOCUMENT_MALFORMED',
      'its seal does not fit: it was changed, or made with other HMAC keys, another chain id or other columns',
    );
  }
  return rest;
}

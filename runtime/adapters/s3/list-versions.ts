import type {
  DeleteMarkerEntry,
  ListObjectVersionsCommand,
  ListObjectVersionsOutput,
  ObjectVersion as ListedVersion,
} from '@aws-sdk/client-s3';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { ObjectVersion, VersionPage } from '../../application/ports';
import { unexpectedReply } from './s3-errors';
import type { S3Call, S3Gateway, Use } from './s3-gateway';
import { compareKeys, inVersionOrder } from './version-order';

export interface ListRequest {
  readonly prefix: string;
  readonly delimiter?: '/';
  /** Keys up to this one are skipped; with `versionIdMarker` only the versions up to that one. */
  readonly keyMarker?: string;
  readonly versionIdMarker?: string;
  /** Entries of a page, 1 to 1,000; S3's 1,000 when absent. */
  readonly pageSize?: number;
  readonly signal?: AbortSignal | undefined;
}

/** Where the next page starts. */
export interface ListMarker {
  readonly keyMarker: string;
  readonly versionIdMarker?: string;
}

interface ListedPage {
  readonly page: VersionPage;
  readonly next: ListMarker | null;
}

type Kind = ObjectVersion['kind'];

/** One page of the version listing, and the marker of the next one when S3 has more. */
export async function listVersions(gateway: S3Gateway, request: ListRequest): Promise<ListedPage> {
  const call: S3Call = { operation: 'ListObjectVersions' };
  const list: Use<ListedPage> = async (client, sdk, options) => {
    const command = new sdk.ListObjectVersionsCommand({
      Bucket: gateway.bucket,
      Prefix: request.prefix,
      Delimiter: request.delimiter,
      KeyMarker: request.keyMarker,
      VersionIdMarker: request.versionIdMarker,
      MaxKeys: request.pageSize,
      // XML 1.0 cannot carry every character a key may hold.
      EncodingType: 'url',
    });
    const kinds = recordKinds(command);
    const output = await client.send(command, options);
    const bad = (what: string) => unexpectedReply(gateway.request(call), what);
    return readListing(output, kinds(), request, bad);
  };
  return gateway.run(call, list, request.signal);
}

function readListing(
  output: ListObjectVersionsOutput,
  kinds: readonly Kind[],
  request: ListRequest,
  bad: (what: string) => Error,
): ListedPage {
  // An empty document would otherwise pass for an empty bucket.
  if (output.Name === undefined || output.IsTruncated === undefined) {
    throw bad('the reply is not a listing of versions');
  }
  const decode = output.EncodingType === 'url' ? (key: string) => decodeKey(key, bad) : (key: string) => key;
  const versions = inVersionOrder(
    interleave(output, kinds, bad).map((entry) => readEntry(entry, decode, bad)),
  );
  const folders = (output.CommonPrefixes ?? []).map(({ Prefix }) => decode(Prefix ?? ''));
  const outside =
    versions.map(({ key }) => key).find((key) => !isVersionWithin(key, request)) ??
    folders.find((folder) => !isFolderWithin(folder, request));
  if (outside !== undefined) {
    throw bad(`the listing holds ${JSON.stringify(outside)}, which is outside of what was asked for`);
  }
  const page = { versions, folders, truncated: output.IsTruncated };
  if (!output.IsTruncated) return { page, next: null };
  if (output.NextKeyMarker === undefined) throw bad('the listing is cut off without saying where to go on');
  const versionIdMarker = output.NextVersionIdMarker || undefined;
  return { page, next: { keyMarker: decode(output.NextKeyMarker), versionIdMarker } };
}

function isVersionWithin(key: string, { prefix, keyMarker, versionIdMarker }: ListRequest): boolean {
  if (!key.startsWith(prefix)) return false;
  const order = keyMarker === undefined ? 1 : compareKeys(key, keyMarker);
  return order > 0 || (order === 0 && versionIdMarker !== undefined);
}

/** A marker inside of a folder hides some of its keys, not the folder. */
function isFolderWithin(folder: string, { prefix, keyMarker }: ListRequest): boolean {
  if (!folder.startsWith(prefix)) return false;
  return keyMarker === undefined || keyMarker.startsWith(folder) || compareKeys(folder, keyMarker) > 0;
}

type Entry = { readonly kind: Kind; readonly listed: ListedVersion | DeleteMarkerEntry };

/** The SDK sorts versions and delete markers into two lists; `kinds` puts them back as the reply had them. */
function interleave(
  output: ListObjectVersionsOutput,
  kinds: readonly Kind[],
  bad: (what: string) => Error,
): readonly Entry[] {
  const lists = { version: [...(output.Versions ?? [])], 'delete-marker': [...(output.DeleteMarkers ?? [])] };
  const entries = kinds.flatMap((kind) => {
    const listed = lists[kind].shift();
    return listed === undefined ? [] : [{ kind, listed }];
  });
  const left = lists.version.length + lists['delete-marker'].length;
  if (left > 0 || entries.length !== kinds.length) throw bad('the listing cannot be read without doubt');
  return entries;
}

function readEntry(
  { kind, listed }: Entry,
  decode: (key: string) => string,
  bad: (what: string) => Error,
): ObjectVersion {
  const { Key = '', VersionId = '', IsLatest, LastModified } = listed;
  const size = 'Size' in listed ? listed.Size : undefined;
  if (Key === '' || VersionId === '' || IsLatest === undefined || LastModified === undefined) {
    throw bad('an entry of the listing has no key, version id, time or latest mark');
  }
  if (kind === 'version' && size === undefined) throw bad('an entry of the listing has no size');
  return {
    kind,
    key: decode(Key),
    versionId: VersionId,
    isLatest: IsLatest,
    lastModified: Math.floor(LastModified.getTime() / 1_000) * 1_000,
    size: size ?? 0,
  };
}

function decodeKey(encoded: string, bad: (what: string) => Error): string {
  try {
    return decodeURIComponent(encoded.replaceAll('+', '%20'));
  } catch {
    throw bad('a key of the listing is not valid URL encoding');
  }
}

/** Notes the order of version and delete marker elements in the XML, which the SDK's output does not keep. */
function recordKinds(command: ListObjectVersionsCommand): () => readonly Kind[] {
  let kinds: readonly Kind[] = [];
  command.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const response = result.response as { statusCode: number; body: Readable };
      if (response.statusCode !== 200) return result;
      const xml = await buffer(response.body);
      // Text inside of elements is escaped, so a tag found here is a tag.
      const tags = xml.toString('latin1').matchAll(/<(Version|DeleteMarker)[\s>]/g);
      kinds = [...tags].map(([, name]) => (name === 'Version' ? 'version' : 'delete-marker'));
      return { ...result, response: { ...response, body: xml } };
    },
    { name: 'recordVersionOrder', step: 'deserialize', priority: 'low' },
  );
  return () => kinds;
}

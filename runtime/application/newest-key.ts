import type { Dated } from '../domain/anchor/check-time';
import { isDatedAhead } from '../domain/anchor/check-time';
import type { AnchorAddress } from '../domain/anchor/evidence';
import { chainPrefix, classifyKey, hourPrefix } from '../domain/anchor/object-key';
import type { AnchorStore, ObjectVersion, VersionPage } from './ports';

/** The newest anchor key of a chain, with everything that lies under that key. */
export interface NewestKey extends AnchorAddress {
  /** The version written first: the one that counts. */
  readonly first: ObjectVersion;
  /** Later versions and delete markers over it, newest first. */
  readonly over: readonly ObjectVersion[];
}

/** How far back the first look goes when no key is known yet. */
const FRESH_WINDOW_SECONDS = 2 * 3600;
/** Sorts behind every year and before any letter: beyond it a listing only holds longer chain ids. */
const BEHIND_YEARS = ':';
const LEVELS = [/^\d{4}$/, /^\d{2}$/, /^\d{2}$/, /^\d{2}$/] as const;

/** Where to look, and how far ahead of its writing an anchor may be dated. */
export interface Search {
  readonly store: AnchorStore;
  readonly chainId: string;
  readonly clockToleranceSeconds: number;
  readonly signal?: AbortSignal | undefined;
}

export interface Look {
  /** Null when there is no anchor, or none behind the last known one. */
  readonly newest: NewestKey | null;
  /** What lies behind it and is dated ahead of S3's time of its writing: it takes no part in the chain. */
  readonly misdated: readonly Dated[];
}

/**
 * Finds the newest anchor without ever listing the whole prefix, through version listings, since a delete marker
 * hides a key from the plain one:
 * 1. one request behind the last known key, or behind two hours ago; one more for each page of misdated objects;
 * 2. if that shows nothing, or more than one page, down through year, month, day and hour: at most five more
 *    requests unless folders turn out to be empty.
 * @param now seconds since 1970
 * @param lastKnownKey the newest anchor this process has seen, itself not listed again
 */
export async function findNewestKey(search: Search, now: number, lastKnownKey: string | null): Promise<Look> {
  const { store, chainId, signal } = search;
  const prefix = chainPrefix(chainId);
  const from = lastKnownKey ?? hourPrefix(chainId, now - FRESH_WINDOW_SECONDS);
  const misdated = new Map<string, Dated>();
  const down = async (before: string | null): Promise<Look> => {
    const newest = await descend({ ...search, before, misdated }, prefix, 0);
    return { newest, misdated: [...misdated.values()] };
  };
  for (let after = from; ;) {
    const page = await store.listPage({ prefix, after, signal });
    const newest = newestOf(page.versions, { ...search, misdated });
    if (!page.truncated || reachesBehindYears(page, chainId)) {
      if (newest || lastKnownKey !== null) return { newest, misdated: [...misdated.values()] };
      return down(from);
    }
    const last = page.versions.at(-1)?.key;
    if (newest || last === undefined || !misdated.has(last)) return down(null);
    after = last;
  }
}

interface Descent extends Search {
  /** Folders from here on were looked through; null when none was. */
  readonly before: string | null;
  /** Takes what is met on the way. */
  readonly misdated: Map<string, Dated>;
}

function reachesBehindYears(page: VersionPage, chainId: string): boolean {
  const last = page.versions[page.versions.length - 1];
  return last !== undefined && last.key > chainPrefix(chainId) + BEHIND_YEARS;
}

async function descend(search: Descent, prefix: string, level: number): Promise<NewestKey | null> {
  const pattern = LEVELS[level];
  if (!pattern) return newestOf(await listHour(search, prefix), search);
  const { before } = search;
  const folders = (await listFolders(search, prefix)).filter(
    (folder) => pattern.test(folder.slice(prefix.length, -1)) && (before === null || folder < before),
  );
  for (const folder of folders.sort().reverse()) {
    const newest = await descend(search, folder, level + 1);
    if (newest) return newest;
  }
  return null;
}

/** The folders one level below, up to the last that can be a part of a date. */
async function listFolders({ store, signal }: Search, prefix: string): Promise<string[]> {
  const folders: string[] = [];
  for (let after: string | undefined; ;) {
    const page: VersionPage = await store.listPage({ prefix, delimiter: '/', signal, after });
    folders.push(...page.folders);
    const last = [...page.folders, ...page.versions.map(({ key }) => key)].sort().pop();
    if (!page.truncated || last === undefined || last > prefix + BEHIND_YEARS) return folders;
    // '0' follows '/': the first name behind everything in that folder.
    after = last.endsWith('/') ? `${last.slice(0, -1)}0` : last;
  }
}

/** Everything in one hour's folder, on as many pages as it takes: versions of a key can cross a page's end. */
async function listHour({ store, signal }: Search, prefix: string): Promise<ObjectVersion[]> {
  const versions: ObjectVersion[] = [];
  for await (const page of store.listAll(prefix, signal)) versions.push(...page.versions);
  return versions;
}

function newestOf(
  versions: readonly ObjectVersion[],
  { chainId, clockToleranceSeconds, misdated }: Omit<Descent, 'before'>,
): NewestKey | null {
  const byKey = new Map<string, ObjectVersion[]>();
  for (const version of versions) {
    const group = byKey.get(version.key);
    if (group) group.push(version);
    else byKey.set(version.key, [version]);
  }
  for (const [key, group] of [...byKey].sort(([a], [b]) => (a < b ? 1 : -1))) {
    const found = classifyKey(chainId, key);
    const first = group.findLast(({ kind }) => kind === 'version');
    if (found.kind !== 'anchor' || !first) continue;
    const { seconds } = found;
    const dated = { key, versionId: first.versionId, seconds, storedAt: first.lastModified };
    if (!isDatedAhead(dated, clockToleranceSeconds)) {
      return {
        key,
        versionId: first.versionId,
        seconds,
        first,
        over: group.filter((version) => version !== first),
      };
    }
    misdated.set(key, dated);
  }
  return null;
}

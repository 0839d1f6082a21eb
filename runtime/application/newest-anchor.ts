import type { KeyClass } from '../domain/anchor/object-key';
import { chainPrefix, classifyKey, hourPrefix } from '../domain/anchor/object-key';
import type { AnchorStore, ObjectVersion, VersionPage } from './ports';

/** The newest anchor key of a chain, with everything that lies under that key. */
export interface NewestKey {
  readonly key: string;
  /** Seconds since 1970, from the key. */
  readonly seconds: number;
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

/**
 * Finds the newest anchor without ever listing the whole prefix, through version listings, since a delete marker
 * hides a key from the plain one:
 * 1. one request behind the last known key, or behind two hours ago;
 * 2. if that shows nothing, or more than one page, down through year, month, day and hour: at most five more
 *    requests unless folders turn out to be empty.
 * @param lastKnownKey the newest anchor this process has seen, itself not listed again
 * @returns null when there is no anchor, or none behind `lastKnownKey`
 */
export async function findNewestKey(
  store: AnchorStore,
  chainId: string,
  now: number,
  lastKnownKey: string | null,
  signal?: AbortSignal,
): Promise<NewestKey | null> {
  const after = lastKnownKey ?? hourPrefix(chainId, now - FRESH_WINDOW_SECONDS);
  const page = await store.listPage({ prefix: chainPrefix(chainId), after, signal });
  if (!page.truncated || reachesBehindYears(page, chainId)) {
    const newest = newestOf(page.versions, chainId);
    if (newest || lastKnownKey !== null) return newest;
  }
  return descend({ store, chainId, signal }, chainPrefix(chainId), 0);
}

interface Search {
  readonly store: AnchorStore;
  readonly chainId: string;
  readonly signal: AbortSignal | undefined;
}

function reachesBehindYears(page: VersionPage, chainId: string): boolean {
  const last = page.versions[page.versions.length - 1];
  return last !== undefined && last.key > chainPrefix(chainId) + BEHIND_YEARS;
}

async function descend(search: Search, prefix: string, level: number): Promise<NewestKey | null> {
  const pattern = LEVELS[level];
  if (!pattern) return newestOf(await listHour(search, prefix), search.chainId);
  const folders = (await listFolders(search, prefix)).filter((folder) =>
    pattern.test(folder.slice(prefix.length, -1)),
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
  let after: string | null = null;
  for (;;) {
    const page: VersionPage = await store.listPage({
      prefix,
      delimiter: '/',
      signal,
      ...(after === null ? {} : { after }),
    });
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

function newestOf(versions: readonly ObjectVersion[], chainId: string): NewestKey | null {
  const anchors = versions.flatMap((version) => {
    const found: KeyClass = classifyKey(chainId, version.key);
    return found.kind === 'anchor' && version.kind === 'version'
      ? [{ key: version.key, seconds: found.seconds }]
      : [];
  });
  const newest = anchors.reduce<(typeof anchors)[number] | null>(
    (best, next) => (best === null || next.key > best.key ? next : best),
    null,
  );
  if (!newest) return null;
  const all = versions.filter(({ key }) => key === newest.key);
  const first = all.filter(({ kind }) => kind === 'version').pop();
  return first ? { ...newest, first, over: all.filter((version) => version !== first) } : null;
}

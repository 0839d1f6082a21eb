import { createHash } from 'node:crypto';
import type { AnchorStore, CreateObject, ObjectVersion, VersionPage } from '../../runtime/application/ports';

const DAY_MS = 86_400_000;

export function anchor(key: string, text = 'anchor'): CreateObject {
  const body = Buffer.from(JSON.stringify({ text }));
  return {
    key,
    body,
    sha256: createHash('sha256').update(body).digest('hex'),
    metadata: { 'anchor-seq': '7', 'last-seq': '10', 'last-hash': 'ab'.repeat(32) },
    retainUntil: inADay(),
  };
}

export function inADay(): number {
  return Math.floor((Date.now() + DAY_MS) / 1_000) * 1_000;
}

export async function created(store: AnchorStore, object: CreateObject): Promise<string> {
  const result = await store.create(object);
  if (result.kind !== 'created' || result.versionId === null) {
    throw new Error(`${object.key} was not created as the case needs it`);
  }
  return result.versionId;
}

export async function pages(list: AsyncIterable<VersionPage>): Promise<readonly VersionPage[]> {
  const all: VersionPage[] = [];
  for await (const page of list) all.push(page);
  return all;
}

export function keysOf(all: readonly VersionPage[]): readonly string[] {
  return all.flatMap((page) => page.versions.map((entry) => entry.key));
}

export async function versionsOf(store: AnchorStore, key: string): Promise<readonly ObjectVersion[]> {
  return (await pages(store.listAll(key))).flatMap((page) => page.versions);
}

export async function codeOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => 'no error',
    (error: unknown) => (error as { code?: unknown }).code ?? error,
  );
}

export async function inParallel<T>(
  width: number,
  items: readonly T[],
  run: (item: T) => Promise<unknown>,
): Promise<void> {
  const queue = items.values();
  await Promise.all(
    Array.from({ length: width }, async () => {
      for (const item of queue) await run(item);
    }),
  );
}

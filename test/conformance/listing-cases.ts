import { pages, keysOf, inParallel } from './cases';
import type { Suite } from './suite';

/** Pages, order, folders and keys of the version listing. */
export function listingCases(suite: Suite): void {
  describe('listing', () => {
    suite.conforms('a prefix without objects is an empty, complete page', async () => {
      const empty = { versions: [], folders: [], truncated: false };
      expect(await suite.store.listPage({ prefix: 'nothing/' })).toEqual(empty);
      expect(await pages(suite.store.listAll('nothing/'))).toEqual([empty]);
    });

    suite.conforms('more than 1,000 keys come in pages, in order, each once', async () => {
      const keys = Array.from({ length: 1_050 }, (_, n) => `many/${String(n).padStart(5, '0')}`);
      await inParallel(32, keys, (key) => suite.harness.put(key, key));

      const all = await pages(suite.store.listAll('many/'));
      expect(all.map((page) => page.versions.length)).toEqual([1_000, 50]);
      expect(all.map((page) => page.truncated)).toEqual([true, false]);
      expect(keysOf(all)).toEqual(keys);

      const first = await suite.store.listPage({ prefix: 'many/' });
      expect(first.truncated).toBe(true);
      const rest = await suite.store.listPage({ prefix: 'many/', after: first.versions.at(-1)?.key });
      expect(keysOf([first, rest])).toEqual(keys);
    });

    suite.conforms('versions of one key that straddle pages come newest first, each once', async () => {
      await suite.harness.put('split/a', '1');
      const written: string[] = [];
      for (let n = 1; n <= 5; n += 1) written.unshift(await suite.harness.put('split/b', String(n)));
      await suite.harness.put('split/c', '1');
      for (const pageSize of [1, 2, 3]) {
        const all = (await pages(suite.harness.store({ pageSize }).listAll('split/'))).flatMap(
          (page) => page.versions,
        );
        expect(all.map((entry) => entry.key)).toEqual(
          ['a', 'b', 'b', 'b', 'b', 'b', 'c'].map((key) => `split/${key}`),
        );
        expect(all.slice(1, -1).map((entry) => entry.versionId)).toEqual(written);
        expect(all.slice(1, -1).map((entry) => entry.isLatest)).toEqual([true, false, false, false, false]);
      }
    });

    suite.conforms(
      'a delete marker stands between the versions it was laid over and those after it',
      async () => {
        const first = await suite.harness.put('hidden/a', '1');
        const marker = await suite.harness.hide('hidden/a');
        const second = await suite.harness.put('hidden/a', '22');
        const { versions } = await suite.store.listPage({ prefix: 'hidden/' });
        expect(versions).toMatchObject([
          { kind: 'version', versionId: second, isLatest: true, size: 2 },
          { kind: 'delete-marker', versionId: marker, isLatest: false, size: 0 },
          { kind: 'version', versionId: first, isLatest: false, size: 1 },
        ]);
        expect(versions.every((entry) => entry.lastModified % 1_000 === 0)).toBe(true);
        expect(Math.abs((versions[0]?.lastModified ?? 0) - Date.now())).toBeLessThan(60_000);
      },
    );

    suite.conforms('after: only later keys, whether or not that key exists', async () => {
      for (const key of ['after/a', 'after/b', 'after/c']) await suite.harness.put(key, '1');
      const keysAfter = async (after: string): Promise<readonly string[]> =>
        keysOf([await suite.store.listPage({ prefix: 'after/', after })]);
      expect(await keysAfter('after/b')).toEqual(['after/c']);
      expect(await keysAfter('after/aa')).toEqual(['after/b', 'after/c']);
      expect(await keysAfter('after/c')).toEqual([]);
      expect(await keysAfter('')).toEqual(['after/a', 'after/b', 'after/c']);
    });

    suite.conforms('after: no version of a key that has several', async () => {
      for (const body of ['1', '2', '3']) await suite.harness.put('rewritten/a', body);
      await suite.harness.put('rewritten/b', '1');
      expect(keysOf([await suite.store.listPage({ prefix: 'rewritten/', after: 'rewritten/a' })])).toEqual([
        'rewritten/b',
      ]);
    });

    suite.conforms('with a delimiter: the folders one level below and the keys beside them', async () => {
      for (const key of ['2025/12/x', '2026/01/y', '2026/02/z', 'note'])
        await suite.harness.put(`tree/${key}`, '1');
      const top = await suite.store.listPage({ prefix: 'tree/', delimiter: '/' });
      expect(top.folders).toEqual(['tree/2025/', 'tree/2026/']);
      expect(keysOf([top])).toEqual(['tree/note']);
      const below = await suite.store.listPage({
        prefix: 'tree/2026/',
        delimiter: '/',
        after: 'tree/2026/01/y',
      });
      expect(below.folders).toContain('tree/2026/02/');
      expect(below.folders).not.toContain('tree/2025/');
    });

    suite.conforms('a prefix that is the beginning of another one', async () => {
      await suite.harness.put('chain/2026/x', '1');
      await suite.harness.put('chain-b/2026/x', '1');
      await suite.harness.put('chain2/2026/x', '1');
      expect(keysOf(await pages(suite.store.listAll('chain/')))).toEqual(['chain/2026/x']);
    });

    const oddKeys = async (prefix: string, names: readonly string[]): Promise<void> => {
      const keys = names.map((name) => `${prefix}${name}`);
      for (const key of keys) await suite.harness.put(key, key);
      expect(keysOf(await pages(suite.harness.store({ pageSize: 2 }).listAll(prefix)))).toEqual(keys);
    };

    suite.conforms('keys with reserved and wide characters, in the order of their UTF-8 bytes', () =>
      oddKeys('odd/', [' +%2F', '<&>"', 'a=b;c', '\u00e9', '\uffee', '\u{1f600}']),
    );

    suite.conforms('keys with control characters, which XML cannot carry', () =>
      oddKeys('control/', ['\u0001', 'a\nb', 'a\u001f', '\u007f']),
    );
  });
}

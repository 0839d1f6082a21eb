import { Resources } from '../../runtime/composition';

test('everything is released, last opened first, also when one release fails', async () => {
  const released: string[] = [];
  const resources = new Resources();
  for (const name of ['a', 'b', 'c']) {
    resources.add(name, () => {
      released.push(name);
      if (name === 'b') throw new Error('b is stuck');
    });
  }
  await expect(resources.release()).rejects.toThrow('b is stuck');
  expect(released).toEqual(['c', 'b', 'a']);
  await expect(resources.release()).resolves.toBeUndefined();
});

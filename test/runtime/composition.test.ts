import { systemClock } from '../../runtime/adapters/clock/system-clock';
import { Composition, Resources } from '../../runtime/composition';
import { ENV } from '../../runtime/contract';

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

test('derived keys are wiped with the rest, and then no engine takes them', async () => {
  const resources = new Resources();
  const secret = Buffer.alloc(32, 7).toString('base64');
  const env = {
    [ENV.chainId]: 'production',
    [ENV.hmacKeys]: JSON.stringify({ k1: secret, k2: Buffer.alloc(32, 8).toString('base64') }),
  };
  const composition = new Composition(env, systemClock, resources);
  const { keys, createEngine } = composition.reading(composition.config({ hmacKeys: true }));
  const zeros = (key: Uint8Array): boolean => key.every((byte) => byte === 0);
  expect(keys.keys.map(zeros)).toEqual([false, false]);
  createEngine(keys.keys).dispose();
  await resources.release();
  expect(keys.keys.map(zeros)).toEqual([true, true]);
  expect(() => createEngine(keys.keys)).toThrow('found it wiped');
});

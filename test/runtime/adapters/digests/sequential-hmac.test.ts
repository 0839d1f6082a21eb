import { createHmac } from 'node:crypto';
import * as fc from 'fast-check';
import { SequentialHmac } from '../../../../runtime/adapters/digests/sequential-hmac';

const bytes = (maxLength: number): fc.Arbitrary<Buffer> =>
  fc.uint8Array({ maxLength }).map((array) => Buffer.from(array));

test('is HMAC-SHA256 for keys of up to a block and messages of any length, one after another', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 1, maxLength: 64 }),
      fc.array(bytes(300), { minLength: 1, maxLength: 8 }),
      (key, messages) => {
        const hmac = new SequentialHmac(key);
        const target = Buffer.alloc(40, 0xee);
        for (const message of messages) {
          const source = Buffer.concat([Buffer.from('before'), message, Buffer.from('behind')]);
          hmac.write(source, 6, 6 + message.length, target, 3);
          expect(target.subarray(3, 35)).toEqual(createHmac('sha256', key).update(message).digest());
          expect(target.subarray(35)).toEqual(Buffer.alloc(5, 0xee));
        }
      },
    ),
  );
});

test('grows for a large message and stays right for the small one after it', () => {
  const key = Buffer.alloc(32, 7);
  const hmac = new SequentialHmac(key);
  const target = Buffer.alloc(32);
  for (const length of [4_096, 4_097, 1_000_000, 5]) {
    const message = Buffer.alloc(length, length % 251);
    hmac.write(message, 0, length, target, 0);
    expect(target.equals(createHmac('sha256', key).update(message).digest())).toBe(true);
  }
});

test('knows nothing of the key any more once it was disposed of', () => {
  const key = Buffer.alloc(32, 7);
  const message = Buffer.from('message');
  const target = Buffer.alloc(32);
  const hmac = new SequentialHmac(key);
  hmac.dispose();
  hmac.write(message, 0, message.length, target, 0);
  expect(target).not.toEqual(createHmac('sha256', key).update(message).digest());
});

test('refuses a key that HMAC would hash first', () => {
  expect(() => new SequentialHmac(Buffer.alloc(65))).toThrow('found a key of 65 bytes, allowed 64');
});

import { createHash, createHmac } from 'node:crypto';
import * as fc from 'fast-check';
import { EventHasher } from '../../../../runtime/adapters/digests/event-hasher';

function expectedHash(key: Uint8Array, message: Uint8Array): Buffer {
  const digest = createHash('sha256').update(message).digest();
  return createHmac('sha256', key).update(digest).digest();
}

const bytes = (maxLength: number): fc.Arbitrary<Buffer> =>
  fc.uint8Array({ maxLength }).map((array) => Buffer.from(array));

test('is the HMAC of the digest for keys of up to a block and messages of any length, one after another', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 1, maxLength: 64 }),
      fc.array(bytes(300), { minLength: 1, maxLength: 8 }),
      (key, messages) => {
        const hasher = new EventHasher(key);
        const target = Buffer.alloc(40, 0xee);
        for (const message of messages) {
          const source = Buffer.concat([Buffer.from('before'), message, Buffer.from('behind')]);
          hasher.write(source, 6, 6 + message.length, target, 3);
          expect(target.subarray(3, 35)).toEqual(expectedHash(key, message));
          expect(target.subarray(35)).toEqual(Buffer.alloc(5, 0xee));
        }
      },
    ),
  );
});

test('knows nothing of the key any more once it was disposed of', () => {
  const key = Buffer.alloc(32, 7);
  const message = Buffer.from('message');
  const target = Buffer.alloc(32);
  const hasher = new EventHasher(key);
  hasher.dispose();
  hasher.write(message, 0, message.length, target, 0);
  expect(target).not.toEqual(expectedHash(key, message));
});

test('refuses a key that HMAC would hash first', () => {
  expect(() => new EventHasher(Buffer.alloc(65))).toThrow(RangeError);
});

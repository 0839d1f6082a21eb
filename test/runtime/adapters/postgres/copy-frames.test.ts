import fc from 'fast-check';
import { CopyFrames } from '../../../../runtime/adapters/postgres/copy-frames';

function message(code: string, body: Uint8Array): Buffer {
  const header = Buffer.alloc(5);
  header.write(code, 'latin1');
  header.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([header, body]);
}

/** Contents and rest of a stream that arrives in these pieces; what comes after the end is the next reader's. */
function read(pieces: readonly Buffer[]): { contents: Buffer; rest: Buffer | null } {
  const frames = new CopyFrames();
  const contents: Buffer[] = [];
  let behind: Buffer[] | null = null;
  for (const piece of pieces) {
    if (behind) {
      behind.push(piece);
      continue;
    }
    // A chunk of a socket is no longer its owner's once it was read.
    contents.push(Buffer.from(frames.take(Buffer.from(piece))));
    if (frames.rest) behind = [Buffer.from(frames.rest)];
  }
  return { contents: Buffer.concat(contents), rest: behind && Buffer.concat(behind) };
}

function cut(stream: Buffer, places: readonly number[]): Buffer[] {
  const ends = [...new Set(places.map((place) => place % (stream.length + 1)))].sort((a, b) => a - b);
  return [0, ...ends].map((start, at) => stream.subarray(start, ends[at] ?? stream.length));
}

const body = fc.uint8Array({ maxLength: 60 });
const DONE = message('c', Buffer.alloc(0));
const COMPLETE = message('C', Buffer.from('COPY 3\0'));

test('the contents of the data messages, however the bytes are cut and whatever stands between them', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom('d', 'd', 'd', 'N', 'S', 'A', 'H'), body), { maxLength: 20 }),
      fc.array(fc.nat(), { maxLength: 30 }),
      (messages, places) => {
        const sent = messages.map(([code, bytes]) => message(code, bytes));
        const stream = Buffer.concat([...sent, DONE, COMPLETE]);
        const data = messages.flatMap(([code, bytes]) => (code === 'd' ? [bytes] : []));
        const { contents, rest } = read(cut(stream, places));
        expect(contents.equals(Buffer.concat(data))).toBe(true);
        expect(rest?.equals(COMPLETE)).toBe(true);
      },
    ),
  );
});

test('another message ends it, and is left to the next reader from its first byte', () => {
  const error = message('E', Buffer.from('SERROR\0\0'));
  const stream = Buffer.concat([message('d', Buffer.from('some')), error]);
  for (let at = 0; at <= stream.length; at++) {
    const { contents, rest } = read([stream.subarray(0, at), stream.subarray(at)]);
    expect(contents.toString()).toBe('some');
    expect(rest?.equals(error)).toBe(true);
  }
});

test('goes on without an end as long as none comes', () => {
  const { contents, rest } = read([message('d', Buffer.from('some')), message('d', Buffer.from('more'))]);
  expect(contents.toString()).toBe('somemore');
  expect(rest).toBeNull();
});

test.each([0, 1, 3, -1, -5, -(2 ** 31), 2 ** 30, 2 ** 31 - 1])('refuses a length of %i at once', (length) => {
  for (const code of ['d', 'N', 'S', 'A', 'H']) {
    const broken = message(code, Buffer.alloc(0));
    broken.writeInt32BE(length, 1);
    expect(() => read([broken])).toThrow(expect.objectContaining({ code: 'COPY_MALFORMED' }) as Error);
  }
});

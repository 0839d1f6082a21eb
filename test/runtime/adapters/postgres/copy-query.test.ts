import { PassThrough } from 'node:stream';
import { CopyQuery } from '../../../../runtime/adapters/postgres/copy-query';

const TEXT = 'COPY t TO STDOUT (FORMAT binary)';

function message(code: string, body: Uint8Array): Buffer {
  const header = Buffer.alloc(5);
  header.write(code, 'latin1');
  header.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([header, body]);
}

const data = (text: string): Buffer => message('d', Buffer.from(text));
const DONE = message('c', Buffer.alloc(0));
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A connection as pg has it: a socket that its parser reads. */
function connect(): { stream: PassThrough; parsed: Buffer[]; sent: string[]; copy: CopyQuery } {
  const stream = new PassThrough();
  stream.on('error', () => undefined);
  const parsed: Buffer[] = [];
  const sent: string[] = [];
  stream.on('data', (chunk: Buffer) => parsed.push(chunk));
  const copy = new CopyQuery(TEXT);
  expect(copy.submit({ stream, query: (text: string) => sent.push(text) })).toBeUndefined();
  return { stream, parsed, sent, copy };
}

test('sends the statement, reads the data, and gives pg what follows', async () => {
  const { stream, parsed, sent, copy } = connect();
  expect(sent).toEqual([TEXT]);
  stream.write(Buffer.concat([data('one'), data('two')]));
  expect((await copy.next())?.toString()).toBe('onetwo');
  stream.write(Buffer.concat([data('three'), DONE, message('C', Buffer.from('COPY 3\0'))]));
  expect((await copy.next())?.toString()).toBe('three');
  expect(Buffer.concat(parsed).toString('latin1', 5)).toBe('COPY 3\0');
  expect(copy.rows).toBeNull();
  copy.handleCommandComplete({ text: 'COPY 3' });
  await expect(copy.next()).resolves.toBeNull();
  expect(copy.rows).toBe(3);
  stream.write('next');
  await turn();
  expect(parsed.at(-1)?.toString()).toBe('next');
});

test('the end of the data is not the end of the query', async () => {
  const { stream, copy } = connect();
  stream.write(DONE);
  const next = copy.next();
  const first = await Promise.race([next, turn().then(() => 'waiting')]);
  expect(first).toBe('waiting');
  copy.handleCommandComplete({ text: 'COPY 0' });
  await expect(next).resolves.toBeNull();
  expect(copy.rows).toBe(0);
});

test.each(['COPY', '', 'COPY many', 'SELECT 3'])('a tag that does not tell the rows: %j', async (text) => {
  const { copy } = connect();
  copy.handleCommandComplete({ text });
  await expect(copy.next()).resolves.toBeNull();
  expect(copy.rows).toBeNull();
});

test('an error is told in place of data that still waits', async () => {
  const { stream, parsed, copy } = connect();
  stream.write(Buffer.concat([data('one'), message('E', Buffer.from('SERROR\0\0'))]));
  await turn();
  expect(parsed).toHaveLength(1);
  copy.handleError(new Error('canceling statement'));
  copy.handleError(new Error('a later one'));
  await expect(copy.next()).rejects.toThrow('canceling statement');
});

test('a connection that is lost gives the socket back to pg', async () => {
  const { stream, parsed, copy } = connect();
  const next = copy.next();
  copy.handleError(new Error('Connection terminated unexpectedly'));
  await expect(next).rejects.toThrow('Connection terminated unexpectedly');
  stream.write('late');
  await turn();
  expect(parsed.map(String)).toEqual(['late']);
});

test('a message that none can send ends the connection', async () => {
  const { stream, copy } = connect();
  const failed = new Promise<Error>((resolve) => stream.on('error', resolve));
  stream.write(Buffer.from([0x64, 0, 0, 0, 1]));
  await expect(failed).resolves.toMatchObject({ code: 'COPY_MALFORMED' });
  copy.handleError(new Error('Connection terminated unexpectedly'));
  await expect(copy.next()).rejects.toThrow();
});

test('stops the socket while a quarter of a megabyte waits, and lets it go on when that is read', async () => {
  const { stream, copy } = connect();
  for (let rows = 0; rows < 5; rows++) {
    stream.write(data('x'.repeat(100_000)));
    await turn();
    expect(stream.isPaused()).toBe(rows >= 2);
  }
  for (let rows = 0; rows < 5; rows++) expect((await copy.next())?.length).toBe(100_000);
  expect(stream.isPaused()).toBe(false);
});

test('drops what comes once nobody wants it, until the query has ended', async () => {
  const { stream, copy } = connect();
  stream.write(data('one'));
  const discarded = copy.discard();
  for (let rows = 0; rows < 5; rows++) stream.write(data('x'.repeat(100_000)));
  await turn();
  expect(stream.isPaused()).toBe(false);
  copy.handleError(new Error('canceling statement'));
  await expect(discarded).resolves.toBeUndefined();
});

test.each([0, 2])('does not take over a connection with %i readers', (readers) => {
  const stream = new PassThrough();
  for (let count = 0; count < readers; count++) stream.on('data', () => undefined);
  const sent: string[] = [];
  const refusal = new CopyQuery(TEXT).submit({ stream, query: (text: string) => sent.push(text) });
  expect(refusal?.message).toBe(`found ${readers} readers of the connection, allowed is one`);
  expect(sent).toEqual([]);
});

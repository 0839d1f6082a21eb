import type { AuditLogSnapshot, TupleStream } from '../../../runtime/application/ports';
import { scanChain } from '../../../runtime/application/scan-chain';
import { ZERO_HASH } from '../../../runtime/domain/digests';
import { FindingLog } from '../../../runtime/domain/findings/finding-log';
import { MemoryAuditLog } from '../../fakes/memory-audit-log';
import { READING, world } from './verify/worlds';

const { rows } = world([5]);

/** The stream of the fake, whose server says another number of rows. */
async function* saying(sent: number, stream: TupleStream): TupleStream {
  yield* stream;
  return sent;
}

function scan(view: (snapshot: AuditLogSnapshot) => AuditLogSnapshot): Promise<{ events: number }> {
  const request = { firstIndex: 1, firstLink: ZERO_HASH, checkpoints: [], findings: new FindingLog() };
  return new MemoryAuditLog(rows).snapshot((snapshot) => scanChain(view(snapshot), READING, request));
}

test('as many events as the server sent', async () => {
  await expect(scan((snapshot) => snapshot)).resolves.toMatchObject({ events: 5 });
});

test.each([4, 6, 0])('a server that says it sent %i events of 5', async (sent) => {
  const scanned = scan((snapshot) => ({
    ...snapshot,
    readTuples: () => saying(sent, snapshot.readTuples()),
  }));
  await expect(scanned).rejects.toMatchObject({
    code: 'COPY_INCOMPLETE',
    message: `5 events arrived of the ${sent} that the server says it sent`,
  });
});

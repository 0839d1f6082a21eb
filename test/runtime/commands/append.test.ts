import { interruptedAppend } from '../../../runtime/commands/append';
import { createColors } from '../../../runtime/terminal/colors';

const PLACE = { schema: 'audit', table: 'events' };
const STORED = { ...PLACE, appended: 1_000, firstIndex: 1, lastIndex: 1_000, lastHash: 'aa', keyId: 'k1' };
const UNRESOLVED = { ...PLACE, firstIndex: 1_001, lastIndex: 1_500, lastHash: 'bb', keyId: 'k1' };

test('an interrupted append tells what is stored, what is not, and what is not known', () => {
  const { exitCode, document, text } = interruptedAppend(STORED, UNRESOLVED);
  expect(exitCode).toBe(3);
  expect(document).toEqual({ ...STORED, interrupted: true, unresolved: UNRESOLVED });
  expect(text(createColors(false))).toEqual([
    '? interrupted: 1,000 events appended: 1 to 1,000, key k1, head aa, table audit.events; the rest of the input was not',
    '  whether events 1,001 to 1,500 were stored is not known: they were if event 1,500 has the hash bb',
  ]);
});

test('without an open question there is none in the document', () => {
  expect(interruptedAppend(null).document).toEqual({ appended: 0, interrupted: true });
});

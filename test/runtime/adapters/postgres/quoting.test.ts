import * as fc from 'fast-check';
import { escapeIdentifier, escapeLiteral } from 'pg';
import { quoteIdentifier, quoteLiteral } from '../../../../runtime/adapters/postgres/quoting';

const awkward = fc.string({
  unit: fc.constantFrom('"', "'", '\\', 'a', ' ', '$', '\n', 'é', '𝄞'),
  maxLength: 12,
});

test('quotes names and texts as the driver does', () => {
  fc.assert(
    fc.property(awkward, (text) => {
      expect(quoteIdentifier(text)).toBe(escapeIdentifier(text));
      expect(quoteLiteral(text)).toBe(escapeLiteral(text));
    }),
  );
});

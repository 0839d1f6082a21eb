import * as fc from 'fast-check';
import { escapeIdentifier, escapeLiteral } from 'pg';
import { quoteBody, quoteIdentifier, quoteLiteral } from '../../../../runtime/adapters/postgres/quoting';

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

test('dollar quotes hold no tag of their own', () => {
  expect(quoteBody('x')).toBe('$audit_anchor$x$audit_anchor$');
  expect(quoteBody('$audit_anchor$ $audit_anchor_1$')).toBe(
    '$audit_anchor_2$$audit_anchor$ $audit_anchor_1$$audit_anchor_2$',
  );
});

import { parsePrices } from '../../../runtime/cost/price-file';
import { LIST_PRICES } from '../../../runtime/cost/prices';

function faultsOf(text: string): string[] {
  const parsed = parsePrices(text, '--prices');
  return 'faults' in parsed
    ? parsed.faults.map(({ setting, found, allowed }) => `${setting}: ${found}; ${allowed.slice(0, 24)}`)
    : [];
}

test('what a file does not name keeps its list price', () => {
  expect(parsePrices('{"kmsKeyMonth": 1.2, "s3PutPer1000": 0}', '--prices')).toEqual({
    prices: { ...LIST_PRICES, kmsKeyMonth: 1.2, s3PutPer1000: 0 },
    changed: ['kmsKeyMonth', 's3PutPer1000'],
  });
});

test('an empty object changes nothing, and a byte order mark does no harm', () => {
  expect(parsePrices('\uFEFF{}', '--prices')).toEqual({ prices: LIST_PRICES, changed: [] });
});

test.each([
  ['', 'an empty file'],
  ['kmsKeyMonth = 1', 'text that is not JSON'],
  ['null', 'null'],
  ['[1]', 'a list'],
  ['12', '12'],
  ['"free"', 'the text "free"'],
])('no object: %j', (text, found) => {
  expect(faultsOf(text)).toEqual([`--prices: ${found}; a JSON object of price n`]);
});

test('everything that is wrong is said at once', () => {
  const text = `{"kmsKeyMonths": 1, "kmsKeyMonth": -1, "secretMonth": "0.4", "alarmMonth": 1e999, "metricMonth": null,
                 "logIngestGb": [1], "ecrGbMonth": {}, "toString": 1, "dashboardMonth": 3}`;
  expect(faultsOf(text)).toEqual([
    '--prices, "kmsKeyMonths": a price that does not exist; one of s3StandardGbMonth',
    '--prices, "kmsKeyMonth": -1; a number of US dollars, ',
    '--prices, "secretMonth": the text "0.4"; a number of US dollars, ',
    '--prices, "alarmMonth": Infinity; a number of US dollars, ',
    '--prices, "metricMonth": null; a number of US dollars, ',
    '--prices, "logIngestGb": a list; a number of US dollars, ',
    '--prices, "ecrGbMonth": an object; a number of US dollars, ',
    '--prices, "toString": a price that does not exist; one of s3StandardGbMonth',
  ]);
});

test('names of the prototype are no prices', () => {
  expect(faultsOf('{"__proto__": 1}')).toEqual([
    '--prices, "__proto__": a price that does not exist; one of s3StandardGbMonth',
  ]);
});

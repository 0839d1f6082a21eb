import type { Choice } from './choices';
import type { CostColumn } from './comparison';
import type { PriceName, Prices } from './prices';
import { PRICE_NAMES, PRICE_TABLE, PRICES_AS_OF, PRICES_REGION } from './prices';
import type { CostSettings } from './settings';
import type { YearlyCost } from './yearly-cost';
import { NOT_INCLUDED } from './yearly-cost';

const DECIMALS = 6;

/** The same document with every number rounded to a millionth, so that none shows how binary fractions add up. */
function rounded<T>(document: T): T {
  return JSON.parse(
    JSON.stringify(document, (_key, value: unknown) =>
      typeof value === 'number' ? Number(value.toFixed(DECIMALS)) : value,
    ),
  ) as T;
}

function priceList(prices: Prices, changed: readonly PriceName[]): object {
  return {
    currency: 'USD',
    region: PRICES_REGION,
    pricesAsOf: PRICES_AS_OF,
    prices: Object.fromEntries(
      PRICE_NAMES.map((name) => {
        const { unit, source } = PRICE_TABLE[name];
        return [name, { usd: prices[name], unit, source: changed.includes(name) ? '--prices' : source }];
      }),
    ),
    notIncluded: NOT_INCLUDED,
  };
}

/** The bill for `--json`; amounts are US dollars a year. */
export function billDocument(
  settings: CostSettings,
  cost: YearlyCost,
  choices: readonly Choice[],
  prices: Prices,
  changed: readonly PriceName[],
): object {
  return rounded({
    usd: cost.usd,
    sections: cost.sections,
    choices,
    settings,
    ...priceList(prices, changed),
  });
}

/** The comparison for `--json`; amounts are US dollars a year. */
export function comparisonDocument(
  columns: readonly CostColumn[],
  prices: Prices,
  changed: readonly PriceName[],
): object {
  const bills = columns.map(({ cost, ...column }) => ({ ...column, usd: cost.usd, sections: cost.sections }));
  return rounded({ columns: bills, ...priceList(prices, changed) });
}

import { quoted } from '../config-faults';
import type { ConfigFault } from '../errors';
import type { PriceName, Prices } from './prices';
import { LIST_PRICES, PRICE_NAMES } from './prices';

const FILE_RULE = 'a JSON object of price names and US dollars, such as {"kmsKeyMonth": 1}';
const AMOUNT_RULE = 'a number of US dollars, 0 or more';

/** What was read from a file of prices, or everything that is wrong with it. */
export type ParsedPrices =
  | { readonly prices: Prices; readonly changed: readonly PriceName[] }
  | { readonly faults: readonly ConfigFault[] };

/**
 * Prices from a JSON object; whatever it does not name keeps its list price.
 * @param setting what a fault calls the file
 */
export function parsePrices(text: string, setting: string): ParsedPrices {
  const object = parseObject(text);
  if (typeof object === 'string') return { faults: [{ setting, found: object, allowed: FILE_RULE }] };
  const faults = Object.entries(object).flatMap(([name, value]) => {
    const fault = priceFault(name, value);
    return fault === null ? [] : [{ setting: `${setting}, ${quoted(name)}`, ...fault }];
  });
  if (faults.length > 0) return { faults };
  const changed = Object.keys(object) as PriceName[];
  return { prices: { ...LIST_PRICES, ...(object as Partial<Prices>) }, changed };
}

/** The object, or what stands there instead. */
function parseObject(text: string): Readonly<Record<string, unknown>> | string {
  let value: unknown;
  try {
    // A byte order mark is what some editors put first.
    value = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    return text.trim() === '' ? 'an empty file' : 'text that is not JSON';
  }
  if (value === null || Array.isArray(value) || typeof value !== 'object') return kindOf(value);
  return value as Record<string, unknown>;
}

function priceFault(name: string, value: unknown): Omit<ConfigFault, 'setting'> | null {
  if (!(PRICE_NAMES as readonly string[]).includes(name)) {
    return { found: 'a price that does not exist', allowed: `one of ${PRICE_NAMES.join(', ')}` };
  }
  if (typeof value !== 'number') return { found: kindOf(value), allowed: AMOUNT_RULE };
  // JSON has no NaN, but 1e999 is read as infinite.
  return Number.isFinite(value) && value >= 0 ? null : { found: String(value), allowed: AMOUNT_RULE };
}

function kindOf(value: unknown): string {
  if (typeof value === 'string') return `the text ${quoted(value)}`;
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : JSON.stringify(value);
}

import { faultLine, quoted } from '../config-faults';
import { EXIT } from '../contract';
import { choicesOf } from '../cost/choices';
import { compareCosts } from '../cost/comparison';
import { billDocument, comparisonDocument } from '../cost/cost-document';
import type { ConfiguredCosts, CostOptions } from '../cost/cost-options';
import { readCostOptions } from '../cost/cost-options';
import { billText, comparisonText } from '../cost/cost-text';
import type { ParsedPrices } from '../cost/price-file';
import { parsePrices } from '../cost/price-file';
import { LIST_PRICES } from '../cost/prices';
import { yearlyCost } from '../cost/yearly-cost';
import type { ConfigFault } from '../errors';
import { ConfigError } from '../errors';
import type { Outcome } from './outcome';

const PRICES_OPTION = '--prices';

/** The error for all faults of the command line. */
export function usage(faults: readonly ConfigFault[]): ConfigError {
  const lines = faults.map(faultLine);
  const message =
    lines.length === 1 ? lines.join() : [`${lines.length} faults in the command line`, ...lines].join('\n  ');
  return new ConfigError('USAGE', message, { faults, hint: 'See audit-anchor cost --help' });
}

/** Prices of a file, or the list prices without one. */
export function readPrices(path: string | undefined, readFile: (path: string) => string): ParsedPrices {
  if (path === undefined) return { prices: LIST_PRICES, changed: [] };
  try {
    return parsePrices(readFile(path), PRICES_OPTION);
  } catch (error) {
    const { code = 'no reason given' } = error as NodeJS.ErrnoException;
    const found = `${quoted(path)}, which cannot be read (${code})`;
    const allowed = 'the path of a readable JSON file of price names and US dollars';
    return { faults: [{ setting: PRICES_OPTION, found, allowed }] };
  }
}

/**
 * Computes the yearly bill; asks neither bucket nor database.
 * @param readFile reads the file of `--prices` as UTF-8
 * @throws ConfigError `USAGE` with every fault of the options and of the prices
 */
export function costCommand(
  options: CostOptions,
  configured: ConfiguredCosts,
  readFile: (path: string) => string,
): Outcome {
  const { settings, faults } = readCostOptions(options, configured);
  const parsed = readPrices(options.prices, readFile);
  if ('faults' in parsed) throw usage([...faults, ...parsed.faults]);
  if (faults.length > 0) throw usage(faults);
  const { prices, changed } = parsed;
  if (options.compare) {
    const columns = compareCosts(settings, prices);
    return {
      exitCode: EXIT.ok,
      document: comparisonDocument(columns, prices, changed),
      text: () => comparisonText(columns, changed),
      asked: true,
    };
  }
  const cost = yearlyCost(settings, prices);
  const choices = choicesOf(settings, prices);
  return {
    exitCode: EXIT.ok,
    document: billDocument(settings, cost, choices, prices, changed),
    text: (colors) => billText(cost, choices, changed, colors),
    asked: true,
  };
}

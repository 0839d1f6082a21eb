import type { Choice } from './choices';
import { choicesOf, NO_S3_ENDPOINT } from './choices';
import type { Prices } from './prices';
import type { CostSettings } from './settings';
import { cheapestSensible, DEFAULT_COST_SETTINGS } from './settings';
import { sourceDocumentClaim } from './source-document';
import type { YearlyCost } from './yearly-cost';
import { sumOf, yearlyCost } from './yearly-cost';

export interface CostColumn {
  readonly name: 'settings' | 'cheapest' | 'sourceDocument';
  readonly title: string;
  readonly cost: YearlyCost;
  /** What a replica and each network path would add; empty for a claim that knows neither. */
  readonly additions: readonly Choice[];
}

const ADDITIONS = ['replica', 'public-ip', 'nat', 'interface-endpoints', NO_S3_ENDPOINT];

function computed(settings: CostSettings, prices: Prices): Pick<CostColumn, 'cost' | 'additions'> {
  const additions = choicesOf(settings, prices).filter(({ id }) => ADDITIONS.includes(id));
  return { cost: yearlyCost(settings, prices), additions };
}

/** The settings, the least money for the same protection, and what the source document claims. */
export function compareCosts(
  settings: CostSettings,
  prices: Prices,
): readonly [CostColumn, CostColumn, CostColumn] {
  const byDefault = JSON.stringify(settings) === JSON.stringify(DEFAULT_COST_SETTINGS);
  const title = byDefault ? 'defaults' : 'these settings';
  return [
    { name: 'settings', title, ...computed(settings, prices) },
    { name: 'cheapest', title: 'cheapest sensible', ...computed(cheapestSensible(settings), prices) },
    { name: 'sourceDocument', title: 'source document', cost: sourceDocumentClaim(prices), additions: [] },
  ];
}

export interface ComparedLine {
  readonly id: string;
  readonly title: string;
  /** US dollars a year in each column; null where the column has no such line. */
  readonly usd: readonly (number | null)[];
}

export interface ComparedSection {
  readonly title: string;
  readonly lines: readonly ComparedLine[];
  readonly usd: readonly (number | null)[];
}

/** The lines of all columns beside each other, in the order of the bill. */
export function sideBySide(columns: readonly CostColumn[]): ComparedSection[] {
  const sections = new Map(
    columns.flatMap(({ cost }) => cost.sections).map(({ group, title }) => [group, title] as const),
  );
  return [...sections].map(([group, title]) => {
    const parts = columns.map(({ cost }) => cost.sections.find((section) => section.group === group));
    const titles = new Map(parts.flatMap((part) => part?.lines ?? []).map((line) => [line.id, line.title]));
    const lines = [...titles].map(([id, name]) => ({
      id,
      title: name,
      usd: parts.map((part) => part?.lines.find((line) => line.id === id)?.usd ?? null),
    }));
    return { title, lines, usd: parts.map((part) => part?.usd ?? null) };
  });
}

/** The additions of all columns beside each other; null where a column has it already or knows nothing of it. */
export function additionsSideBySide(columns: readonly CostColumn[]): ComparedLine[] {
  const titles = new Map(
    columns.flatMap(({ additions }) => additions).map(({ id, title }) => [id, title] as const),
  );
  return [...titles].map(([id, title]) => ({
    id,
    title,
    usd: columns.map(({ additions }) => additions.find((addition) => addition.id === id)?.usd ?? null),
  }));
}

/** Lines of a bill that another one leaves out, summed up by section; US dollars a year. */
export function leftOut(
  bill: YearlyCost,
  by: YearlyCost,
): { readonly title: string; readonly usd: number }[] {
  const counted = new Set(by.sections.flatMap(({ lines }) => lines.map(({ id }) => id)));
  return bill.sections
    .map(({ title, lines }) => ({ title, usd: sumOf(lines.filter(({ id }) => !counted.has(id))) }))
    .filter(({ usd }) => usd > 0);
}

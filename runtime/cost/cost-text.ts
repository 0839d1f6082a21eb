import type { Colors } from '../terminal/colors';
import { formatCount } from '../terminal/duration';
import type { Column } from '../terminal/table';
import { tableLines, UNLIMITED } from '../terminal/table';
import { wrap } from '../terminal/text-width';
import type { Choice } from './choices';
import { NO_S3_ENDPOINT } from './choices';
import type { ComparedSection, CostColumn } from './comparison';
import { additionsSideBySide, leftOut, sideBySide } from './comparison';
import { amount } from './line';
import type { PriceName } from './prices';
import { PRICES_AS_OF, PRICES_REGION } from './prices';
import type { CostSection, YearlyCost } from './yearly-cost';
import { NOT_INCLUDED } from './yearly-cost';

/** Below half a cent an amount is not nothing, but no figure either. */
const HALF_A_CENT = 0.005;
const NONE = '-';
const PROSE_WIDTH = 100;

/** US dollars with two digits; `<0.01` for what is less than half a cent. */
export function dollars(usd: number): string {
  const size = Math.abs(usd);
  const sign = usd < 0 ? '-' : '';
  if (size > 0 && size < HALF_A_CENT) return `${sign}<0.01`;
  const [whole = '', cents = ''] = size.toFixed(2).split('.');
  return `${sign}${formatCount(Number(whole))}.${cents}`;
}

function change(usd: number): string {
  return usd > 0 ? `+${dollars(usd)}` : dollars(usd);
}

/** Date and place of the prices, and what is not in the figures. */
export function notesOf(changed: readonly PriceName[]): string[] {
  const own = changed.length === 0 ? '' : `, ${changed.length} of them changed by --prices`;
  const estimate = `An estimate in US dollars for one year: list prices of ${PRICES_REGION}, put together on ${PRICES_AS_OF}${own}; --json names the source of each.`;
  return [estimate, NOT_INCLUDED].flatMap(paragraph);
}

/** Sentences in lines that can be read. */
function paragraph(text: string): string[] {
  return wrap(text, PROSE_WIDTH);
}

const BILL_COLUMNS: readonly Column[] = [
  { title: '' },
  { title: 'quantity', align: 'right' },
  { title: 'unit' },
  { title: 'USD each', align: 'right' },
  { title: 'USD a year', align: 'right' },
  { title: 'from' },
];

function sectionRows({ title, lines, usd }: CostSection): string[][] {
  return [
    [title, '', '', '', dollars(usd)],
    ...lines.map((line) => [
      `  ${line.title}`,
      amount(line.quantity),
      line.unit,
      String(line.unitPrice),
      dollars(line.usd),
      line.formula,
    ]),
  ];
}

/** What each start of a task rests on, where the bill takes it for free. */
function pullCaveat(choices: readonly Choice[]): string[] {
  const usd = choices.find(({ id }) => id === NO_S3_ENDPOINT)?.usd ?? 0;
  if (usd < HALF_A_CENT) return [];
  return paragraph(
    `Every start of a task pulls the image, which is free where the subnets have the gateway endpoint for S3 (itself free). Without it NAT takes ${dollars(usd)} USD a year for that: --no-s3-endpoint.`,
  );
}

/** The bill line by line, and what other decisions would change. */
export function billText(
  cost: YearlyCost,
  choices: readonly Choice[],
  changed: readonly PriceName[],
  colors: Colors,
): string[] {
  const rows = [...cost.sections.flatMap(sectionRows), ['Total', '', '', '', dollars(cost.usd)]];
  const others = choices.map(({ title, usd }) => [title, change(usd)]);
  return [
    colors.strong(`${dollars(cost.usd)} USD a year`),
    '',
    ...tableLines(BILL_COLUMNS, rows, { width: UNLIMITED }),
    '',
    ...tableLines([{ title: 'one decision changed' }, { title: 'USD a year', align: 'right' }], others, {
      width: UNLIMITED,
    }),
    '',
    ...pullCaveat(choices),
    ...notesOf(changed),
  ];
}

function cells(values: readonly (number | null)[], show = dollars): string[] {
  return values.map((value) => (value === null ? NONE : show(value)));
}

function comparedRows({ title, lines, usd }: ComparedSection): string[][] {
  return [[title, ...cells(usd)], ...lines.map((line) => [`  ${line.title}`, ...cells(line.usd)])];
}

/** Three bills beside each other, and why they differ. */
export function comparisonText(
  columns: readonly [CostColumn, CostColumn, CostColumn],
  changed: readonly PriceName[],
): string[] {
  const [asked, , source] = columns;
  const titles: Column[] = columns.map(({ title }) => ({ title, align: 'right' }));
  const rows = [
    ...sideBySide(columns).flatMap(comparedRows),
    ['Total, USD a year', ...columns.map(({ cost }) => dollars(cost.usd))],
    ['Where it is needed, besides', ...columns.map(() => '')],
    ...additionsSideBySide(columns).map(({ title, usd }) => [`  ${title}`, ...cells(usd, change)]),
  ];
  const missing = leftOut(asked.cost, source.cost).map(({ title, usd }) => [title, dollars(usd)]);
  return [
    ...tableLines([{ title: '' }, ...titles], rows, { width: UNLIMITED }),
    '',
    ...WHY.flatMap(paragraph),
    ...tableLines([{ title: '' }, { title: 'USD a year', align: 'right' }], missing, {
      width: UNLIMITED,
      indent: 2,
    }).slice(1),
    '',
    ...notesOf(changed),
  ];
}

const WHY = [
  "Cheapest sensible: anchors by a scheduled task at every interval instead of a service (an event or key rotation waits for the next interval), S3's own encryption, nothing optional.",
  'Every start of a task pulls the image. The gateway endpoint for S3, which is free, carries it; without it NAT does, at its price.',
  'The source document counts S3 and KMS by the request, with one read an hour. A full verification reads every anchor that exists. What it does not count at all, in the first column:',
];

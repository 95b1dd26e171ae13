import {
  type Figures,
  type Goal,
  isReached,
  LABELS,
  median,
  type Quantity,
  type Result,
  ratios,
  type Series,
  valuesOf,
} from './figures.ts';

type Format = (value: number) => string;

const inSeconds: Format = (value) => {
  if (value < 1e-3) return `${(value * 1e6).toFixed(0)} µs`;
  if (value < 0.01) return `${(value * 1000).toFixed(2)} ms`;
  return value < 1 ? `${(value * 1000).toFixed(0)} ms` : `${value.toFixed(value < 10 ? 2 : 1)} s`;
};

const inMiB: Format = (value) => `${(value / 1024 ** 2).toFixed(0)} MiB`;

const FORMATS: Readonly<Record<Quantity, Format>> = {
  wall: inSeconds,
  processor: inSeconds,
  cloud: inSeconds,
  memory: inMiB,
  rate: (value) => `${inMiB(value)}/s`,
};

const UNITS: Readonly<Record<Goal['unit'], Format>> = {
  ratio: (value) => value.toFixed(2),
  seconds: inSeconds,
  bytes: inMiB,
};

/** Returns a measurement as Markdown: a table of all ways, one of the limits, and the machine. */
export function markdown(result: Result): string {
  return [
    waysTable(result),
    ...(result.goals.length > 0 ? [goalsTable(result.goals)] : []),
    `_${result.date}; ${result.machine}_`,
  ].join('\n\n');
}

/** Returns the table of all ways, ours first. For each peer it shows the ratio of ours to it. */
function waysTable({ series }: Figures): string {
  const quantities = (Object.keys(LABELS) as Quantity[]).filter((quantity) =>
    series.some((one) => valuesOf(one, quantity).length > 0),
  );
  const hasPeers = series.some(({ peer }) => peer);
  const isCompared = (quantity: Quantity) => hasPeers && (quantity === 'wall' || quantity === 'processor');
  const head = quantities.flatMap((quantity) => [
    LABELS[quantity],
    ...(isCompared(quantity) ? ['ours ÷ this'] : []),
  ]);
  const rows = series.map((one) => [
    one.skips === undefined ? one.way : `${one.way} (${one.skips})`,
    ...quantities.flatMap((quantity) => [
      withSpread(valuesOf(one, quantity), FORMATS[quantity]),
      ...(isCompared(quantity) ? [ratioTo(one, series[0], quantity)] : []),
    ]),
  ]);
  return table(['', ...head], rows);
}

function withSpread(values: readonly number[], format: Format): string {
  if (values.length === 0) return '';
  const middle = format(median(values));
  return values.length === 1
    ? middle
    : `${middle} (${format(Math.min(...values))} … ${format(Math.max(...values))})`;
}

function ratioTo(one: Series, ours: Series | undefined, quantity: Quantity): string {
  if (ours === undefined || !one.peer) return '';
  const ratio = median(ratios(ours, one, quantity));
  return Number.isFinite(ratio) ? ratio.toFixed(2) : '';
}

function goalsTable(goals: readonly Goal[]): string {
  const rows = goals.map((goal) => [
    goal.what,
    UNITS[goal.unit](goal.value),
    asked(goal),
    isReached(goal) ? 'reached' : '**not reached**',
  ]);
  return table(['', 'median', 'target', ''], rows);
}

function asked({ unit, atMost, atLeast }: Goal): string {
  const bounds = [
    atLeast === undefined ? '' : `≥ ${UNITS[unit](atLeast)}`,
    atMost === undefined ? '' : `≤ ${UNITS[unit](atMost)}`,
  ];
  return bounds.filter(Boolean).join(' and ');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, column) => (column === 0 ? ':--' : '--:'))), ...rows.map(line)].join(
    '\n',
  );
}

import { type Measured, pairedRatio } from './pairs.ts';

/** What one way is held to: the ratio of ours to theirs, at most. */
export interface Goal {
  readonly peer: string;
  readonly atMost: number;
}

export type Format = (value: number) => string;

export const inSeconds: Format = (value) =>
  value < 1 ? `${(value * 1000).toFixed(0)} ms` : `${value.toFixed(value < 10 ? 2 : 1)} s`;

export const inMiB: Format = (value) => `${(value / 1024 ** 2).toFixed(0)} MiB`;

const HEAD = ['', 'median', 'from … to', 'ours ÷ this', 'asked for', ''];

function line(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

function cellsOf(ours: Measured, one: Measured, goals: readonly Goal[], format: Format): string[] {
  const spread = `${format(Math.min(...one.values))} … ${format(Math.max(...one.values))}`;
  const cells = [one.name, format(one.median), spread];
  if (one === ours) return [...cells, '', '', ''];
  const ratio = pairedRatio(ours, one);
  const goal = goals.find(({ peer }) => peer === one.name);
  const asked = goal === undefined ? '' : `≤ ${Number(goal.atMost.toFixed(2))}`;
  const verdict = goal === undefined ? '' : ratio <= goal.atMost ? 'reached' : '**not reached**';
  return [...cells, ratio.toFixed(2), asked, verdict];
}

/** A Markdown table: ours first, and below it each peer with how we compare to it. */
export function table(
  ours: Measured,
  peers: readonly Measured[],
  goals: readonly Goal[],
  format: Format,
): string {
  const rows = [ours, ...peers].map((one) => line(cellsOf(ours, one, goals, format)));
  return [line(HEAD), line(HEAD.map((_, column) => (column === 0 ? ':--' : '--:'))), ...rows].join('\n');
}

/** A Markdown table of values that are held to bounds of their own, not to peers. */
export function bounds(
  rows: readonly {
    readonly name: string;
    readonly value: string;
    readonly asked: string;
    readonly held: boolean;
  }[],
): string {
  const cells = rows.map(({ name, value, asked, held }) =>
    line([name, value, asked, held ? 'reached' : '**not reached**']),
  );
  return [line(['', 'median', 'asked for', '']), line([':--', '--:', '--:', '--:']), ...cells].join('\n');
}

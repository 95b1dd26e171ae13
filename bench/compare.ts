import {
  LABELS,
  median,
  type Quantity,
  quantile,
  type Result,
  type Results,
  ratios,
  type Series,
  valuesOf,
} from './figures.ts';

/** A quantity of one way, before and after. */
export interface Change {
  readonly measure: string;
  readonly way: string;
  readonly quantity: Quantity;
  /** New cost ÷ old cost; above 1 is worse, for rates too. */
  readonly factor: number;
  readonly isSlower: boolean;
}

/** Smaller changes are not reported. */
const WORSE_BY = 1.03;

/**
 * Compares what both results have of our own ways. Where a peer did the same work, the ratio to the peer of the same
 * round is compared, so that a slower machine does not count. A change counts as slower if the median is worse by more
 * than 3 % and the middle halves of the rounds do not overlap.
 */
export function compare(before: Results, after: Results): Change[] {
  return Object.entries(after).flatMap(([measure, now]) => {
    const then = before[measure];
    return then === undefined ? [] : changesOf(measure, then, now);
  });
}

function changesOf(measure: string, then: Result, now: Result): Change[] {
  return now.series.flatMap((one) => {
    const old = then.series.find(({ way }) => way === one.way);
    if (old === undefined || one.peer) return [];
    const peer = now.series.find(
      ({ way, peer }) => peer && then.series.some((other) => other.peer && other.way === way),
    );
    const oldPeer = then.series.find(({ way }) => way === peer?.way);
    return (Object.keys(LABELS) as Quantity[]).flatMap((quantity) => {
      const [a, b] = [costs(old, oldPeer, quantity), costs(one, peer, quantity)];
      if (a.length === 0 || b.length === 0) return [];
      const factor = median(b) / median(a);
      const isSlower = factor > WORSE_BY && quantile(b, 0.25) > quantile(a, 0.75);
      return { measure, way: one.way, quantity, factor, isSlower };
    });
  });
}

function costs(one: Series, peer: Series | undefined, quantity: Quantity): number[] {
  const isRatio = peer !== undefined && valuesOf(peer, quantity).length > 0;
  const values = isRatio ? ratios(one, peer, quantity) : valuesOf(one, quantity);
  return quantity === 'rate' ? values.map((value) => 1 / value) : values;
}

/** Returns a line for each change that is slower, or one line that there is none. */
export function report(changes: readonly Change[]): string {
  const slower = changes.filter(({ isSlower }) => isSlower);
  const lines = slower.map(
    ({ measure, way, quantity, factor }) =>
      `slower: ${measure}, ${way}, ${LABELS[quantity]}: ${((factor - 1) * 100).toFixed(0)} % more than before`,
  );
  return lines.length > 0 ? lines.join('\n') : `Nothing is slower; ${changes.length} values were compared.`;
}

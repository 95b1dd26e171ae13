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

/** A quantity of one way to do the work, before and after. */
interface Change {
  readonly measure: string;
  readonly way: string;
  readonly quantity: Quantity;
  /** New cost ÷ old cost. Above 1 is worse, also for rates. */
  readonly factor: number;
  readonly isSlower: boolean;
}

/** A measurement whose machine or programs differ before and after. */
interface Elsewhere {
  readonly measure: string;
  readonly before: string;
  readonly after: string;
}

export interface Comparison {
  readonly changes: readonly Change[];
  readonly elsewhere: readonly Elsewhere[];
}

/** Smaller changes are not reported. */
const WORSE_BY = 1.03;

/**
 * Compares our own ways in two results. If a peer did the same work, the ratio to the peer in the same round is
 * compared, so that other load on the machine does not count. A change counts as slower if the median is worse by more
 * than 3 % and the middle halves of the rounds do not overlap. Measurements from different machines are not compared,
 * because ratios differ between machines too.
 */
export function compare(before: Results, after: Results): Comparison {
  const changes: Change[] = [];
  const elsewhere: Elsewhere[] = [];
  for (const [measure, now] of Object.entries(after)) {
    const then = before[measure];
    if (then === undefined) continue;
    if (then.machine === now.machine) changes.push(...changesOf(measure, then, now));
    else elsewhere.push({ measure, before: then.machine, after: now.machine });
  }
  return { changes, elsewhere };
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

/**
 * Returns a line for each slower value, or a line that nothing is slower, then a line for each value that was not
 * compared.
 */
export function report({ changes, elsewhere }: Comparison): string {
  const slower = changes.filter(({ isSlower }) => isSlower);
  const lines = slower.map(
    ({ measure, way, quantity, factor }) =>
      `slower: ${measure}, ${way}, ${LABELS[quantity]}: ${((factor - 1) * 100).toFixed(0)} % more than before`,
  );
  const none = `Nothing is slower; ${changes.length} values were compared.`;
  const others = elsewhere.map(
    ({ measure, before, after }) => `not compared: ${measure}, measured on ${before}, and now on ${after}`,
  );
  return [...(lines.length > 0 ? lines : [none]), ...others].join('\n');
}

/** Whether something is slower or was not compared. */
export function isWorse({ changes, elsewhere }: Comparison): boolean {
  return elsewhere.length > 0 || changes.some(({ isSlower }) => isSlower);
}

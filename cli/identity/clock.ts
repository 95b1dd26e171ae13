import type { Context } from '../context.ts';

/** A clock this far off makes Cognito refuse a sign-in, and the edge a token. */
const TOLERANCE_MS = 4 * 60_000;

const MINUTE = 60_000;
const UNITS = [
  [365.25 * 24 * 60 * MINUTE, 'year'],
  [24 * 60 * MINUTE, 'day'],
  [60 * MINUTE, 'hour'],
  [MINUTE, 'minute'],
] as const;

/** A long time in the unit that fits, such as `12 minutes` or `3 years`. */
export function roughly(milliseconds: number): string {
  const [size, name] = UNITS.find(([unit]) => milliseconds >= 2 * unit) ?? [MINUTE, 'minute'];
  const number = Math.round(milliseconds / size);
  return `${number} ${name}${number === 1 ? '' : 's'}`;
}

/** Warns where this computer's clock is far from the `Date` of an answer. */
export function warnOfClock({ ui, now }: Pick<Context, 'ui' | 'now'>, date: string): void {
  const off = now().getTime() - Date.parse(date);
  if (Number.isNaN(off) || Math.abs(off) < TOLERANCE_MS) return;
  const how = off > 0 ? 'ahead of' : 'behind';
  ui.event({
    type: 'warning',
    text: `This computer's clock is ${roughly(Math.abs(off))} ${how} the edge's. Set it, or signing in can be refused.`,
  });
}

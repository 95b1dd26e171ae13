import type { Context } from '../context.ts';
import { count, formatDuration } from '../ui/format.ts';

/** A clock this far off makes Cognito refuse a sign-in, and the edge a token. */
const TOLERANCE_MS = 4 * 60_000;

const DAY_MS = 86_400_000;
const YEAR_MS = 365.2425 * DAY_MS;

/** How far a clock is off, in units that a person can picture: `4.2 s`, `3h 05m`, `12 days`, `about 5 years`. */
export function formatOffset(milliseconds: number): string {
  if (milliseconds >= YEAR_MS) return `about ${count(Math.round(milliseconds / YEAR_MS), 'year')}`;
  if (milliseconds >= 2 * DAY_MS) return count(Math.round(milliseconds / DAY_MS), 'day');
  return formatDuration(milliseconds);
}

/** Warns where this computer's clock is far from the `Date` of an answer. */
export function warnOfClock({ ui, now }: Pick<Context, 'ui' | 'now'>, date: string): void {
  const off = now().getTime() - Date.parse(date);
  if (Number.isNaN(off) || Math.abs(off) < TOLERANCE_MS) return;
  const how = off > 0 ? 'ahead of' : 'behind';
  ui.event({
    type: 'warning',
    text: `This computer's clock is ${formatOffset(Math.abs(off))} ${how} the edge's. Set it, or signing in can be refused.`,
  });
}

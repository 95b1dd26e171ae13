import { count, formatDuration } from '../ui/format.ts';

const DAY_MS = 86_400_000;
const YEAR_MS = 365.2425 * DAY_MS;

/** How far a clock is off, in units that a person can picture: `4.2 s`, `3h 05m`, `12 days`, `about 5 years`. */
export function formatOffset(milliseconds: number): string {
  if (milliseconds >= YEAR_MS) return `about ${count(Math.round(milliseconds / YEAR_MS), 'year')}`;
  if (milliseconds >= 2 * DAY_MS) return count(Math.round(milliseconds / DAY_MS), 'day');
  return formatDuration(milliseconds);
}

import { invalidParameter } from '../errors.ts';

/** Lambda never gives more than 50 entries at a time, whatever `MaxItems` asks for. */
const PAGE = 50;

/** One page of a list, and the marker of the next. `Marker` and `MaxItems` are as the API's list operations have them. */
export function page<T>(all: readonly T[], query: URLSearchParams): { items: T[]; next: string | null } {
  const asked = query.get('MaxItems') ?? String(PAGE);
  if (!/^\d{1,5}$/.test(asked) || Number(asked) < 1 || Number(asked) > 10_000) {
    throw invalidParameter('MaxItems must be between 1 and 10000.');
  }
  const start = readMarker(query.get('Marker'));
  const end = start + Math.min(Number(asked), PAGE);
  return { items: all.slice(start, end), next: end < all.length ? writeMarker(end) : null };
}

function writeMarker(position: number): string {
  return Buffer.from(`from:${position}`).toString('base64url');
}

function readMarker(marker: string | null): number {
  if (marker === null) return 0;
  const position = /^from:(\d{1,9})$/.exec(Buffer.from(marker, 'base64url').toString())?.[1];
  if (position === undefined) throw invalidParameter('Invalid marker.');
  return Number(position);
}

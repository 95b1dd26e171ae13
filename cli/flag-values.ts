import { UserError } from './errors.ts';

/** @throws {UserError} `usage` for a word that is not one of the known. */
export function oneOf<T extends string>(
  typed: string | undefined,
  known: readonly T[],
  flag: string,
): T | undefined {
  const value = known.find((one) => one === typed?.toLowerCase());
  if (typed === undefined || value !== undefined) return value;
  throw new UserError('usage', `Invalid value for ${flag}: “${typed}”.`, {
    hint: `Use one of: ${known.join(', ')}`,
  });
}

/** @throws {UserError} `usage` */
export function wholeNumber(typed: string | undefined, flag: string, least: number, most: number) {
  if (typed === undefined) return undefined;
  const value = Number(typed);
  if (/^\d+$/.test(typed) && value >= least && value <= most) return value;
  throw new UserError('usage', `Invalid value for ${flag}: “${typed}”.`, {
    hint: `Use a whole number from ${least} to ${most}.`,
  });
}

const MAX_SECONDS = 86_400;

/**
 * Returns milliseconds.
 * @throws {UserError} `usage`
 */
export function seconds(typed: string | undefined, flag: string): number | undefined {
  if (typed === undefined) return undefined;
  if (/^\d+(?:\.\d+)?$/.test(typed) && Number(typed) <= MAX_SECONDS) return Number(typed) * 1000;
  throw new UserError('usage', `Invalid value for ${flag}: “${typed}”.`, {
    hint: `Use seconds, up to ${MAX_SECONDS} (one day).`,
  });
}

const UNITS = ['', 'k', 'm', 'g', 't'];
const SIZE = /^(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?$/i;

/**
 * Parses `16M`, `16MiB`, `1.5G` or `65536` as bytes; units are binary.
 * @param flag as the user typed it, for the error.
 * @throws {UserError} `usage`
 */
export function parseSize(typed: string, flag: string): number {
  const [, digits = '', unit = ''] = SIZE.exec(typed.trim()) ?? [];
  const bytes = Math.round(Number(digits) * 1024 ** UNITS.indexOf(unit.toLowerCase()));
  if (digits !== '' && bytes > 0 && Number.isSafeInteger(bytes)) return bytes;
  throw new UserError('usage', `Invalid value for ${flag}: “${typed}”.`, {
    hint: 'Sizes look like 64K, 16M or 1.5G.',
  });
}

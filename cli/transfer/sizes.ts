import { UserError } from '../errors.ts';

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

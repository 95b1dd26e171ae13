import { InvalidArgumentError } from 'commander';
import { UserError } from '../errors.ts';

/** Collects `name=value`, given once or more; each name once. */
export function nameValues(
  value: string,
  before: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const at = value.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('Use name=value.');
  const name = value.slice(0, at);
  if (Object.hasOwn(before, name)) throw new InvalidArgumentError(`“${name}” is given twice.`);
  return { ...before, [name]: value.slice(at + 1) };
}

/** Collects the values of an option given once or more. */
export function several(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}

/** Refuses an empty path or name. An empty path would be the current folder. */
export function filled(value: string): string {
  if (value !== '') return value;
  throw new InvalidArgumentError('It is empty. A shell variable may be unset.');
}

/** Collects names that are not empty. */
export function severalNames(value: string, before?: readonly string[]): string[] {
  return several(filled(value), before);
}

/** Collects names of AWS regions, such as `us-gov-west-1`. */
export function severalRegions(value: string, before?: readonly string[]): string[] {
  if (/^[a-z]+(?:-[a-z]+)+-\d+$/.test(filled(value))) return several(value, before);
  throw new InvalidArgumentError('Use the name of a region, such as ap-east-1.');
}

/**
 * Checks the text of a key or of its beginning. Node replaces bytes that are not valid UTF-8, so that two such keys could
 * become one, and the second file would replace the first.
 */
export function keyText(value: string): string {
  if (!value.includes('\ufffd')) return value;
  throw new InvalidArgumentError('Use valid UTF-8.');
}

export function portNumber(value: string): number {
  const number = Number(value);
  if (/^\d{1,5}$/.test(value) && number <= 65_535) return number;
  throw new InvalidArgumentError('Use a port number, up to 65535.');
}

/** @throws {UserError} `usage` for an unknown word */
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

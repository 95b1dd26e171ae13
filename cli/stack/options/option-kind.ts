import type { StackOptions } from '../../../infra/options.ts';

/** The options that are flags of `deploy`. */
export type OptionName = Exclude<keyof StackOptions, 'trust' | 'signing'>;

/** Everything about one option. */
export interface OptionKind<T> extends OptionValue<T> {
  readonly flag: `--${string}`;
  /** Placeholder of the value. Absent for a flag. */
  readonly argument?: `<${string}>`;
  /** One line of `--help`, and the first sentence of the table in docs/operating.md. */
  readonly summary: string;
  /** Line of `--help` for `--no-…`. Flags only. */
  readonly off?: string;
  /** Further sentences for the table in docs/operating.md, in Markdown. */
  readonly details?: string;
  /** Valid values, as the end of “Use …”. */
  readonly takes: string;
  /** The option that this one depends on. Both are removed together. */
  readonly needs?: OptionName;
  /** The value that is never stored. Default: false. */
  readonly default?: boolean;
  /** Whether the option requires a user pool. */
  readonly ofPool?: true;
  /** What remains on AWS after the option was on. The option is then stored as off, and `--unset` prints this. */
  readonly stays?: string;
  /** Why the embedded cloud does not support it. */
  readonly awsOnly?: string;
}

/** How the value of an option is read, checked and shown. */
export interface OptionValue<T> {
  /** Converts commander's value to the stored form, for {@link isValid}. */
  parse(typed: unknown, flag: string): unknown;
  isValid(value: unknown): value is T;
  /** Returns the value for display. */
  show(value: T): string;
  /** How commander collects repeated options. Absent: the last one wins. */
  readonly repeats?: 'list' | 'pairs';
  /** All values, if they are a fixed set. */
  readonly choices?: readonly string[];
}

const asTyped = (typed: unknown) => typed;
const isText = (value: unknown): value is string => typeof value === 'string';

export const textValue = (isValid: (value: string) => boolean): OptionValue<string> => ({
  parse: asTyped,
  isValid: (value): value is string => isText(value) && isValid(value),
  show: (value) => value,
});

export const choiceValue = <T extends string>(...choices: readonly T[]): OptionValue<T> => ({
  parse: asTyped,
  isValid: (value): value is T => choices.some((one) => one === value),
  show: (value) => value,
  choices,
});

export const onOffValue = (off = 'off'): OptionValue<boolean> => ({
  parse: asTyped,
  isValid: (value): value is boolean => typeof value === 'boolean',
  show: (value) => (value ? 'on' : off),
});

/** @param parse Returns NaN for text that is not a number. */
export const wholeValue = (
  from: number,
  to: number,
  parse: (typed: string, flag: string) => number,
  show: (value: number) => string,
): OptionValue<number> => ({
  parse: (typed, flag) => parse(String(typed), flag),
  isValid: (value): value is number =>
    Number.isInteger(value) && Number(value) >= from && Number(value) <= to,
  show,
});

export const listValue = (
  isValid: (value: string) => boolean,
  max = Number.POSITIVE_INFINITY,
): OptionValue<readonly string[]> => ({
  parse: (typed) => (Array.isArray(typed) ? [...new Set(typed)] : typed),
  isValid: (value): value is readonly string[] =>
    Array.isArray(value) &&
    value.length > 0 &&
    value.length <= max &&
    value.every((one) => isText(one) && isValid(one)),
  show: (value) => value.join(', '),
  repeats: 'list',
});

export const pairsValue = (
  areValid: (pairs: Readonly<Record<string, string>>) => boolean,
): OptionValue<Readonly<Record<string, string>>> => ({
  parse: asTyped,
  isValid: (value): value is Readonly<Record<string, string>> =>
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).every(isText) &&
    areValid(value as Readonly<Record<string, string>>),
  show: (value) =>
    Object.entries(value)
      .map(([key, one]) => `${key}=${one}`)
      .join(', '),
  repeats: 'pairs',
});

/** Parses `30`. */
export function digits(typed: string): number {
  return /^\d{1,5}$/.test(typed) ? Number(typed) : Number.NaN;
}

/** Parses `90`, `90m` or `12h` as minutes. */
export function minutes(typed: string): number {
  const [, amount = '', unit] = /^(\d{1,5})(m|h)?$/.exec(typed) ?? [];
  return digits(amount) * (unit === 'h' ? 60 : 1);
}

import type { StackOptions } from '../../../infra/options.ts';
import type { OptionValue } from './values.ts';

/** The options that are flags of `deploy`. */
export type OptionName = Exclude<keyof StackOptions, 'trust' | 'signing'>;

/** All that the command line knows of one option. */
export interface OptionKind<T> extends OptionValue<T> {
  readonly flag: `--${string}`;
  /** The placeholder of the value; absent for an option that is on or off. */
  readonly argument?: `<${string}>`;
  /** One line of `--help`, and the first sentence of the table in docs/operating.md. */
  readonly summary: string;
  /** The line of `--help` for `--no-…`, for an option that is on or off. */
  readonly off?: string;
  /** More sentences of the table in docs/operating.md, in Markdown. */
  readonly details?: string;
  /** The valid values, as the end of “Use …”. */
  readonly takes: string;
  /** The option without which this one means nothing. It goes when that one goes. */
  readonly needs?: OptionName;
  /** The value that is never stored: off, unless stated. */
  readonly default?: boolean;
  /** Means nothing to a deployment without a user pool. */
  readonly ofPool?: true;
  /** What stays on AWS once the option was on: it is then stored as off, and `--unset` prints this. */
  readonly stays?: string;
  /** Why the embedded cloud cannot have it. */
  readonly awsOnly?: string;
}

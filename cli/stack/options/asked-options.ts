import type { StackOptions } from '../../../infra/options.ts';
import { command, sameCommandWithout } from '../../command-line.ts';
import { UserError } from '../../errors.ts';
import { isValidOption } from './is-valid-option.ts';
import { KINDS, kindOf, nameOf, OPTION_NAMES } from './kinds.ts';
import { refuseSharedPrefix } from './merge-options.ts';
import type { OptionName } from './option-kind.ts';

type Camel<Words extends string> = Words extends `${infer First}-${infer Rest}`
  ? `${First}${Capitalize<Camel<Rest>>}`
  : Words;
type Attribute<Name extends OptionName> = (typeof KINDS)[Name]['flag'] extends `--${infer Words}`
  ? Camel<Words>
  : never;
type Typed<Value> = Value extends boolean
  ? boolean
  : Value extends readonly string[] | Readonly<Record<string, string>>
    ? Value
    : string;

/** The options as typed, with commander's names. */
export type OptionFlags = {
  readonly [Name in OptionName as Attribute<Name>]?: Typed<NonNullable<StackOptions[Name]>>;
} & {
  /** Names of options to reset. */
  readonly unset?: readonly string[];
  /** Whether the deployment is in the embedded cloud. */
  readonly local?: boolean;
};

/** The options that a command line sets and resets. */
export interface AskedOptions {
  readonly given: StackOptions;
  readonly unset: readonly OptionName[];
}

function typedValue(option: OptionName, flags: OptionFlags): unknown {
  const attribute = nameOf(option).replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
  return (flags as Readonly<Record<string, unknown>>)[attribute];
}

function given(option: OptionName, flags: OptionFlags): readonly [OptionName, unknown][] {
  const typed = typedValue(option, flags);
  if (typed === undefined) return [];
  const { flag, takes, parse } = kindOf(option);
  const value = parse(typed, flag);
  if (isValidOption(option, value)) return [[option, value]];
  const shown = typeof typed === 'object' && typed !== null ? Object.values(typed).join(', ') : String(typed);
  throw new UserError('usage', `Invalid value for ${flag}: “${shown}”. Use ${takes}.`);
}

function toUnset(name: string): OptionName {
  const option = OPTION_NAMES.find((one) => nameOf(one) === name.replace(/^--/, ''));
  if (option !== undefined) return option;
  if (name === 'trust') {
    throw new UserError('usage', 'Invalid value for --unset: “trust”. Issuers are removed one by one.', {
      hint: [
        'Remove one of them:',
        command`edge-upload trust list`,
        command`edge-upload trust remove <alias>`,
      ],
    });
  }
  if (name === 'signing') {
    throw new UserError('usage', 'Invalid value for --unset: “signing”. Signing keys are replaced.', {
      hint: ['To stop all links and keys:', command`edge-upload key rotate --drop`],
    });
  }
  throw new UserError('usage', `Invalid value for --unset: “${name}”. There is no such option.`, {
    hint: `Use one of: ${OPTION_NAMES.map(nameOf).join(', ')}.`,
  });
}

/** Returns the options that a command line names. */
export function typedOptions(flags: OptionFlags): readonly OptionName[] {
  return OPTION_NAMES.filter((option) => typedValue(option, flags) !== undefined);
}

/**
 * Parses and checks the options as typed, before anything is sent.
 * @throws {UserError} `usage` with the flag and its bounds
 */
export function askedOptions(flags: OptionFlags): AskedOptions {
  const options: StackOptions = Object.fromEntries(OPTION_NAMES.flatMap((option) => given(option, flags)));
  const unset = (flags.unset ?? []).map(toUnset);
  const both = unset.find((option) => typedValue(option, flags) !== undefined);
  if (both !== undefined) {
    throw new UserError('usage', `${KINDS[both].flag} and --unset ${nameOf(both)} contradict each other.`);
  }
  refuseSharedPrefix(options, { isGiven: true });
  if (flags.local) refuseOnAwsOnly(options);
  return { given: options, unset };
}

/** @throws {UserError} `usage` for options that the embedded cloud does not support */
export function refuseOnAwsOnly(options: StackOptions): void {
  for (const name of OPTION_NAMES) {
    const { flag, awsOnly, takes } = kindOf(name);
    if (awsOnly === undefined || options[name] === undefined) continue;
    throw new UserError('usage', `${flag} is not used with --local: ${awsOnly}.`, {
      hint: ['Deploy without it:', sameCommandWithout(flag, { hasValue: takes !== 'no value' })],
    });
  }
}

import type { StackOptions } from '../../../infra/options.ts';
import { omitUndefined } from '../../../protocol/fields.ts';
import { isPrefixRule } from '../../../protocol/prefix-rule.ts';
import { command } from '../../command-line.ts';
import { UserError } from '../../errors.ts';
import { changedCommand, sameCommandWithout } from '../../same-command.ts';
import { isValidOption } from './deployed-options.ts';
import { refuseIdp } from './idp.ts';
import { type Flags, KINDS, OPTION_NAMES, optionName } from './kinds.ts';
import type { OptionName } from './option-kind.ts';

type Camel<Words extends string> = Words extends `${infer First}-${infer Rest}`
  ? `${First}${Capitalize<Camel<Rest>>}`
  : Words;
type Attribute<Name extends OptionName> = Flags[Name] extends `--${infer Words}` ? Camel<Words> : never;
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
  const attribute = optionName(option).replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
  return (flags as Readonly<Record<string, unknown>>)[attribute];
}

function given(option: OptionName, flags: OptionFlags): readonly [OptionName, unknown][] {
  const typed = typedValue(option, flags);
  if (typed === undefined) return [];
  const { flag, takes, parse } = KINDS[option];
  const value = parse(typed, flag);
  if (isValidOption(option, value)) return [[option, value]];
  const shown = typeof typed === 'object' && typed !== null ? Object.values(typed).join(', ') : String(typed);
  throw new UserError('usage', `Invalid value for ${flag}: “${shown}”. Use ${takes}.`);
}

function toUnset(name: string): OptionName {
  const option = OPTION_NAMES.find((one) => optionName(one) === name.replace(/^--/, ''));
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
    hint: `Use one of: ${OPTION_NAMES.map(optionName).join(', ')}.`,
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
    throw new UserError(
      'usage',
      `${KINDS[both].flag} and --unset ${optionName(both)} contradict each other.`,
    );
  }
  refuseSharedPrefix(options, { isGiven: true });
  if (flags.local) refuseOnAwsOnly(options);
  return { given: options, unset };
}

/** @throws {UserError} `usage` for options that the embedded cloud does not support */
export function refuseOnAwsOnly(options: StackOptions): void {
  for (const name of OPTION_NAMES) {
    const { flag, awsOnly, takes } = KINDS[name];
    if (awsOnly === undefined || options[name] === undefined) continue;
    throw new UserError('usage', `${flag} is not used with --local: ${awsOnly}.`, {
      hint: ['Deploy without it:', sameCommandWithout(flag, { hasValue: takes !== 'no value' })],
    });
  }
}

/** Returns a rule with the same parts in which each placeholder is a whole segment. */
function repaired(rule: string): string {
  const parts = rule
    .split('/')
    .flatMap((segment) => segment.match(/\{[^{}]*\}|[^{}]+/g) ?? [])
    .map((part) => part.replace(/^[\s._-]+|[\s._-]+$/g, ''));
  return `${parts.filter((part) => part !== '').join('/')}/`;
}

/**
 * Refuses a prefix rule with which two users could write the same keys. The rule can be typed or already deployed.
 * @throws {UserError} `usage`
 */
function refuseSharedPrefix({ writeTo }: StackOptions, { isGiven = false } = {}): void {
  if (writeTo === undefined || isPrefixRule(writeTo)) return;
  throw new UserError(
    'usage',
    `--write-to “${writeTo}” could give two users the same keys: each placeholder must fill a whole segment, between slashes.`,
    {
      hint: [
        'Separate them with slashes:',
        isGiven
          ? changedCommand`--write-to ${repaired(writeTo)}`
          : command`edge-upload deploy --write-to ${repaired(writeTo)}`,
      ],
    },
  );
}

/** Refuses user pool options for a deployment without a user pool. */
function refuseOfPool({ userPool = true }: StackOptions, given: StackOptions): void {
  if (userPool) return;
  for (const name of OPTION_NAMES) {
    const { flag, ofPool } = KINDS[name];
    if (!ofPool || given[name] === undefined) continue;
    throw new UserError('usage', `${flag} is an option of the user pool, and there is none.`, {
      hint: ['Deploy without it, or with a user pool:', changedCommand`--user-pool`],
    });
  }
}

function refuseAlone(options: StackOptions): void {
  for (const name of OPTION_NAMES) {
    const { flag, needs } = KINDS[name];
    if (options[name] === undefined || needs === undefined || options[needs] !== undefined) continue;
    throw new UserError('usage', `${flag} needs ${KINDS[needs].flag} too.`, {
      hint:
        KINDS[needs].takes === 'no value'
          ? [`Add ${KINDS[needs].flag}, or omit ${flag}.`]
          : `${KINDS[needs].flag} takes ${KINDS[needs].takes}.`,
    });
  }
}

/** Returns the options, and all that directly or indirectly need one of them. */
function withDependents(options: readonly OptionName[]): readonly OptionName[] {
  const more = OPTION_NAMES.filter((name) => {
    const { needs } = KINDS[name];
    return needs !== undefined && options.includes(needs) && !options.includes(name);
  });
  return more.length === 0 ? options : withDependents([...options, ...more]);
}

/**
 * Returns the options that a deploy applies: the previous ones, replaced by those given, without those unset. The order
 * is fixed, so that equal options give equal templates. Trusted issuers and signing keys are not changed.
 * @throws {UserError} `usage` for an option without the one that it needs
 */
export function mergeOptions(
  previous: StackOptions,
  given: StackOptions = {},
  unset: readonly OptionName[] = [],
): StackOptions {
  // Turning an option off, like unsetting it, removes the options that need it.
  const off = OPTION_NAMES.filter((name) => given[name] === false);
  const gone = withDependents([...unset, ...off]);
  const merged = OPTION_NAMES.map((option) => {
    const value = given[option] ?? (gone.includes(option) ? undefined : previous[option]);
    const { stays, default: byDefault = false } = KINDS[option];
    const isStored = value !== undefined && value !== byDefault;
    // Resources that remain on AWS are stored as off.
    const remains = stays !== undefined && previous[option] !== undefined;
    return [option, isStored ? value : remains ? false : undefined] as const;
  });
  const options: StackOptions = {
    ...Object.fromEntries(merged.filter(([, value]) => value !== undefined)),
    ...omitUndefined({ trust: previous.trust, signing: previous.signing }),
  };
  refuseAlone(options);
  refuseOfPool(options, given);
  const { idp, userPool = true } = options;
  if (idp !== undefined && userPool) refuseIdp(idp, options);
  refuseSharedPrefix(options);
  return options;
}

/** Returns a sentence for each unset option that is stored as off instead. */
export function unsetNotes(options: StackOptions, unset: readonly OptionName[]): string[] {
  return unset.flatMap((name) => (options[name] === false ? (KINDS[name].stays ?? []) : []));
}

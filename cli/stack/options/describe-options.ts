import { isDeepStrictEqual } from 'node:util';
import type { StackOptions, TrustedIssuer } from '../../../infra/options.ts';
import type { JsonValue } from '../../json-value.ts';
import { formatMinute } from '../../ui/format.ts';
import { kindOf, nameOf, OPTION_NAMES } from './kinds.ts';
import type { OptionName } from './option-kind.ts';
import { issuerWords } from './trusted-issuers.ts';

/** An option for `status` and `deploy`. */
export interface DescribedOption {
  readonly name: OptionName;
  readonly flag: string;
  /** The stored value; absent if the option is unset. */
  readonly value?: JsonValue;
  /** Display text, such as `5 GiB` or `unset`. */
  readonly text: string;
}

/** Returns every option, set or not, in a fixed order. */
export function describeOptions(options: StackOptions): DescribedOption[] {
  return OPTION_NAMES.map((name) => {
    const { flag, show } = kindOf(name);
    const value = options[name];
    return value === undefined
      ? { name, flag, text: 'unset' }
      : { name, flag, value: value as JsonValue, text: show(value) };
  });
}

/** Returns the options that are set, for a result's JSON document. */
export function optionsJson(options: StackOptions): { [name: string]: JsonValue } {
  return JSON.parse(JSON.stringify(options)) as { [name: string]: JsonValue };
}

/** A changed option as text, with `none` if it is not set. */
export interface OptionChange {
  readonly name: string;
  readonly from: string;
  readonly to: string;
}

/** Returns the options that differ. */
export function optionChanges(before: StackOptions, after: StackOptions): OptionChange[] {
  const text = (option: OptionName, options: StackOptions) =>
    options[option] === undefined ? 'none' : kindOf(option).show(options[option]);
  const flags = OPTION_NAMES.map((option) => ({
    name: nameOf(option),
    from: text(option, before),
    to: text(option, after),
  }));
  const all = [...flags, ...signingChanges(before, after)].filter(({ from, to }) => from !== to);
  return [...all, ...issuerChanges(before, after)];
}

/** Describes the signing keys, such as `key 2, and key 1 until 2027-01-01 00:00 UTC`. */
function signingWords({ signing }: StackOptions): string {
  const keys = (signing?.keys ?? []).map(({ id, until }) =>
    until === undefined ? `key ${id}` : `key ${id} until ${formatMinute(new Date(until * 1000))} UTC`,
  );
  return keys.length === 0 ? 'none' : keys.join(', and ');
}

function signingChanges(before: StackOptions, after: StackOptions): OptionChange[] {
  const revoked = ({ signing }: StackOptions) => String((signing?.revoked ?? []).length);
  return [
    { name: 'signing key', from: signingWords(before), to: signingWords(after) },
    { name: 'revoked links and keys', from: revoked(before), to: revoked(after) },
  ];
}

function issuerChanges(
  { trust: before = [] }: StackOptions,
  { trust: after = [] }: StackOptions,
): OptionChange[] {
  const aliases = new Set([...before, ...after].map(({ alias }) => alias));
  return [...aliases].flatMap((alias) => {
    const from = before.find((one) => one.alias === alias);
    const to = after.find((one) => one.alias === alias);
    if (isDeepStrictEqual(from, to)) return [];
    const words = (issuer: TrustedIssuer | undefined) =>
      issuer === undefined ? 'none' : issuerWords(issuer);
    const more = words(from) === words(to) ? ` (other ${differingSettings(from, to)})` : '';
    return [{ name: `trust ${alias}`, from: words(from), to: `${words(to)}${more}` }];
  });
}

const SETTINGS: readonly (readonly [keyof TrustedIssuer, string])[] = [
  ['iss', 'issuer'],
  ['jwksUri', 'address of the keys'],
  ['audiences', 'audience'],
  ['token', 'tokens'],
  ['clientId', 'client'],
  ['clientSecretPublic', 'client secret'],
  ['scopes', 'scopes'],
  ['name', 'claim of the name'],
  ['groups', 'claim of groups'],
  ['maxAge', 'lifetime of tokens'],
  ['rules', 'limits of rules'],
];

/** Returns the settings in which two issuers differ, such as `client, scopes`. */
function differingSettings(one: TrustedIssuer | undefined, other: TrustedIssuer | undefined): string {
  const differing = SETTINGS.filter(([name]) => !isDeepStrictEqual(one?.[name], other?.[name]));
  return differing.map(([, words]) => words).join(', ') || 'settings';
}

import { isDeepStrictEqual } from 'node:util';
import { policyOf } from '../../../infra/edge-code.ts';
import { OPTIONS_METADATA, type StackOptions, type TrustedIssuer } from '../../../infra/options.ts';
import { UserError } from '../../errors.ts';
import type { JsonValue } from '../../json-value.ts';
import { requireSafe } from '../../trust/safety.ts';
import { formatMinute } from '../../ui/format.ts';
import { isSigning } from '../signing/signing-options.ts';
import { KINDS, OPTION_NAMES, optionName } from './kinds.ts';
import type { OptionName } from './option-kind.ts';
import { isLogo } from './page-logo.ts';
import { areTrusted, describeIssuer } from './trusted-issuers.ts';

interface Template {
  readonly Resources?: Readonly<
    Record<string, { readonly Metadata?: { readonly [OPTIONS_METADATA]?: { readonly options?: object } } }>
  >;
}

function unreadable(what: string): UserError {
  return new UserError('stack_failed', `The deployment has ${what}.`, {
    hint: 'A newer edge-upload may have deployed it: use that version. Nothing was changed.',
  });
}

/** Whether a value of an option is valid. The table of options does not check logos: see page-kinds.ts. */
export function isValidOption(option: OptionName, value: unknown): boolean {
  return KINDS[option].isValid(value) && (option !== 'pageLogo' || isLogo(String(value)));
}

function validity(name: string): ((value: unknown) => boolean) | undefined {
  if (name === 'trust') return areTrusted;
  if (name === 'signing') return isSigning;
  const option = OPTION_NAMES.find((one) => one === name);
  return option && ((value) => isValidOption(option, value));
}

/**
 * Checks that this version supports every option and its value.
 * @throws {UserError} `stack_failed`, because omitting an option would change the deployment
 */
export function requireKnown(options: StackOptions): void {
  for (const [name, value] of Object.entries(options)) {
    const isValid = validity(name);
    if (isValid === undefined) throw unreadable(`an option “${name}”, which this version does not know`);
    if (!isValid(value)) throw unreadable(`a value of “${name}” that this version does not know`);
  }
}

/**
 * Returns the options in a template; none without a template, or for one without options.
 * @throws {UserError} `stack_failed` for options that this version does not support
 */
export function readOptions(templateBody = '{}'): StackOptions {
  const { Resources = {} } = JSON.parse(templateBody) as Template;
  const options = Object.values(Resources)
    .map(({ Metadata }) => Metadata?.[OPTIONS_METADATA]?.options)
    .find((one) => one !== undefined) as StackOptions | undefined;
  requireKnown(options ?? {});
  return options ?? {};
}

/**
 * Returns the stack's tags for CreateChangeSet. An empty list removes the tags of an earlier deploy; `undefined` keeps
 * the tags of other tools.
 */
export function stackTags(
  { tags }: StackOptions,
  previous: StackOptions = {},
): { Key: string; Value: string }[] | undefined {
  if (tags === undefined && previous.tags === undefined) return undefined;
  return Object.entries(tags ?? {}).map(([Key, Value]) => ({ Key, Value }));
}

/**
 * Maximum bytes of JSON. The first step of a deploy has the options in an inline template, because there is no bucket
 * yet. Signing keys and revoked tokens come later.
 */
const OPTIONS_ROOM = 30_000;

/**
 * Maximum bytes of JSON in the edge's description. A response of an edge function is limited to 40 KB, of which a
 * caller's groups and prefixes need 28 KB: see edge/description.ts.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html
 */
const DESCRIPTION_ROOM = 10_000;

const bytesOf = (value: object) => Buffer.byteLength(JSON.stringify(value));

/** Returns the fields of an issuer in the edge's description. */
function described({ rules, jwksUri, tokenOrigin, name, groups, maxAge, ...issuer }: TrustedIssuer): object {
  return issuer;
}

/** Checks the size of a deployment's options. */
function refuseTooMuch({ trust = [], signing: _, ...options }: StackOptions): void {
  const all = bytesOf(options);
  if (all > OPTIONS_ROOM) {
    throw new UserError(
      'usage',
      `A deployment stores at most ${OPTIONS_ROOM} bytes of options; these have ${all}.`,
      {
        hint: 'Use fewer or shorter values for --tag.',
      },
    );
  }
  const bytes = bytesOf([policyOf(options), trust.map(described)]);
  if (bytes <= DESCRIPTION_ROOM) return;
  throw new UserError(
    'usage',
    `The edge stores at most ${DESCRIPTION_ROOM} bytes of rules and issuers; these have ${bytes}.`,
    { hint: 'Use fewer or shorter values for --allow-group and --cors-origin, or trust fewer issuers.' },
  );
}

/**
 * Checks all options of a deployment, before anything is downloaded or changed. This version must be able to read what
 * it stores.
 * @throws {UserError} `usage`, or `stack_failed` for options that this version does not support
 */
export function requireDeployable(options: StackOptions): void {
  if (options.trust !== undefined) requireSafe(options);
  refuseTooMuch(options);
  // Checked last, because its message is about options of a newer version, not about typed values.
  requireKnown(options);
}

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
    const { flag, show } = KINDS[name];
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
    options[option] === undefined ? 'none' : KINDS[option].show(options[option]);
  const flags = OPTION_NAMES.map((option) => ({
    name: optionName(option),
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
      issuer === undefined ? 'none' : describeIssuer(issuer);
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

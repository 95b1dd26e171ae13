import type { StackOptions } from '../../../infra/options.ts';
import { UserError } from '../../errors.ts';
import { KINDS, nameOf, OPTION_NAMES, type OptionName } from './kinds.ts';
import { refuseOnAwsOnly, refuseSharedPrefix } from './refusals.ts';

/** The flags of deploy that choose options, as commander names them; values as typed. */
export interface OptionFlags {
  readonly maxSize?: string;
  readonly writeTo?: string;
  readonly allowGroup?: readonly string[];
  readonly expireAfter?: string;
  readonly versioning?: boolean;
  readonly domain?: string;
  readonly certificateArn?: string;
  readonly minTls?: string;
  readonly webAclArn?: string;
  readonly priceClass?: string;
  readonly corsOrigin?: readonly string[];
  readonly accessLogs?: boolean;
  readonly tag?: Readonly<Record<string, string>>;
  readonly bucketName?: string;
  readonly retainData?: boolean;
  readonly tokenValidity?: string;
  readonly mfa?: string;
  readonly cognitoTier?: string;
  /** Names of options to take back. */
  readonly unset?: readonly string[];
  /** Not an option: where the deployment is. */
  readonly local?: boolean;
}

/** What one command line asks for. */
export interface AskedOptions {
  readonly given: StackOptions;
  readonly unset: readonly OptionName[];
}

const FLAG_OF: { readonly [Name in OptionName]-?: Exclude<keyof OptionFlags, 'unset' | 'local'> } = {
  maxSize: 'maxSize',
  writeTo: 'writeTo',
  allowGroups: 'allowGroup',
  expireAfterDays: 'expireAfter',
  versioning: 'versioning',
  domain: 'domain',
  certificateArn: 'certificateArn',
  minTls: 'minTls',
  webAclArn: 'webAclArn',
  priceClass: 'priceClass',
  corsOrigins: 'corsOrigin',
  accessLogs: 'accessLogs',
  tags: 'tag',
  bucketName: 'bucketName',
  retainData: 'retainData',
  tokenValidityMinutes: 'tokenValidity',
  mfa: 'mfa',
  cognitoTier: 'cognitoTier',
};

function given(option: OptionName, flags: OptionFlags): readonly [OptionName, unknown][] {
  const typed = flags[FLAG_OF[option]];
  if (typed === undefined) return [];
  const { flag, takes, parse, isValid } = KINDS[option];
  const value = parse(typed, flag);
  if (isValid(value)) return [[option, value]];
  const shown = typeof typed === 'object' ? Object.values(typed).join(', ') : String(typed);
  throw new UserError('usage', `“${shown}” will not do for ${flag}, which takes ${takes}.`);
}

function toUnset(name: string): OptionName {
  const option = OPTION_NAMES.find((one) => nameOf(one) === name.replace(/^--/, ''));
  if (option !== undefined) return option;
  throw new UserError('usage', `There is no option “${name}” for --unset to take back.`, {
    hint: `It takes one of: ${OPTION_NAMES.map(nameOf).join(', ')}.`,
  });
}

/**
 * Reads and checks what was typed, before anything is sent.
 * @throws {UserError} `usage` naming the flag and its bounds.
 */
export function askedOptions(flags: OptionFlags): AskedOptions {
  const values = OPTION_NAMES.flatMap((option) => given(option, flags));
  const unset = (flags.unset ?? []).map(toUnset);
  const both = unset.find((option) => flags[FLAG_OF[option]] !== undefined);
  if (both !== undefined) {
    throw new UserError('usage', `${KINDS[both].flag} and --unset ${nameOf(both)} cannot both be.`);
  }
  const options: StackOptions = Object.fromEntries(values);
  refuseSharedPrefix(options);
  refuseOnAwsOnly(options, flags.local ?? false);
  return { given: options, unset };
}

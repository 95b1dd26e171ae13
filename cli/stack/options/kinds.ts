import type { CognitoTier, Mfa, MinTls, PriceClassName, StackOptions } from '../../../infra/options.ts';
import { parseSize } from '../../transfer/sizes.ts';
import { count, formatLimit } from '../../ui/format.ts';
import {
  areTags,
  isCertificateArn,
  isDomain,
  isGroupName,
  isKeyRule,
  isOrigin,
  isWebAclArn,
} from './bounds.ts';

export type OptionName = keyof StackOptions;

/** How one option is typed, kept and shown. */
export interface OptionKind<T> {
  readonly flag: `--${string}`;
  /** What may be given, as the end of “… takes”. */
  readonly takes: string;
  /** A value as commander hands it over, to be judged by {@link isValid}. */
  parse(
    typed: string | boolean | readonly string[] | Readonly<Record<string, string>>,
    flag: string,
  ): unknown;
  isValid(value: unknown): value is T;
  show(value: T): string;
}

type Kinds = { readonly [Name in OptionName]-?: OptionKind<NonNullable<StackOptions[Name]>> };

const isText = (value: unknown): value is string => typeof value === 'string';
const text = (isValid: (value: string) => boolean) => ({
  parse: (typed: unknown) => typed,
  isValid: (value: unknown): value is string => isText(value) && isValid(value),
  show: (value: string) => value,
});
const list = (isValid: (value: string) => boolean) => ({
  parse: (typed: unknown) => (Array.isArray(typed) ? [...new Set(typed)] : typed),
  isValid: (value: unknown): value is readonly string[] =>
    Array.isArray(value) && value.length > 0 && value.every((one) => isText(one) && isValid(one)),
  show: (value: readonly string[]) => value.join(', '),
});
const whole =
  (from: number, to: number) =>
  (value: unknown): value is number =>
    Number.isInteger(value) && Number(value) >= from && Number(value) <= to;
const choice = <T extends string>(...choices: readonly T[]) => ({
  parse: (typed: unknown) => typed,
  isValid: (value: unknown): value is T => choices.some((one) => one === value),
  show: (value: T) => value,
});
const onOff = (off = 'off') => ({
  parse: (typed: unknown) => typed,
  isValid: (value: unknown): value is boolean => typeof value === 'boolean',
  show: (value: boolean) => (value ? 'on' : off),
});

/** `90`, `90m`, `12h`; minutes. */
function minutes(typed: unknown): number {
  const [, digits = '', unit] = /^(\d{1,5})(m|h)?$/.exec(String(typed)) ?? [];
  return Number(digits === '' ? Number.NaN : digits) * (unit === 'h' ? 60 : 1);
}

/** All that can be chosen of a deployment, in the order in which it is kept and shown. */
export const KINDS: Kinds = {
  maxSize: {
    flag: '--max-size',
    takes: 'a size such as 500M or 5G',
    parse: (typed, flag) => parseSize(String(typed), flag),
    isValid: whole(1, Number.MAX_SAFE_INTEGER),
    show: formatLimit,
  },
  writeTo: {
    flag: '--write-to',
    takes: 'the beginning of a key, in which {username}, {sub} or {group} may be whole segments',
    ...text(isKeyRule),
  },
  allowGroups: {
    flag: '--allow-group',
    takes: 'the name of a Cognito group: 1 to 128 characters, no spaces',
    ...list(isGroupName),
  },
  expireAfterDays: {
    flag: '--expire-after',
    takes: 'a whole number of days from 1 to 36500',
    parse: (typed) => (/^\d{1,5}$/.test(String(typed)) ? Number(typed) : typed),
    isValid: whole(1, 36_500),
    show: (days) => count(days, 'day'),
  },
  versioning: { flag: '--versioning', takes: 'no value', ...onOff() },
  domain: {
    flag: '--domain',
    takes: 'a host name in lower case such as uploads.example.com',
    ...text(isDomain),
  },
  certificateArn: {
    flag: '--certificate-arn',
    takes:
      'the ARN of a certificate of AWS Certificate Manager in us-east-1: arn:aws:acm:us-east-1:…:certificate/…',
    ...text(isCertificateArn),
  },
  minTls: { flag: '--min-tls', takes: '1.2 or 1.3', ...choice<MinTls>('1.2', '1.3') },
  webAclArn: {
    flag: '--web-acl-arn',
    takes: 'the ARN of a global WAFv2 web ACL: arn:aws:wafv2:us-east-1:…:global/webacl/…/…',
    ...text(isWebAclArn),
  },
  priceClass: {
    flag: '--price-class',
    takes: '100, 200 or all',
    ...choice<PriceClassName>('100', '200', 'all'),
  },
  corsOrigins: {
    flag: '--cors-origin',
    takes: 'the origin of a web page: https://host, or http://localhost with a port; no path',
    ...list(isOrigin),
  },
  accessLogs: {
    flag: '--access-logs',
    takes: 'no value',
    ...onOff('off; earlier logs stay until they expire'),
  },
  tags: {
    flag: '--tag',
    takes:
      'name=value, at most 50: letters, digits, spaces and _.:/=+-@, up to 128 and 256 of them, no name beginning with aws:',
    parse: (typed) => typed,
    isValid: (value): value is Readonly<Record<string, string>> =>
      typeof value === 'object' &&
      value !== null &&
      Object.values(value).every(isText) &&
      areTags(value as Readonly<Record<string, string>>),
    show: (tags) =>
      Object.entries(tags)
        .map(([key, value]) => `${key}=${value}`)
        .join(', '),
  },
  bucketName: {
    flag: '--bucket-name',
    takes: 'the name of a bucket: 3 to 63 lower-case letters, digits and hyphens',
    ...text((value) => /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/.test(value)),
  },
  retainData: { flag: '--retain-data', takes: 'no value', ...onOff() },
  tokenValidityMinutes: {
    flag: '--token-validity',
    takes: 'a time from 5m to 24h, in minutes or hours',
    parse: minutes,
    isValid: whole(5, 24 * 60),
    show: (value) => (value % 60 === 0 ? count(value / 60, 'hour') : count(value, 'minute')),
  },
  mfa: { flag: '--mfa', takes: 'off, optional or required', ...choice<Mfa>('off', 'optional', 'required') },
  cognitoTier: {
    flag: '--cognito-tier',
    takes: 'lite or essentials',
    ...choice<CognitoTier>('lite', 'essentials'),
  },
};

export const OPTION_NAMES = Object.keys(KINDS) as readonly OptionName[];

/** As `--unset` and errors name it: the flag without its dashes. */
export function nameOf(option: OptionName): string {
  return KINDS[option].flag.slice(2);
}

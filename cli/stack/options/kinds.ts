import type { StackOptions } from '../../../infra/options.ts';
import { isGroupName } from '../../identity/users/group-name.ts';
import { count, formatLimit, parseSize } from '../../ui/format.ts';
import { IDP_KINDS } from './idp.ts';
import {
  choiceValue,
  digits,
  listValue,
  minutes,
  type OptionKind,
  type OptionName,
  onOffValue,
  pairsValue,
  textValue,
  wholeValue,
} from './option-kind.ts';
import { PAGE_KINDS } from './page-kinds.ts';
import { UPLOAD_KINDS } from './upload-kinds.ts';
import {
  areTags,
  isBucketName,
  isCertificateArn,
  isDomain,
  isKeyRule,
  isOrigin,
  isWebAclArn,
} from './value-checks.ts';

const TABLE = {
  maxSize: {
    flag: '--max-size',
    argument: '<size>',
    summary: 'Refuse larger objects, such as 500M or 5G',
    takes: 'a size such as 500M or 5G',
    ...wholeValue(1, Number.MAX_SAFE_INTEGER, parseSize, formatLimit),
  },
  writeTo: {
    flag: '--write-to',
    argument: '<prefix>',
    summary: 'The prefix of all keys, such as {username}/, {sub}/, {group}/',
    details:
      "`{username}`, `{sub}` and `{group}` (each of the user's groups) are replaced by the uploader's values. Each fills a whole segment between slashes, so that no two users can write the same key. Members of a group share the keys of `{group}`.",
    ofPool: true,
    takes: 'the beginning of a key, in which {username}, {sub} or {group} may be whole segments',
    ...textValue(isKeyRule),
  },
  allowGroups: {
    flag: '--allow-group',
    argument: '<name>',
    summary: 'Only members of this group can upload',
    ofPool: true,
    takes: 'the name of a Cognito group: 1 to 128 characters, no spaces',
    ...listValue(isGroupName),
  },
  expireAfterDays: {
    flag: '--expire-after',
    argument: '<days>',
    summary: 'S3 deletes objects after this many days',
    details: 'Earlier versions of objects expire too.',
    takes: 'a whole number of days from 1 to 36500',
    ...wholeValue(1, 36_500, digits, (days) => count(days, 'day')),
  },
  versioning: {
    flag: '--versioning',
    summary: 'S3 keeps earlier versions of objects',
    off: 'S3 keeps no further versions; existing ones stay',
    takes: 'no value',
    stays:
      'S3 can suspend versioning, not remove it: it is shown as off, and earlier versions of objects stay.',
    ...onOffValue(),
  },
  domain: {
    flag: '--domain',
    argument: '<name>',
    summary: 'Your own host name for the edge; needs --certificate-arn',
    details: 'Point a CNAME at `CloudFrontDistributionUrl`.',
    takes: 'a host name in lower case such as uploads.example.com',
    needs: 'certificateArn',
    ...textValue(isDomain),
  },
  certificateArn: {
    flag: '--certificate-arn',
    argument: '<arn>',
    summary: 'The certificate for --domain (ACM, us-east-1)',
    takes:
      'the ARN of a certificate of AWS Certificate Manager in us-east-1: arn:aws:acm:us-east-1:…:certificate/…',
    needs: 'domain',
    ...textValue(isCertificateArn),
  },
  minTls: {
    flag: '--min-tls',
    argument: '<version>',
    summary: 'Minimum TLS version for --domain: 1.2 (default) or 1.3',
    details:
      "CloudFront's policy is `TLSv1.2_2025` or `TLSv1.3_2025`. CloudFront fixes the versions of its own host names.",
    takes: '1.2 or 1.3',
    needs: 'domain',
    ...choiceValue('1.2', '1.3'),
  },
  webAclArn: {
    flag: '--web-acl-arn',
    argument: '<arn>',
    summary: 'A web ACL (WAFv2, global) before the edge; AWS only',
    takes: 'the ARN of a global WAFv2 web ACL: arn:aws:wafv2:us-east-1:…:global/webacl/…/…',
    awsOnly: 'the embedded cloud has no web ACLs',
    ...textValue(isWebAclArn),
  },
  priceClass: {
    flag: '--price-class',
    argument: '<class>',
    summary: 'The CloudFront locations that serve: 100, 200 or all',
    takes: '100, 200 or all',
    ...choiceValue('100', '200', 'all'),
  },
  corsOrigins: {
    flag: '--cors-origin',
    argument: '<origin>',
    summary: 'Allow uploads by scripts of pages of this origin',
    details: 'The edge answers preflight requests, and its responses have CORS headers.',
    takes: 'the origin of a web page: https://host, or http://localhost with a port; no path',
    ...listValue(isOrigin),
  },
  accessLogs: {
    flag: '--access-logs',
    summary: "Keep CloudFront's access logs for 90 days",
    off: 'Write no further access logs; their bucket stays',
    details: 'The logs are in a separate bucket.',
    takes: 'no value',
    stays:
      'Access logs are shown as off: CloudFront writes no more of them. The log bucket stays with the earlier ones.',
    ...onOffValue('off; earlier logs stay until they expire'),
  },
  tags: {
    flag: '--tag',
    argument: '<name=value>',
    summary: 'Tag the stack and its resources',
    takes:
      'name=value, at most 50: letters, digits, spaces and _.:/=+-@, up to 128 and 256 of them, no name beginning with aws:',
    ...pairsValue(areTags),
  },
  bucketName: {
    flag: '--bucket-name',
    argument: '<name>',
    summary: 'The name of the bucket; a new stack adopts an existing one',
    details: 'The bucket stays when the stack is deleted.',
    takes: 'the name of a bucket: 3 to 63 lower-case letters, digits and hyphens',
    ...textValue(isBucketName),
  },
  retainData: {
    flag: '--retain-data',
    summary: 'Buckets and users stay when the stack is deleted',
    off: 'Buckets and users are deleted with the stack',
    takes: 'no value',
    ...onOffValue(),
  },
  tokenValidityMinutes: {
    flag: '--token-validity',
    argument: '<time>',
    summary: 'How long an access token is valid: 5m to 24h (1h)',
    ofPool: true,
    takes: 'a time from 5m to 24h, in minutes or hours',
    ...wholeValue(5, 24 * 60, minutes, (value) =>
      value % 60 === 0 ? count(value / 60, 'hour') : count(value, 'minute'),
    ),
  },
  mfa: {
    flag: '--mfa',
    argument: '<mode>',
    summary: 'An authenticator app at sign-in: off, optional, required',
    ofPool: true,
    takes: 'off, optional or required',
    ...choiceValue('off', 'optional', 'required'),
  },
  cognitoTier: {
    flag: '--cognito-tier',
    argument: '<tier>',
    summary: "The user pool's feature plan: lite or essentials",
    details: "It sets Cognito's price; edge-upload works on both.",
    ofPool: true,
    takes: 'lite or essentials',
    ...choiceValue('lite', 'essentials'),
  },
  ...PAGE_KINDS,
  userPool: {
    flag: '--user-pool',
    summary: 'Users of a Cognito user pool can upload (the default)',
    off: 'No user pool: only trusted issuers can upload',
    details: 'Turning it off deletes the pool with its users.',
    takes: 'no value',
    default: true,
    ...onOffValue('none'),
  },
  ...IDP_KINDS,
  ...UPLOAD_KINDS,
} satisfies { readonly [Name in OptionName]-?: OptionKind<NonNullable<StackOptions[Name]>> };

/** The flag of each option, as a type. */
export type Flags = { readonly [Name in OptionName]: (typeof TABLE)[Name]['flag'] };

/**
 * The options of a deployment, in the order in which they are stored and shown. Flags, `--help`, the stack's metadata,
 * `status` and the table in docs/operating.md come from this table.
 */
export const KINDS: Readonly<Record<OptionName, OptionKind<unknown>>> = TABLE;

export const OPTION_NAMES = Object.keys(KINDS) as readonly OptionName[];

/** Returns the option's name for `--unset`, files and errors: the flag without its dashes. */
export function optionName(option: OptionName): string {
  return KINDS[option].flag.slice(2);
}

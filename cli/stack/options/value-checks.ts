import { keyProblem } from '../../../protocol/object-url.ts';

/** Whether this version supports a stored value. */
type Check = (value: unknown) => boolean;

export const isText: Check = (value) => typeof value === 'string' && value !== '';
export const isTexts: Check = (value) => Array.isArray(value) && value.length > 0 && value.every(isText);
export const isOn: Check = (value) => typeof value === 'boolean';
export const isAmount: Check = (value) => Number.isSafeInteger(value) && Number(value) > 0;

export function isListOf(value: unknown, isMember: Check): boolean {
  return Array.isArray(value) && value.every(isMember);
}

/** Whether a value is an object with only these properties. Others are refused, because a rule could depend on them. */
export function isRecord(
  value: unknown,
  required: Readonly<Record<string, Check>>,
  optional: Readonly<Record<string, Check>> = {},
): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const all = new Map([...Object.entries(required), ...Object.entries(optional)]);
  return (
    Object.keys(required).every((name) => Object.hasOwn(value, name)) &&
    Object.entries(value).every(([name, member]) => all.get(name)?.(member) === true)
  );
}

/** Placeholders that a key rule can contain. */
const PLACEHOLDERS = /\{(username|sub|group)\}/g;

/** A prefix must not contain what a key must not contain. */
export function isKeyRule(rule: string): boolean {
  const example = rule.replace(PLACEHOLDERS, 'x');
  return rule !== '' && !/[{}]/.test(example) && keyProblem(`${example}x`) === undefined;
}

/** A host name that a certificate and a distribution accept; no wildcard. */
export function isDomain(name: string): boolean {
  return (
    name.length <= 253 && /^(?:[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?\.)+[a-z][a-z\d-]{0,61}[a-z\d]$/.test(name)
  );
}

/** CloudFront accepts certificates of us-east-1 only. */
export function isCertificateArn(arn: string): boolean {
  return /^arn:aws:acm:us-east-1:\d{12}:certificate\/[\w-]{1,64}$/.test(arn);
}

/** A web ACL for CloudFront is global; regional ones are for load balancers and APIs. */
export function isWebAclArn(arn: string): boolean {
  return /^arn:aws:wafv2:us-east-1:\d{12}:global\/webacl\/[\w-]{1,128}\/[\w-]{1,64}$/.test(arn);
}

/** An origin as browsers send it: scheme, host and port in lower case, no pattern. Plain http only for this computer. */
export function isOrigin(origin: string): boolean {
  if (!URL.canParse(origin)) return false;
  const { protocol, hostname, origin: canonical } = new URL(origin);
  const secure =
    protocol === 'https:' || (protocol === 'http:' && ['localhost', '127.0.0.1'].includes(hostname));
  return secure && canonical === origin && !origin.includes('*');
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html, without dots, which break TLS names. */
export function isBucketName(name: string): boolean {
  return /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/.test(name);
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-console-add-tags.html */
export function areTags(tags: Readonly<Record<string, string>>): boolean {
  const entries = Object.entries(tags);
  const sound = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]+$/u;
  return (
    entries.length <= 50 &&
    entries.every(
      ([key, value]) =>
        key.length <= 128 &&
        value.length <= 256 &&
        sound.test(key) &&
        sound.test(value) &&
        !/^aws:/i.test(key),
    )
  );
}

/** Whether a text is one line without control characters, direction marks, or spaces at its ends. */
export function isLine(text: string, most: number): boolean {
  return (
    text !== '' &&
    text.trim() === text &&
    [...text].length <= most &&
    !/[\p{Cc}\p{Cs}\p{Bidi_Control}]/u.test(text)
  );
}

export function isColor(color: string): boolean {
  return /^#[\da-f]{6}$/.test(color);
}

/**
 * Whether a text is the ARN of a key, not of an alias: S3 looks for aliases in the caller's account. Multi-Region keys
 * begin with `mrk-`.
 */
export function isKmsKeyArn(arn: string): boolean {
  const id = '[\\da-f]{8}(?:-[\\da-f]{4}){3}-[\\da-f]{12}|mrk-[\\da-f]{32}';
  return new RegExp(`^arn:aws:kms:us-east-1:\\d{12}:key/(?:${id})$`).test(arn);
}

/** Whether a text is an e-mail address that SNS accepts, without a display name. */
export function isEmailAddress(address: string): boolean {
  const [local = '', host = '', ...more] = address.split('@');
  return more.length === 0 && /^[\w.!#$%&'*+/=?^`{|}~-]{1,64}$/.test(local) && isDomain(host.toLowerCase());
}

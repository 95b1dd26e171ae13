import { keyProblem } from '../../../protocol/key-rules.ts';

/** Of Lambda@Edge's claims, those that a key rule may name. */
const PLACEHOLDERS = /\{(username|sub|group)\}/g;

/** A prefix is one of keys: what no key may hold, it may not hold either. */
export function isKeyRule(rule: string): boolean {
  const example = rule.replace(PLACEHOLDERS, 'x');
  return rule !== '' && !/[{}]/.test(example) && keyProblem(`${example}x`) === undefined;
}

/** https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateGroup.html */
export function isGroupName(name: string): boolean {
  return name.length <= 128 && /^[\p{L}\p{M}\p{S}\p{N}\p{P}]+$/u.test(name);
}

/** A host name as a certificate and a distribution know it; no wildcard. */
export function isDomain(name: string): boolean {
  return (
    name.length <= 253 && /^(?:[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?\.)+[a-z][a-z\d-]{0,61}[a-z\d]$/.test(name)
  );
}

/** CloudFront takes certificates of this region only. */
export function isCertificateArn(arn: string): boolean {
  return /^arn:aws:acm:us-east-1:\d{12}:certificate\/[\w-]{1,64}$/.test(arn);
}

/** One made for CloudFront; regional ones are for load balancers and APIs. */
export function isWebAclArn(arn: string): boolean {
  return /^arn:aws:wafv2:us-east-1:\d{12}:global\/webacl\/[\w-]{1,128}\/[\w-]{1,64}$/.test(arn);
}

/** As browsers write `Origin`: scheme, host and port, in lower case; never a pattern. Plain http for pages of this computer only. */
export function isOrigin(origin: string): boolean {
  if (!URL.canParse(origin)) return false;
  const { protocol, hostname, origin: canonical } = new URL(origin);
  const secure =
    protocol === 'https:' || (protocol === 'http:' && ['localhost', '127.0.0.1'].includes(hostname));
  return secure && canonical === origin && !origin.includes('*');
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

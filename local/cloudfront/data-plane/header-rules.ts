/**
 * Header names that Lambda@Edge treats apart.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-function-restrictions-all.html
 */

const DISALLOWED = new Set([
  'client-cert',
  'client-cert-chain',
  'cloudfront-viewer-cert-pem',
  'connection',
  'expect',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'trailer',
  'upgrade',
  'x-accel-buffering',
  'x-accel-charset',
  'x-accel-limit-rate',
  'x-accel-redirect',
  'x-amzn-auth',
  'x-amzn-cf-billing',
  'x-amzn-cf-id',
  'x-amzn-cf-xff',
  'x-amzn-errortype',
  'x-amzn-fle-profile',
  'x-amzn-header-count',
  'x-amzn-header-order',
  'x-amzn-lambda-integration-tag',
  'x-amzn-requestid',
  'x-cache',
  'x-forwarded-proto',
  'x-real-ip',
]);
const DISALLOWED_PREFIXES = ['x-amz-cf-', 'x-edge-'];

/** Read-only in viewer request events, generated responses included. */
export const READ_ONLY = ['cdn-loop', 'content-length', 'host', 'transfer-encoding', 'via'] as const;

/** May be added at origin events only: CloudFront has not looked the country up yet. */
export const NOT_AT_VIEWER_REQUEST = 'cloudfront-viewer-country';

/** RFC 9110 section 7.6.1, and what CloudFront takes out besides. Content's framing is not among them. */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'upgrade',
]);

/** Neither shown to a function nor allowed in what it returns. Takes a lower-case name. */
export function isDisallowed(name: string): boolean {
  return DISALLOWED.has(name) || DISALLOWED_PREFIXES.some((prefix) => name.startsWith(prefix));
}

/** Ends at this hop; `connection` is the message's own Connection header, which may name more. */
export function isHopByHop(name: string, connection = ''): boolean {
  if (HOP_BY_HOP.has(name)) return true;
  return connection
    .toLowerCase()
    .split(',')
    .some((token) => token.trim() === name);
}

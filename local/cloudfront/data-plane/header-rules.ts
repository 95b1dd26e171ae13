/**
 * Decodes Node's header values and request targets, which have one character a byte. Functions see UTF-8 where the bytes
 * are valid UTF-8, and ISO-8859-1 otherwise.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-function-restrictions-all.html#function-restrictions-encoding
 */
export function decodeWire(bytes: string): string {
  if (isAscii(bytes)) return bytes;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(bytes, 'latin1'));
  } catch {
    return bytes;
  }
}

/** Encodes text as UTF-8, one character a byte. */
export function encodeWire(text: string): string {
  return isAscii(text) ? text : Buffer.from(text, 'utf8').toString('latin1');
}

const NOT_ASCII = /[\u0080-\uffff]/;

function isAscii(text: string): boolean {
  return !NOT_ASCII.test(text);
}

/**
 * Header names that Lambda@Edge restricts.
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

/** Read-only in viewer request events, generated responses included. */
export const READ_ONLY = ['cdn-loop', 'content-length', 'host', 'transfer-encoding', 'via'] as const;

/** Allowed only at origin events: CloudFront has not determined the country before. */
export const NOT_AT_VIEWER_REQUEST = 'cloudfront-viewer-country';

/** Hop-by-hop headers (RFC 9110 section 7.6.1) and others that CloudFront removes, except the content's framing. */
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

/** Whether a header, named in lower case, is hidden from functions and not allowed in their results. */
export function isDisallowed(name: string): boolean {
  return DISALLOWED.has(name) || name.startsWith('x-amz-cf-') || name.startsWith('x-edge-');
}

/** Whether a header ends at this hop. `connection` is the message's Connection header, which can name more. */
export function isHopByHop(name: string, connection = ''): boolean {
  if (HOP_BY_HOP.has(name)) return true;
  if (connection === '') return false;
  return connection
    .toLowerCase()
    .split(',')
    .some((token) => token.trim() === name);
}

import type { Operation } from './operation.ts';
import { Refusal } from './refusal.ts';
import { type EdgeHeaders, headerValues } from './request.ts';
import type { Caller } from './verify.ts';

/** Where S3 keeps who uploaded an object. */
const STAMP = 'x-amz-meta-uploaded-by';

const KEPT: ReadonlySet<string> = new Set([
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-md5',
  'content-type',
  'if-none-match',
  'x-amz-mp-object-size',
  'x-amz-sdk-checksum-algorithm',
  // Read-only at the edge: CloudFront fails a request that comes back without them.
  // https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-function-restrictions-all.html
  'content-length',
  'host',
  'transfer-encoding',
  'via',
]);

const KEPT_PREFIXES = ['x-amz-checksum-', 'x-amz-meta-'];

function isKept(name: string): boolean {
  return KEPT.has(name) || KEPT_PREFIXES.some((prefix) => name.startsWith(prefix));
}

/** Whether a page's script may send a header of this lower-case name; what else it is made of is not for pages to say. */
export function maySend(name: string): boolean {
  return name === 'authorization' || (isKept(name) && /^[\w-]+$/.test(name));
}

/** Without these a write would do something else than was asked for, so they are not removed in silence. */
const UNMET = ['content-range', 'if-match', 'if-unmodified-since', 'x-amz-trailer'];

/** @throws {Refusal} `bad_header` for a condition or an encoding that the edge cannot pass on. */
export function checkHeaders(headers: EdgeHeaders): void {
  const unmet = UNMET.find((name) => headerValues(headers, name).length > 0);
  if (unmet !== undefined) throw new Refusal('bad_header', `${unmet} is not supported.`);
  const conditions = headerValues(headers, 'if-none-match');
  if (conditions.length > 0 && conditions.join().trim() !== '*') {
    throw new Refusal('bad_header', 'if-none-match is supported as * only.');
  }
  // S3 takes signed chunks from who signs the request, which here is CloudFront: the framing would be stored.
  if (headerValues(headers, 'content-encoding').some((value) => /aws-chunked/i.test(value))) {
    throw new Refusal('bad_header', 'content-encoding aws-chunked is not supported.');
  }
}

/**
 * What goes on to S3 of a request's headers: those on the list, and, where an object is made, the caller's name.
 * The token is not among them.
 */
export function forwardedHeaders(headers: EdgeHeaders, operation: Operation, caller: Caller): EdgeHeaders {
  const kept = Object.entries(headers).filter(([name]) => isKept(name) && name !== STAMP);
  const stamped = operation === 'PutObject' || operation === 'CreateMultipartUpload';
  const stamp = [STAMP, [{ key: STAMP, value: encodeURIComponent(caller.username) }]] as const;
  return Object.fromEntries(stamped ? [...kept, stamp] : kept);
}

import { OBJECT_HEADER_PREFIXES, OBJECT_HEADERS } from '../../protocol/request-headers.ts';
import { Refusal } from '../refusal.ts';
import type { Caller } from '../token/claims.ts';
import type { Operation } from './operation.ts';
import { type EdgeHeaders, headerValues } from './viewer-request.ts';

/** Metadata header that stores the uploader's name. */
const STAMP = 'x-amz-meta-uploaded-by';

const METADATA = 'x-amz-meta-';

const KEPT: ReadonlySet<string> = new Set([
  ...OBJECT_HEADERS,
  // Read-only at the edge: CloudFront fails a request that is returned without them.
  // https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-function-restrictions-all.html
  'cdn-loop',
  'content-length',
  'host',
  'transfer-encoding',
  'via',
]);

/** Matches a field name of RFC 9110 in lower case with one of the prefixes. */
const KEPT_PREFIXED = new RegExp(`^(?:${OBJECT_HEADER_PREFIXES.join('|')})[\\w!#$%&'*+.^\`|~-]+$`);

const isKept = (name: string) => KEPT.has(name) || KEPT_PREFIXED.test(name);

/** Whether a page's script is allowed to send a header. The name is in lower case. */
export function isAllowedHeader(name: string): boolean {
  return name === 'authorization' || (isKept(name) && /^[\w-]+$/.test(name));
}

/**
 * Headers that are refused instead of removed, because the result would differ without them: a copy would store an
 * empty object, and an object would be stored without the client's own encryption key.
 */
const UNMET = [
  'content-range',
  'if-match',
  'if-unmodified-since',
  'x-amz-copy-source',
  // Sent with chunk framing, also by clients that omit `content-encoding`.
  'x-amz-decoded-content-length',
  'x-amz-server-side-encryption-customer-algorithm',
  'x-amz-trailer',
  'x-amz-write-offset-bytes',
];

/** @throws {Refusal} `bad_header` for a condition or an encoding that the edge cannot forward */
function checkConditions(headers: EdgeHeaders): void {
  const unmet = UNMET.find((name) => headerValues(headers, name).length > 0);
  if (unmet !== undefined) throw new Refusal('bad_header', `${unmet} is not supported.`);
  const conditions = headerValues(headers, 'if-none-match');
  if (conditions.length > 0 && conditions.join().trim() !== '*') {
    throw new Refusal('bad_header', 'if-none-match supports only the value *.');
  }
  // S3 accepts signed chunks only from the signer of the request, which is CloudFront. From the client, it would store
  // the chunk framing.
  if (headerValues(headers, 'content-encoding').some((value) => /aws-chunked/i.test(value))) {
    throw new Refusal('bad_header', 'content-encoding aws-chunked is not supported.');
  }
}

/** @throws {Refusal} `bad_header` */
function checkValues(name: string, entries: EdgeHeaders[string]): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those that no field value may contain
  if (entries.some(({ value }) => /[\u0000-\u0008\u000a-\u001f\u007f]/.test(value))) {
    throw new Refusal('bad_header', 'Header values must not contain control characters.');
  }
  // Signature version 4 trims values and collapses spaces, so S3 would store a different value than was signed.
  // https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
  if (name.startsWith(METADATA) && entries.some(({ value }) => /^\s|\s$|\s\s|\t/.test(value))) {
    throw new Refusal(
      'bad_header',
      'x-amz-meta-* values must not begin or end with a space, and must not contain tabs or consecutive spaces.',
    );
  }
}

/**
 * Returns the headers for S3: the allowed headers of the request, without the token. Requests that create an object
 * also get the caller's name. If the caller must not replace objects, the edge sets `If-None-Match: *`, whatever the
 * client sent.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
 * @param origin Value of `Origin` for S3. Absent: none is sent.
 * @throws {Refusal} `bad_header`
 */
export function forwardedHeaders(
  headers: EdgeHeaders,
  operation: Operation,
  caller: Caller,
  { noClobber }: { readonly noClobber?: boolean },
  origin: EdgeHeaders[string] | undefined,
): EdgeHeaders {
  checkConditions(headers);
  const forwarded: Record<string, EdgeHeaders[string]> = {};
  for (const [name, entries] of Object.entries(headers)) {
    if (!isKept(name)) continue;
    checkValues(name, entries);
    if (name !== STAMP) forwarded[name] = entries;
  }
  if (origin !== undefined) forwarded.origin = origin;
  const creates = operation === 'PutObject' || operation === 'CompleteMultipartUpload';
  if (creates && noClobber) forwarded['if-none-match'] = [{ key: 'if-none-match', value: '*' }];
  if (operation === 'PutObject' || operation === 'CreateMultipartUpload')
    forwarded[STAMP] = [{ key: STAMP, value: stampOf(caller) }];
  return forwarded;
}

/**
 * Returns the uploader's name. The pool's users, links and keys have their name only; callers of other issuers have the
 * issuer's alias in front of it.
 */
function stampOf({ issuer, name }: Caller): string {
  // `link:<id>` or `key:<id>`, which needs no encoding.
  if (issuer.kind === 'edge') return name;
  const encoded = encodeURIComponent(name);
  return issuer.kind === 'pool' ? encoded : `${issuer.alias}:${encoded}`;
}

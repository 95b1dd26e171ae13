import { OBJECT_HEADER_PREFIXES, OBJECT_HEADERS } from '../../protocol/request-headers.ts';
import { Refusal } from '../refusal.ts';
import type { Caller } from '../token/claims.ts';
import type { Operation } from './operation.ts';
import { type EdgeHeaders, headerValues } from './viewer-request.ts';

/** The metadata in which S3 stores the uploader's name. */
const STAMP = 'x-amz-meta-uploaded-by';

const METADATA = 'x-amz-meta-';

const KEPT: ReadonlySet<string> = new Set([
  ...OBJECT_HEADERS,
  // Read-only at the edge: CloudFront fails a request that comes back without them.
  // https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-function-restrictions-all.html
  'cdn-loop',
  'content-length',
  'host',
  'transfer-encoding',
  'via',
]);

/** A field name of RFC 9110, in lower case. */
const NAME = /^[\w!#$%&'*+.^`|~-]+$/;

function isKept(name: string): boolean {
  return (
    KEPT.has(name) ||
    (OBJECT_HEADER_PREFIXES.some((prefix) => name.startsWith(prefix) && name !== prefix) && NAME.test(name))
  );
}

/** Whether a page's script is allowed to send a header of this lower-case name. */
export function maySend(name: string): boolean {
  return name === 'authorization' || (isKept(name) && /^[\w-]+$/.test(name));
}

/**
 * Headers that are refused instead of removed, because the write would have another result without them: a copy would store
 * an empty object, and an object would be stored without the client's own encryption key.
 */
const UNMET = [
  'content-range',
  'if-match',
  'if-unmodified-since',
  'x-amz-copy-source',
  'x-amz-server-side-encryption-customer-algorithm',
  'x-amz-trailer',
  'x-amz-write-offset-bytes',
];

/** @throws {Refusal} `bad_header` for a condition or an encoding that the edge cannot pass on. */
export function checkHeaders(headers: EdgeHeaders): void {
  const unmet = UNMET.find((name) => headerValues(headers, name).length > 0);
  if (unmet !== undefined) throw new Refusal('bad_header', `${unmet} is not supported.`);
  const conditions = headerValues(headers, 'if-none-match');
  if (conditions.length > 0 && conditions.join().trim() !== '*') {
    throw new Refusal('bad_header', 'if-none-match is supported as * only.');
  }
  // S3 accepts signed chunks only from the signer of the request, which is CloudFront. It would store the framing.
  if (headerValues(headers, 'content-encoding').some((value) => /aws-chunked/i.test(value))) {
    throw new Refusal('bad_header', 'content-encoding aws-chunked is not supported.');
  }
  for (const name of Object.keys(headers)) if (isKept(name)) checkValues(name, headerValues(headers, name));
}

/** @throws {Refusal} `bad_header` */
function checkValues(name: string, values: readonly string[]): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those that no field value may contain
  if (values.some((value) => /[\u0000-\u0008\u000a-\u001f\u007f]/.test(value))) {
    throw new Refusal('bad_header', 'Header values must not contain control characters.');
  }
  // Signature version 4 trims values and merges spaces, so S3 would store a text that differs from the signed one.
  // https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
  if (name.startsWith(METADATA) && values.some((value) => /^\s|\s$|\s\s|\t/.test(value))) {
    throw new Refusal(
      'bad_header',
      'x-amz-meta-* values must not begin or end with a space, or contain two in a row or a tab.',
    );
  }
}

const entryOf = (name: string, value: string) => [name, [{ key: name, value }]] as const;

/**
 * Returns the headers for S3: the allowed headers of the request, without the token, and the caller's name if the request
 * creates an object. If objects must not be replaced, the edge sets the condition, whatever the client sent.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
 * @param origin value of `Origin` that S3 gets; absent: none
 */
export function forwardedHeaders(
  headers: EdgeHeaders,
  operation: Operation,
  caller: Caller,
  { noClobber }: { readonly noClobber?: boolean },
  origin: EdgeHeaders[string] | undefined,
): EdgeHeaders {
  const entries: (readonly [string, EdgeHeaders[string]])[] = Object.entries(headers).filter(
    ([name]) => isKept(name) && name !== STAMP,
  );
  if (origin !== undefined) entries.push(['origin', origin]);
  const creates = operation === 'PutObject' || operation === 'CompleteMultipartUpload';
  if (creates && noClobber) entries.push(entryOf('if-none-match', '*'));
  if (operation === 'PutObject' || operation === 'CreateMultipartUpload')
    entries.push(entryOf(STAMP, stampOf(caller)));
  return Object.fromEntries(entries);
}

/** Names of the pool's users, links and keys stand alone; those of others follow their issuer's alias. */
function stampOf({ issuer, name }: Caller): string {
  // `link:<id>` or `key:<id>`, which need no encoding.
  if (issuer.kind === 'edge') return name;
  const encoded = encodeURIComponent(name);
  return issuer.kind === 'pool' ? encoded : `${issuer.alias}:${encoded}`;
}

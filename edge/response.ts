import { STATUS_CODES } from 'node:http';
import { REFUSALS, Refusal, type RefusalCode } from './refusal.ts';
import type { EdgeHeaders } from './request/viewer-request.ts';

/** A response of the edge itself, without S3. */
export interface Respond {
  readonly kind: 'respond';
  readonly status: number;
  /** Set on refusals. */
  readonly code?: RefusalCode;
  readonly headers: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: object;
  /** Of a file, sent as it is instead of JSON. */
  readonly content?: Content;
}

interface Content {
  readonly encoding: 'text' | 'base64';
  readonly text: string;
}

/** https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/lambda-generating-http-responses-in-requests.html */
export interface GeneratedResponse {
  readonly status: string;
  readonly statusDescription: string;
  readonly headers: EdgeHeaders;
  readonly bodyEncoding?: Content['encoding'];
  readonly body?: string;
}

/**
 * Limit of a response that a viewer-request function generates, headers included: 40 KB, here in units of 1,000 bytes.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html#limits-lambda-at-edge
 */
const MAX_RESPONSE_BYTES = 40_000;

const TOO_LARGE = refuse(new Refusal('internal', 'The response is too large for an edge function.'));

/** Returns the response of a refusal. */
export function refuse({ code, message, headers }: Refusal): Respond {
  return { kind: 'respond', status: REFUSALS[code], code, headers, body: { error: code, message } };
}

/** Returns as many of the first texts as fit into `bytes` bytes of JSON. */
export function fitting(texts: readonly string[], bytes: number): readonly string[] {
  let left = bytes;
  const end = texts.findIndex((text) => {
    left -= Buffer.byteLength(JSON.stringify(text)) + 1;
    return left < 0;
  });
  return end < 0 ? texts : texts.slice(0, end);
}

/** Whether a response is small enough. A base64 body counts in its encoded length. */
export function isFitting(headers: Readonly<Record<string, string>>, body: string): boolean {
  const bytes = Object.entries(headers).reduce(
    (sum, entry) => sum + Buffer.byteLength(entry.join(': ')) + 2,
    0,
  );
  return bytes + Buffer.byteLength(body) <= MAX_RESPONSE_BYTES;
}

/** Returns a response in CloudFront's form, with `more` headers. */
export function responseOf(
  { status, headers, body, content }: Respond,
  more: Readonly<Record<string, string>> = {},
): GeneratedResponse {
  const type = body === undefined ? {} : { 'content-type': 'application/json' };
  const all = { ...type, 'cache-control': 'no-store', ...headers, ...more };
  const { encoding, text } = content ?? { encoding: 'text', text: body && JSON.stringify(body) };
  if (!isFitting(all, text ?? '')) return responseOf(TOO_LARGE);
  return {
    status: String(status),
    statusDescription: STATUS_CODES[status] ?? '',
    headers: Object.fromEntries(Object.entries(all).map(([key, value]) => [key, [{ key, value }]])),
    ...(text === undefined ? {} : { bodyEncoding: encoding, body: text }),
  };
}

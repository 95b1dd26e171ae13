import { STATUS_CODES } from 'node:http';
import { REFUSALS, Refusal, type RefusalCode } from './refusal.ts';
import type { EdgeHeaders } from './request/viewer-request.ts';

/** A response that the edge generates, without a request to S3. */
export interface Respond {
  readonly kind: 'respond';
  readonly status: number;
  /** Set on refusals. */
  readonly code?: RefusalCode;
  readonly headers: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: object;
  /** A file, sent as it is instead of JSON. */
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
 * Limit of a generated response to a viewer request, headers included. AWS says 40 KB; read here as 40,000 bytes.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html#limits-lambda-at-edge
 */
const MAX_RESPONSE_BYTES = 40_000;

const TOO_LARGE = refuse(new Refusal('internal', 'The response is too large for an edge function.'));

/** Returns the response of a refusal. */
export function refuse({ code, message, headers }: Refusal): Respond {
  return { kind: 'respond', status: REFUSALS[code], code, headers, body: { error: code, message } };
}

/** Returns the first texts whose JSON fits into `bytes` bytes. */
export function fitting(texts: readonly string[], bytes: number): readonly string[] {
  let left = bytes;
  const end = texts.findIndex((text) => {
    left -= Buffer.byteLength(JSON.stringify(text)) + 1;
    return left < 0;
  });
  return end < 0 ? texts : texts.slice(0, end);
}

/** Whether a response is within CloudFront's limit. A base64 body counts with its encoded length. */
export function isFitting(headers: Readonly<Record<string, string>>, body: string): boolean {
  const bytes = Object.entries(headers).reduce(
    (sum, entry) => sum + Buffer.byteLength(entry.join(': ')) + 2,
    0,
  );
  return bytes + Buffer.byteLength(body) <= MAX_RESPONSE_BYTES;
}

const JSON_TYPE = { 'content-type': 'application/json' };

/** Converts a response to CloudFront's form and adds the headers of `more`. */
export function responseOf(
  { status, headers, body, content }: Respond,
  more: Readonly<Record<string, string>> = {},
): GeneratedResponse {
  // V8 11 creates a hidden class for each object of a literal that begins with a spread.
  const all = { 'cache-control': 'no-store', ...(body && JSON_TYPE), ...headers, ...more };
  const { encoding, text } = content ?? { encoding: 'text', text: body && JSON.stringify(body) };
  if (!isFitting(all, text ?? '')) return responseOf(TOO_LARGE);
  const sent: Record<string, EdgeHeaders[string]> = {};
  for (const [key, value] of Object.entries(all)) sent[key] = [{ key, value }];
  return {
    status: String(status),
    statusDescription: STATUS_CODES[status] ?? '',
    headers: sent,
    ...(text === undefined ? {} : { bodyEncoding: encoding, body: text }),
  };
}

import { STATUS_CODES } from 'node:http';
import { MAX_ANSWER_BYTES } from './answer-size.ts';
import { type Respond, refuse } from './decide.ts';
import { Refusal } from './refusal.ts';
import type { EdgeHeaders } from './request.ts';

/** https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/lambda-generating-http-responses-in-requests.html */
export interface GeneratedResponse {
  readonly status: string;
  readonly statusDescription: string;
  readonly headers: EdgeHeaders;
  readonly bodyEncoding?: 'text';
  readonly body?: string;
}

const TOO_LONG = refuse(new Refusal('internal', 'The answer is larger than an edge function may give.'));

/** An answer of the edge's own as CloudFront takes it, with `more` headers. */
export function responseOf(
  { status, headers, body }: Respond,
  more: Readonly<Record<string, string>> = {},
): GeneratedResponse {
  const type = body === undefined ? {} : { 'content-type': 'application/json' };
  const all = { ...type, 'cache-control': 'no-store', ...headers, ...more };
  const entries = Object.entries(all);
  const text = body === undefined ? '' : JSON.stringify(body);
  const bytes = entries.reduce((sum, entry) => sum + Buffer.byteLength(entry.join(': ')), 0);
  if (bytes + Buffer.byteLength(text) > MAX_ANSWER_BYTES) return responseOf(TOO_LONG);
  return {
    status: String(status),
    statusDescription: STATUS_CODES[status] ?? '',
    headers: Object.fromEntries(entries.map(([key, value]) => [key, [{ key, value }]])),
    ...(body === undefined ? {} : { bodyEncoding: 'text', body: text }),
  };
}

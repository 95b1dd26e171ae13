import { STATUS_CODES } from 'node:http';
import type { Respond } from './decide.ts';
import type { EdgeHeaders } from './request.ts';

/** https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/lambda-generating-http-responses-in-requests.html */
export interface GeneratedResponse {
  readonly status: string;
  readonly statusDescription: string;
  readonly headers: EdgeHeaders;
  readonly bodyEncoding?: 'text';
  readonly body?: string;
}

/** An answer of the edge's own as CloudFront takes it, with `more` headers. */
export function responseOf(
  { status, headers, body }: Respond,
  more: Readonly<Record<string, string>> = {},
): GeneratedResponse {
  const type = body === undefined ? {} : { 'content-type': 'application/json' };
  const all = { ...type, 'cache-control': 'no-store', ...headers, ...more };
  return {
    status: String(status),
    statusDescription: STATUS_CODES[status] ?? '',
    headers: Object.fromEntries(Object.entries(all).map(([key, value]) => [key, [{ key, value }]])),
    ...(body === undefined ? {} : { bodyEncoding: 'text', body: JSON.stringify(body) }),
  };
}

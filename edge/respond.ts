import { ALLOWED_METHODS } from './operation.ts';
import { REFUSALS, type Refusal } from './refusal.ts';

/** A response made at the edge: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/lambda-generating-http-responses-in-requests.html */
export interface EdgeResponse {
  readonly status: string;
  readonly headers: Readonly<Record<string, readonly { readonly key: string; readonly value: string }[]>>;
  readonly body: string;
}

/** Seconds after which keys may be had again. */
const RETRY_AFTER = '10';

/** Answers with JSON that no cache keeps. */
export function respond(
  status: number,
  document: object,
  more: Readonly<Record<string, string>> = {},
): EdgeResponse {
  const headers = { 'Content-Type': 'application/json', 'Cache-Control': 'no-store', ...more };
  return {
    status: String(status),
    headers: Object.fromEntries(
      Object.entries(headers).map(([key, value]) => [key.toLowerCase(), [{ key, value }]] as const),
    ),
    body: JSON.stringify(document),
  };
}

/** What RFC 6750, section 3, has a resource server say of a token. */
function challenge({ code, message }: Refusal): string {
  return code === 'missing_token' ? 'Bearer' : `Bearer error="invalid_token", error_description="${message}"`;
}

export function respondRefusal(reason: Refusal): EdgeResponse {
  const status = REFUSALS[reason.code];
  const more: Record<number, Record<string, string>> = {
    401: { 'WWW-Authenticate': challenge(reason) },
    405: { Allow: ALLOWED_METHODS },
    503: { 'Retry-After': RETRY_AFTER },
  };
  return respond(status, { error: reason.code, message: reason.message }, more[status]);
}

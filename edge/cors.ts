import type { EdgePolicy } from './config.ts';
import { Refusal } from './refusal.ts';
import { isAllowedHeader } from './request/headers.ts';
import { type EdgeHeaders, type EdgeRequest, headerValues } from './request/viewer-request.ts';
import { fitting, type Respond } from './response.ts';

/** Seconds that a browser can cache a preflight response. */
const MAX_AGE = '600';

/** Maximum bytes of header names in a preflight response, which must stay below the limit of a response. */
const ALLOWED_BYTES = 8_000;

/** Returns the `Origin` of a request, if the policy allows its pages to upload. */
export function allowedOrigin({ corsOrigins = [] }: EdgePolicy, headers: EdgeHeaders): string | undefined {
  const [origin, ...more] = headerValues(headers, 'origin');
  return more.length === 0 ? corsOrigins.find((one) => one === origin) : undefined;
}

/**
 * Returns the CORS headers of responses that the edge generates. Refusals need them too: a script cannot read the error
 * otherwise. CloudFront adds the headers of S3's responses.
 */
export function corsHeaders(policy: EdgePolicy, headers: EdgeHeaders): Readonly<Record<string, string>> {
  if (policy.corsOrigins === undefined) return {};
  const origin = allowedOrigin(policy, headers);
  return {
    vary: 'Origin',
    ...(origin === undefined
      ? {}
      : {
          'access-control-allow-origin': origin,
          'access-control-expose-headers': 'Allow, Retry-After, WWW-Authenticate',
        }),
  };
}

/** Whether a request is a CORS preflight: https://fetch.spec.whatwg.org/#cors-preflight-fetch */
export function isPreflight({ method, headers }: EdgeRequest, { corsOrigins }: EdgePolicy): boolean {
  return (
    corsOrigins !== undefined &&
    method === 'OPTIONS' &&
    headerValues(headers, 'origin').length > 0 &&
    headerValues(headers, 'access-control-request-method').length > 0
  );
}

/**
 * Answers a preflight, which carries no token. Allows those of the requested headers that the edge forwards. The
 * request itself is checked when it arrives.
 * @throws {Refusal} `forbidden_origin`
 */
export function answerPreflight({ headers }: EdgeRequest, policy: EdgePolicy): Respond {
  if (allowedOrigin(policy, headers) === undefined) {
    throw new Refusal('forbidden_origin', 'Pages of this origin are not allowed to upload here.');
  }
  const asked = headerValues(headers, 'access-control-request-headers').join().toLowerCase();
  const allowed = asked
    .split(',')
    .map((name) => name.trim())
    .filter(isAllowedHeader);
  return {
    kind: 'respond',
    status: 204,
    headers: {
      'access-control-allow-methods': 'GET, PUT, POST, DELETE',
      'access-control-allow-headers': fitting(allowed, ALLOWED_BYTES).join(', '),
      'access-control-max-age': MAX_AGE,
    },
  };
}

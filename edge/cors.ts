import type { EdgePolicy } from './config.ts';
import { Refusal } from './refusal.ts';
import { maySend } from './request/headers.ts';
import { type EdgeHeaders, type EdgeRequest, headerValues } from './request/viewer-request.ts';
import { fitting, type Respond } from './response.ts';

/** Seconds that a browser may keep a preflight's answer; no browser keeps one for longer than two hours. */
const MAX_AGE = '600';

/** Bytes of header names that a preflight is answered with; a page of hundreds of headers is none of a browser's. */
const ALLOWED_BYTES = 8_000;

/** The origin of the page whose script sends the request, where the policy lets it upload. */
export function allowedOrigin({ corsOrigins = [] }: EdgePolicy, headers: EdgeHeaders): string | undefined {
  const [origin, ...more] = headerValues(headers, 'origin');
  return more.length === 0 ? corsOrigins.find((one) => one === origin) : undefined;
}

/**
 * Headers for every answer of the edge's own, refusals too: without them a page's script could not tell one refusal from
 * another. S3's answers get theirs from CloudFront.
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

/** What a browser asks before a page's script may send what it wants to: https://fetch.spec.whatwg.org/#cors-preflight-fetch */
export function isPreflight({ method, headers }: EdgeRequest, { corsOrigins }: EdgePolicy): boolean {
  return (
    corsOrigins !== undefined &&
    method === 'OPTIONS' &&
    headerValues(headers, 'origin').length > 0 &&
    headerValues(headers, 'access-control-request-method').length > 0
  );
}

/**
 * Answers a preflight, which carries no token. Of the headers asked for those are allowed that the edge would let through;
 * the request itself is judged when it comes.
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
    .filter(maySend);
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

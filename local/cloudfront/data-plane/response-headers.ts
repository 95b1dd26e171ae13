import { omitUndefined } from '../../../protocol/fields.ts';
import { like } from '../../policy/wildcard.ts';
import type { CorsPolicy, StoredResponseHeadersPolicy } from '../model.ts';

/** The parts of a request that CORS depends on. */
export interface CorsRequest {
  readonly method: string;
  readonly origin: string | undefined;
  /** Of a preflight. */
  readonly requestMethod: string | undefined;
  /** Of a preflight, as received: comma-separated names. */
  readonly requestHeaders: string | undefined;
}

/**
 * Applies a response headers policy to response headers, whose names are in lower case. Headers are removed first, so
 * that a policy can replace them.
 */
export function applyPolicy(
  headers: Readonly<Record<string, string>>,
  policy: StoredResponseHeadersPolicy | undefined,
  request: CorsRequest,
): Readonly<Record<string, string>> {
  if (policy === undefined) return headers;
  const { remove, set, cors } = policy;
  const changed = { ...headers };
  for (const name of remove) delete changed[name];
  const corsEntries = cors === undefined ? [] : Object.entries(corsHeaders(cors, request));
  const entries = corsEntries.map(([name, value]) => ({ name, value, override: cors?.override }));
  for (const { name, value, override } of [...set, ...entries]) {
    if (override || changed[name] === undefined) changed[name] = value;
  }
  return changed;
}

/** Returns no headers for a request without CORS or from an origin that the policy does not allow. */
function corsHeaders(policy: CorsPolicy, request: CorsRequest): Record<string, string> {
  const { origins, methods, headers, exposed, credentials, maxAgeSeconds } = policy;
  const { origin } = request;
  if (origin === undefined) return {};
  const allowed = origins.includes('*') ? '*' : origins.find((one) => one === origin);
  if (allowed === undefined) return {};
  const common = {
    'access-control-allow-origin': allowed,
    ...(credentials && { 'access-control-allow-credentials': 'true' }),
  };
  if (request.method !== 'OPTIONS' || request.requestMethod === undefined) {
    return { ...common, ...(exposed.length > 0 && { 'access-control-expose-headers': exposed.join(', ') }) };
  }
  return {
    ...common,
    'access-control-allow-methods': methods.join(', '),
    'access-control-allow-headers': allowedHeaders(headers, request.requestHeaders),
    ...omitUndefined({ 'access-control-max-age': maxAgeSeconds?.toString() }),
  };
}

/**
 * Returns the header names for the response to a preflight. Browsers do not support patterns such as `x-amz-meta-*`, so the
 * requested names that match are listed. A lone `*` is sent unchanged: browsers take it as every header except
 * `Authorization`, which must be listed by name.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/understanding-response-headers-policies.html
 */
function allowedHeaders(allowed: readonly string[], requested = ''): string {
  const asked = requested.split(',').map((name) => name.trim());
  const names = allowed.flatMap((name) => {
    if (name === '*' || !name.includes('*')) return [name];
    return asked.filter((one) => like(one.toLowerCase(), name.toLowerCase()));
  });
  return [...new Set(names)].join(', ');
}

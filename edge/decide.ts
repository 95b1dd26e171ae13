import { DESCRIPTION_KEY, decodeAscii } from '../protocol/object-url.ts';
import type { EdgeConfig, EdgePolicy } from './config.ts';
import { allowedOrigin, answerPreflight, isPreflight } from './cors.ts';
import { describeEdge } from './description.ts';
import { pageName, type ServePage } from './page.ts';
import { authorize, permissionOf, requireOwnKeys } from './permission.ts';
import { Refusal } from './refusal.ts';
import { forwardedHeaders } from './request/headers.ts';
import { readKey } from './request/key.ts';
import { allowOnly, type Operation, operationOf, targetOf } from './request/operation.ts';
import { type Query, readQuery } from './request/query.ts';
import { checkSize } from './request/size.ts';
import type { EdgeHeaders, EdgeRequest, ViewerRequest } from './request/viewer-request.ts';
import { type Respond, refuse } from './response.ts';
import { readToken, requireToken } from './token/authorization.ts';
import type { Caller } from './token/claims.ts';
import type { Verify } from './token/verify.ts';

/** The decision on a request: forward it to S3, rewritten, or answer it at the edge. */
export type Decision = Forward | Respond;

interface Forward {
  readonly kind: 'forward';
  readonly request: EdgeRequest;
}

export interface DecisionContext {
  readonly config: EdgeConfig;
  readonly verify: Verify;
  /** Absent: the edge serves no page. */
  readonly page?: ServePage;
}

/** Checks a request step by step. The first refusal is the response. */
export async function decide(viewer: ViewerRequest, context: DecisionContext): Promise<Decision> {
  const { request, domainName } = viewer;
  const { config, page, verify } = context;
  try {
    if (isPreflight(request, config.policy)) return answerPreflight(request, config.policy);
    checkAddress(request);
    const name = pageName(request.uri);
    if (name !== undefined && page !== undefined) return page(name, request);
    if (name !== undefined && isRead(request)) throw new Refusal('not_found', 'This edge serves no page.');
    const key = readKey(request.uri);
    if (key === DESCRIPTION_KEY) {
      checkDescription(request);
      const token = readToken(request.headers);
      const caller = token === undefined ? undefined : await verify(token, domainName);
      return { kind: 'respond', status: 200, headers: {}, body: describeEdge(config, caller) };
    }
    const target = readTarget(key, request);
    const caller = await verify(requireToken(request.headers), domainName);
    return { kind: 'forward', request: forwardedRequest(request, target, caller, config) };
  } catch (error) {
    if (error instanceof Refusal) return refuse(error);
    throw error;
  }
}

const isRead = ({ method, querystring }: EdgeRequest) =>
  (method === 'GET' || method === 'HEAD') && querystring === '';

/** Matches a link or key: its prefix, then the start of every JWT. */
const OWN_TOKEN = /eu[kl]_eyJ/;

/**
 * Refuses addresses that contain a link or key, because access logs and browser histories store addresses.
 * @throws {Refusal} `bad_key` or `bad_query`
 */
function checkAddress({ uri, querystring }: EdgeRequest): void {
  const has = (text: string) => OWN_TOKEN.test(decodeAscii(text));
  if (!has(uri) && !has(querystring)) return;
  throw new Refusal(
    has(uri) ? 'bad_key' : 'bad_query',
    'Paths and queries are logged, so they must not contain a link or key. Send it in the Authorization header, and have this one revoked.',
  );
}

/** @throws {Refusal} `method_not_allowed` or `bad_query` */
function checkDescription({ method, querystring }: EdgeRequest): void {
  allowOnly(method, ['GET']);
  if (querystring !== '') throw new Refusal('bad_query', 'Query parameters are not accepted here.');
}

/** What a request is about. */
interface Target {
  readonly key: string;
  readonly query: Query;
  readonly operation: Operation;
}

/** @throws {Refusal} `bad_query` or `method_not_allowed` */
function readTarget(key: string, { method, querystring }: EdgeRequest): Target {
  const query = readQuery(querystring);
  return { key, query, operation: operationOf(method, query) };
}

/**
 * Returns the request for S3.
 * @throws {Refusal} for a request that the caller is not allowed to make
 */
function forwardedRequest(
  request: EdgeRequest,
  { key, query, operation }: Target,
  caller: Caller,
  config: EdgeConfig,
): EdgeRequest {
  const { policy } = config;
  const permission = permissionOf(caller, policy);
  authorize(key, caller, permission);
  if (operation === 'ListMultipartUploads') requireOwnKeys(caller, permission, config);
  const origin = originOf(request.headers, policy);
  const headers = forwardedHeaders(request.headers, operation, caller, permission, origin);
  checkSize(operation, request.headers, permission);
  const { uri, querystring } = targetOf(operation, key, query);
  return { ...request, uri, querystring, headers };
}

/**
 * Returns the `Origin` to forward: only that of a page that is allowed to upload. CloudFront adds CORS headers to S3's
 * response according to `Origin`. Its documentation does not say whether the received or the forwarded value decides.
 */
function originOf(headers: EdgeHeaders, policy: EdgePolicy): EdgeHeaders[string] | undefined {
  return allowedOrigin(policy, headers) === undefined ? undefined : headers.origin;
}

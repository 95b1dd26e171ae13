import { REGION } from '../account.ts';
import type { JsonObject } from '../json.ts';
import type { HttpRequest, HttpResponse } from '../wire/http.ts';
import { issuerOf } from './auth/tokens.ts';
import { keySet } from './keys.ts';
import type { Pools } from './store/pools.ts';

const PATH = /^\/([\w-]+_[0-9a-zA-Z]+)\/\.well-known\/(jwks\.json|openid-configuration)$/;

function configuration(poolId: string): JsonObject {
  const issuer = issuerOf(poolId);
  return {
    id_token_signing_alg_values_supported: ['RS256'],
    issuer,
    jwks_uri: `${issuer}/.well-known/jwks.json`,
    response_types_supported: ['code', 'token'],
    scopes_supported: ['openid', 'email', 'phone', 'profile'],
    subject_types_supported: ['public'],
    token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
  };
}

const json = (status: number, document: JsonObject): HttpResponse => ({
  status,
  headers: { 'content-type': 'application/json', 'cache-control': 'public, max-age=86400' },
  body: JSON.stringify(document),
});

/** Answers requests for a pool's key set and OpenID configuration; `undefined` for other paths. */
export function discover(pools: Pools, { method, path }: HttpRequest): HttpResponse | undefined {
  const [, poolId = '', document] = PATH.exec(path) ?? [];
  if (!document) return undefined;
  if (method !== 'GET' && method !== 'HEAD') return { ...json(405, {}), headers: { allow: 'GET, HEAD' } };
  const pool = pools.find(poolId);
  if (!pool) return json(404, { message: `User pool ${poolId} does not exist. ` });
  return json(200, document === 'jwks.json' ? keySet(pool.keys) : configuration(pool.id));
}

export const providerName = (poolId: string) => `cognito-idp.${REGION}.amazonaws.com/${poolId}`;

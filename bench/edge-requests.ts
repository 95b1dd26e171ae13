import { sign } from 'node:crypto';
import { poolIssuer } from '../edge/issuers.ts';
import { edgeCode } from '../infra/edge-code.ts';
import { viewerRequestEvent } from '../local/cloudfront/data-plane/function/viewer-event.ts';
import { rsaKeyPair } from '../test/support/keys/rsa-keys.ts';

const POOL = { userPoolId: 'us-east-1_Ab1Cd2Ef3', clientId: '1h57kf5cpq17m0eml12EXAMPLE' };

/** An edge function and requests for it. */
export interface EdgeRequests {
  /** The function's code as it is deployed. */
  readonly code: string;
  /** PEM of the key that verifies the tokens. */
  readonly publicKey: string;
  /** JSON of the events; each has a token of its own. */
  readonly withTokens: readonly string[];
  readonly withoutToken: string;
}

/** Makes an edge function for one user pool, and requests with valid tokens. */
export function makeEdgeRequests(requests: number): EdgeRequests {
  const { privateKey, publicKey } = rsaKeyPair();
  const { n = '', e = '' } = publicKey.export({ format: 'jwk' });
  const jwk = { kty: 'RSA', n, e, kid: 'k'.repeat(44), alg: 'RS256', use: 'sig' };
  const config = { issuers: [poolIssuer({ ...POOL, jwks: { keys: [jwk] } }, {})], policy: {}, origins: [] };
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const now = Math.floor(Date.now() / 1000);
  const withTokens = Array.from({ length: requests }, (_, at) => {
    const claims = {
      sub: '7a3f5a7e-7b8d-4d5f-9d52-0d9c7f0c7f11',
      iss: config.issuers[0]?.iss[0],
      client_id: POOL.clientId,
      origin_jti: '7a3f5a7e-7b8d-4d5f-9d52-0d9c7f0c7f11',
      token_use: 'access',
      scope: 'aws.cognito.signin.user.admin',
      auth_time: now,
      iat: now,
      exp: now + 3600,
      jti: String(at),
      username: 'ada',
    };
    const text = `${part({ kid: jwk.kid, alg: 'RS256' })}.${part(claims)}`;
    return eventOf(`${text}.${sign('sha256', Buffer.from(text), privateKey).toString('base64url')}`);
  });
  return {
    code: edgeCode(config),
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    withTokens,
    withoutToken: eventOf(undefined),
  };
}

function eventOf(token: string | undefined): string {
  const headers = [
    'Host',
    'd111111abcdef8.cloudfront.net',
    'User-Agent',
    'edge-upload',
    'Content-Length',
    '3',
  ];
  const viewer = {
    method: 'PUT',
    path: '/photo.jpg',
    query: '',
    rawHeaders: token === undefined ? headers : [...headers, 'Authorization', `Bearer ${token}`],
    clientIp: '203.0.113.178',
  };
  return JSON.stringify(
    viewerRequestEvent(viewer, { id: 'E', domainName: 'd111111abcdef8.cloudfront.net' }, 'r'),
  );
}

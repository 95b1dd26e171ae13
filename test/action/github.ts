import assert from 'node:assert/strict';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:https';
import type { TestContext } from 'node:test';
import type { KeyedCertificate } from '../../local/tls/certificates.ts';
import { PUBLISHED } from '../cli/identity/tokens/ci/published-claims.ts';
import { signRs256 } from '../support/keys/forge.ts';
import { rsaKeyPair } from '../support/keys/rsa-keys.ts';
import { listen } from '../support/serve.ts';

export const REQUEST_TOKEN = 'request-token-of-this-job';

/**
 * A GitHub Enterprise Server: its issuer's documents, and the endpoint that issues tokens to jobs.
 * @param certificate Absent: plain http.
 */
export async function openGitHub(t: Pick<TestContext, 'after'>, certificate?: KeyedCertificate) {
  const { privateKey, publicKey } = rsaKeyPair();
  const key = { ...publicKey.export({ format: 'jwk' }), kid: 'key-1', alg: 'RS256', use: 'sig' };
  const given: string[] = [];
  const listener: RequestListener = (request, response) => {
    const url = new URL(request.url ?? '', address);
    const documents: Record<string, () => object> = {
      '/_services/token/.well-known/openid-configuration': () => ({ issuer, jwks_uri: `${issuer}/jwks` }),
      '/_services/token/jwks': () => ({ keys: [key] }),
      '/token': () => {
        assert.equal(request.headers.authorization, `Bearer ${REQUEST_TOKEN}`);
        // The first token has expired when it arrives, so the edge refuses it.
        const iat = Math.floor(Date.now() / 1000) - (given.length === 0 ? 301 : 0);
        const { claims, lifetime } = PUBLISHED.github;
        const times = { iat, nbf: iat, exp: iat + lifetime };
        const token = signRs256(
          { ...claims, ...times, iss: issuer, aud: url.searchParams.get('audience'), jti: `${given.length}` },
          'key-1',
          privateKey,
        );
        given.push(token);
        return { value: token };
      },
    };
    const document = documents[url.pathname];
    response.statusCode = document === undefined ? 404 : 200;
    response.end(JSON.stringify(document?.() ?? {}));
  };
  const address = await listen(t, certificate === undefined ? listener : createServer(certificate, listener));
  const issuer = `${address}/_services/token`;
  return { address, given };
}

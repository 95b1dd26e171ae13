import { createPublicKey, generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { TestContext } from 'node:test';
import type { Documents, FetchedDocument } from '../../../cli/trust/documents.ts';
import type { TrustedIssuer } from '../../../infra/options.ts';
import type { Rule } from '../../../protocol/upload-rule.ts';
import { listen } from '../../support/serve.ts';

/** The response for a path: a JSON document, or any other response. */
type Route = object | ((response: ServerResponse) => void);

/** Serves documents on loopback. Returns the origin. Routes can be added later. */
export async function serveDocuments(
  t: Pick<TestContext, 'after'>,
  routes: Map<string, Route>,
): Promise<string> {
  return listen(t, (request, response) => {
    const route = routes.get(request.url ?? '');
    if (typeof route === 'function') return route(response);
    response
      .writeHead(route === undefined ? 404 : 200, { 'content-type': 'application/json' })
      .end(JSON.stringify(route ?? {}));
  });
}

/** An issuer with one key, which signs tokens. */
export interface ServedIssuer {
  readonly issuer: string;
  /** Returns a JWT of these claims, valid for five minutes: an access token, unless the header says otherwise. */
  sign(claims: Readonly<Record<string, unknown>>, header?: Readonly<Record<string, unknown>>): string;
  /** Returns the number of downloads of its keys. */
  keyRequests(): number;
  /** Publishes another key instead of the signing key, or the signing key again. */
  withdraw(isWithdrawn: boolean): void;
}

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Serves an issuer with one key. */
export async function serveIssuer(t: Pick<TestContext, 'after'>): Promise<ServedIssuer> {
  const routes = new Map<string, Route>();
  const issuer = await serveDocuments(t, routes);
  const { publicKey, privateKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  const jwk = createPublicKey(publicKey).export({ format: 'jwk' });
  const kid = randomUUID();
  routes.set('/.well-known/openid-configuration', { issuer, jwks_uri: `${issuer}/keys` });
  let asked = 0;
  let published: string = kid;
  routes.set('/keys', (response) => {
    asked += 1;
    response.end(JSON.stringify({ keys: [{ ...jwk, kid: published, alg: 'ES256', use: 'sig' }] }));
  });
  return {
    issuer,
    keyRequests: () => asked,
    withdraw(isWithdrawn) {
      published = isWithdrawn ? 'another' : kid;
    },
    sign(claims, header = {}) {
      const now = Math.floor(Date.now() / 1000);
      const head = `${part({ alg: 'ES256', kid, typ: 'at+jwt', ...header })}.${part({ iss: issuer, iat: now, exp: now + 300, ...claims })}`;
      const key = { key: privateKey, dsaEncoding: 'ieee-p1363' } as const;
      return `${head}.${sign('sha256', Buffer.from(head), key).toString('base64url')}`;
    },
  };
}

/** Returns documents by their addresses. Other addresses are not found. */
export function documentsOf(known: Readonly<Record<string, object>> = {}): Documents & { asked: string[] } {
  const asked: string[] = [];
  return {
    plainLoopback: false,
    asked,
    async fetch(url): Promise<FetchedDocument> {
      asked.push(url);
      const fields = known[url];
      return fields === undefined ? { status: 404 } : { fields: { ...fields } };
    },
  };
}

export function issuer(
  alias: string,
  rules: readonly Rule[],
  more: Partial<TrustedIssuer> = {},
): TrustedIssuer {
  const iss = `https://${alias}.example`;
  return {
    alias,
    kind: 'people',
    preset: 'oidc',
    iss: [iss],
    jwksUri: `${iss}/keys`,
    token: 'access',
    name: ['sub'],
    rules,
    ...more,
  };
}

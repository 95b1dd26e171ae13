import { createPublicKey, generateKeyPairSync, randomUUID } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import type { Documents, Fetched } from '../../../cli/trust/documents.ts';
import type { TrustedIssuer } from '../../../infra/options.ts';
import type { Rule } from '../../../protocol/upload-rule.ts';

/** What a path answers: a JSON document, or anything. */
type Route = object | ((response: ServerResponse) => void);

/** Serves documents on loopback, and gives the origin. Routes may be added later. */
export async function serveDocuments(
  t: Pick<TestContext, 'after'>,
  routes: Map<string, Route>,
): Promise<string> {
  const server = createServer((request, response) => {
    const route = routes.get(request.url ?? '');
    if (typeof route === 'function') return route(response);
    response
      .writeHead(route === undefined ? 404 : 200, { 'content-type': 'application/json' })
      .end(JSON.stringify(route ?? {}));
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  t.after(async () => {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A key set with one key, as a provider publishes it. */
function keySet(): { readonly keys: readonly object[] } {
  const { publicKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  const jwk = createPublicKey(publicKey).export({ format: 'jwk' });
  return { keys: [{ ...jwk, kid: randomUUID(), alg: 'ES256', use: 'sig' }] };
}

/** Serves an issuer with one key. */
export async function serveIssuer(t: Pick<TestContext, 'after'>): Promise<string> {
  const routes = new Map<string, Route>();
  const origin = await serveDocuments(t, routes);
  routes.set('/.well-known/openid-configuration', { issuer: origin, jwks_uri: `${origin}/keys` });
  routes.set('/keys', keySet());
  return origin;
}

/** Documents by their addresses; others are not found. */
export function documentsOf(known: Readonly<Record<string, object>> = {}): Documents & { asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    async fetch(url): Promise<Fetched> {
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

import { createPrivateKey, createPublicKey, generateKeyPairSync, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import Provider, {
  type Adapter,
  type AdapterFactory,
  type AdapterPayload,
  type Configuration,
  type JWK,
} from 'oidc-provider';
import { rsaKeyPair } from './keys/rsa-keys.ts';

type Algorithm = 'RS256' | 'ES256' | 'EdDSA';

export interface CompanyOptions {
  readonly algorithm?: Algorithm;
  /** Seconds. Default: one hour. */
  readonly tokenLifetime?: number;
  /** Claims of the person who signs in, besides `sub`. */
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly sub?: string;
  /** False: the provider issues no refresh tokens. */
  readonly refresh?: boolean;
  readonly device?: boolean;
  readonly revocation?: boolean;
  readonly redirects?: readonly string[];
  /** Origin of a web page that signs people in instead of a native application. */
  readonly page?: string;
}

/** A company's identity provider on this computer, a certified implementation. It signs in everyone who opens its pages. */
export interface Company {
  readonly issuer: string;
  readonly clientId: string;
  readonly jwksUri: string;
  /** Methods and paths of the requests so far. */
  readonly requests: string[];
  /** Bodies of requests to the token endpoint. */
  readonly tokenRequests: URLSearchParams[];
  /** Responds to the next requests instead of the provider, while it returns true. */
  intercept(listener: (request: IncomingMessage, response: ServerResponse) => boolean): void;
  /** Signs with a new key. The old one stays in the key set unless it is withdrawn. */
  rotate(options?: { readonly withdraw?: boolean }): void;
  keySet(): Promise<unknown>;
  close(): Promise<void>;
}

const CLIENT_ID = 'edge-upload';

function newKey(algorithm: Algorithm): JWK {
  const pair = {
    RS256: () => rsaKeyPair().privateKey,
    ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
    EdDSA: () => generateKeyPairSync('ed25519').privateKey,
  }[algorithm]();
  return { ...pair.export({ format: 'jwk' }), use: 'sig', alg: algorithm, kid: randomUUID() } as JWK;
}

/** Returns a store for what the provider issues. It is kept when the provider's keys change. */
function sharedAdapter(): AdapterFactory {
  const stored = new Map<string, AdapterPayload>();
  return (model): Adapter => {
    const keyOf = (id: string) => `${model}:${id}`;
    const where = (name: 'uid' | 'userCode', value: string) =>
      [...stored].find(([key, payload]) => key.startsWith(`${model}:`) && payload[name] === value)?.[1];
    return {
      upsert: async (id, payload) => void stored.set(keyOf(id), payload),
      find: async (id) => stored.get(keyOf(id)),
      findByUid: async (uid) => where('uid', uid),
      findByUserCode: async (code) => where('userCode', code),
      consume: async (id) => {
        const payload = stored.get(keyOf(id));
        if (payload !== undefined) payload.consumed = Math.floor(Date.now() / 1000);
      },
      destroy: async (id) => void stored.delete(keyOf(id)),
      revokeByGrantId: async (grantId) => {
        for (const [key, payload] of stored) if (payload.grantId === grantId) stored.delete(key);
      },
    };
  };
}

function redirectsOf({ page, redirects = ['http://127.0.0.1/callback'] }: CompanyOptions): string[] {
  return page === undefined ? [...redirects] : [`${page}/`];
}

function configuration(keys: JWK[], adapter: AdapterFactory, options: CompanyOptions): Configuration {
  const { algorithm = 'RS256', tokenLifetime = 3600, claims = {} } = options;
  const grantTypes = ['authorization_code'];
  if (options.refresh !== false) grantTypes.push('refresh_token');
  if (options.device !== false) grantTypes.push('urn:ietf:params:oauth:grant-type:device_code');
  return {
    clients: [
      {
        client_id: CLIENT_ID,
        application_type: options.page === undefined ? 'native' : 'web',
        token_endpoint_auth_method: 'none',
        grant_types: grantTypes,
        response_types: ['code'],
        redirect_uris: redirectsOf(options),
        id_token_signed_response_alg: algorithm,
      },
    ],
    adapter,
    jwks: { keys },
    cookies: { keys: ['a key of the tests'] },
    pkce: { required: () => true },
    scopes: ['openid', 'offline_access', 'email'],
    claims: { email: ['email'], openid: ['sub', ...Object.keys(claims)] },
    conformIdTokenClaims: false,
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, ...claims }) }),
    extraTokenClaims: () => ({ ...claims }),
    clientBasedCORS: (_, origin) => origin === options.page,
    rotateRefreshToken: true,
    issueRefreshToken: (_, client) => client.grantTypeAllowed('refresh_token'),
    // The provider prints a notice for each missing setting.
    ttl: {
      ...{ AccessToken: tokenLifetime, IdToken: tokenLifetime, RefreshToken: 86_400 },
      ...{ Grant: 86_400, Session: 86_400, Interaction: 3600, DeviceCode: 600 },
    },
    interactions: { url: (_, { uid }) => `/interaction/${uid}` },
    features: {
      devInteractions: { enabled: false },
      deviceFlow: {
        enabled: options.device !== false,
        userCodeInputSource: (ctx, form) => {
          ctx.body = form;
        },
        userCodeConfirmSource: (ctx, form) => {
          ctx.body = form;
        },
        successSource: (ctx) => {
          ctx.body = 'Sign-in Success';
        },
      },
      revocation: {
        enabled: options.revocation !== false,
        allowedPolicy: (_, client, token) => token.clientId === client.clientId,
      },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => [],
        useGrantedResource: () => true,
        getResourceServerInfo: (_, audience) => ({
          scope: '',
          audience,
          accessTokenFormat: 'jwt',
          accessTokenTTL: tokenLifetime,
          jwt: { sign: { alg: algorithm } },
        }),
      },
    },
    renderError: (ctx, out) => {
      ctx.body = JSON.stringify(out);
    },
  } as Configuration;
}

/** Signs the person in and gives every consent, without a page. */
async function agree(provider: Provider, sub: string, request: IncomingMessage, response: ServerResponse) {
  const details = await provider.interactionDetails(request, response);
  const { prompt, params, session } = details;
  if (prompt.name === 'login') {
    await provider.interactionFinished(request, response, { login: { accountId: sub } });
    return;
  }
  const grant = new provider.Grant({
    accountId: session?.accountId ?? sub,
    clientId: String(params.client_id),
  });
  grant.addOIDCScope(String(params.scope));
  for (const resource of [params.resource].flat()) if (resource) grant.addResourceScope(String(resource), '');
  await provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } });
}

function publicHalf(key: JWK): JWK {
  const { use, alg, kid } = key;
  const half = createPublicKey(createPrivateKey({ key, format: 'jwk' } as never)).export({ format: 'jwk' });
  return { ...half, use, alg, kid } as JWK;
}

/** Starts a company's provider. The caller closes it. */
export async function openCompany(options: CompanyOptions = {}): Promise<Company> {
  const { algorithm = 'RS256', sub = 'ada' } = options;
  let keys = [newKey(algorithm)];
  const adapter = sharedAdapter();
  let listener: RequestListener = (_, response) => void response.writeHead(503).end();
  let interceptor: (request: IncomingMessage, response: ServerResponse) => boolean = () => false;
  const requests: string[] = [];
  const tokenRequests: URLSearchParams[] = [];
  const server = createServer((request, response) => {
    const path = (request.url ?? '').split('?')[0] ?? '';
    requests.push(`${request.method} ${path}`);
    if (interceptor(request, response)) return;
    if (request.method === 'POST' && path === '/token') {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => tokenRequests.push(new URLSearchParams(Buffer.concat(chunks).toString())));
    }
    listener(request, response);
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const serve = () => {
    const provider = new Provider(issuer, configuration(keys, adapter, options));
    const handle = provider.callback();
    listener = (request, response) => {
      if (!request.url?.startsWith('/interaction/')) return void handle(request, response);
      agree(provider, sub, request, response).catch((error: unknown) => {
        response.writeHead(500).end(String(error));
      });
    };
  };
  serve();
  return {
    issuer,
    clientId: CLIENT_ID,
    jwksUri: `${issuer}/jwks`,
    requests,
    tokenRequests,
    intercept(next) {
      interceptor = next;
    },
    rotate({ withdraw = false } = {}) {
      keys = [newKey(algorithm), ...(withdraw ? [] : keys)];
      serve();
    },
    keySet: async () => ({ keys: keys.map(publicHalf) }),
    close: async () => {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

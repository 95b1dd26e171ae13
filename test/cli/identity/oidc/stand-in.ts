import type { IncomingMessage } from 'node:http';
import type { TestContext } from 'node:test';
import { listen } from '../../../support/serve.ts';

/** A provider whose responses a test sets. It signs nothing. */
export interface StandIn {
  readonly issuer: string;
  readonly requests: string[];
  /** Queries of the authorization requests. */
  readonly authorized: URLSearchParams[];
  /** Codes that reached the token endpoint. */
  readonly codes: string[];
  /** Bodies of requests to the token and device endpoints. */
  readonly bodies: URLSearchParams[];
  /** Fields that replace those of the discovery document. */
  metadata: Record<string, unknown>;
  /** The complete response for the discovery document. */
  discovery: { readonly status: number; readonly body: string; readonly location?: string } | undefined;
  /** Claims that replace those of the tokens. */
  claims: Record<string, unknown>;
  /** Parameters of the redirect besides the state. Default: a code. */
  redirectWith: Record<string, string> | undefined;
  /** The token endpoint's response: JSON or a `WholeAnswer`. A function is called for each request. */
  tokenAnswer: unknown;
  /** The device endpoint's response. */
  deviceAnswer: unknown;
}

/** A response that a provider would not send. */
export class WholeAnswer {
  readonly status: number;
  readonly type: string;
  readonly body: string;

  constructor(status: number, type: string, body = '') {
    this.status = status;
    this.type = type;
    this.body = body;
  }
}

async function bodyOf(request: IncomingMessage): Promise<URLSearchParams> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return new URLSearchParams(Buffer.concat(chunks).toString());
}

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Returns a JWT with an invalid signature. */
function unsigned(claims: Record<string, unknown>): string {
  return `${part({ alg: 'RS256', typ: 'JWT', kid: 'k' })}.${part(claims)}.c2ln`;
}

export async function openStandIn(t: Pick<TestContext, 'after'>): Promise<StandIn> {
  let nonce: string | null = null;
  const issuer = await listen(t, async (request, response) => {
    const url = new URL(request.url ?? '', standIn.issuer);
    standIn.requests.push(`${request.method} ${url.pathname}`);
    const json = (status: number, body: unknown) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    if (url.pathname.startsWith('/.well-known/')) {
      const { discovery } = standIn;
      if (discovery === undefined) return json(200, metadata());
      const { status, body, location } = discovery;
      response
        .writeHead(status, { 'content-type': 'application/json', ...(location && { location }) })
        .end(body);
      return;
    }
    if (url.pathname === '/auth') {
      standIn.authorized.push(url.searchParams);
      nonce = url.searchParams.get('nonce');
      const back = new URL(url.searchParams.get('redirect_uri') ?? '');
      const answer = standIn.redirectWith ?? {};
      const all = {
        ...('error' in answer ? {} : { code: 'c1' }),
        ...answer,
        state: url.searchParams.get('state') ?? '',
      };
      for (const [name, value] of Object.entries(all)) back.searchParams.set(name, value);
      response.writeHead(303, { location: back.href }).end();
      return;
    }
    const body = await bodyOf(request);
    standIn.bodies.push(body);
    if (url.pathname === '/device') return json(200, standIn.deviceAnswer);
    if (url.pathname === '/revoke') return json(200, {});
    if (url.pathname !== '/token') return json(404, {});
    const code = body.get('code');
    if (code !== null) standIn.codes.push(code);
    const { tokenAnswer } = standIn;
    const given = typeof tokenAnswer === 'function' ? tokenAnswer(body) : tokenAnswer;
    if (given instanceof WholeAnswer) {
      const { status, type, body } = given;
      response.writeHead(status, { 'content-type': type }).end(body);
      return;
    }
    const isError = typeof given === 'object' && given !== null && 'error' in given;
    return json(isError ? 400 : 200, given ?? granted());
  });
  const metadata = () => ({
    issuer,
    authorization_endpoint: `${issuer}/auth`,
    token_endpoint: `${issuer}/token`,
    device_authorization_endpoint: `${issuer}/device`,
    revocation_endpoint: `${issuer}/revoke`,
    jwks_uri: `${issuer}/jwks`,
    response_types_supported: ['code'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
    ...standIn.metadata,
  });
  const granted = () => {
    const iat = Math.floor(Date.now() / 1000);
    const common = { iss: issuer, sub: 'ada', iat, exp: iat + 3600 };
    return {
      access_token: unsigned({ ...common, ...standIn.claims }),
      id_token: unsigned({
        ...common,
        aud: standIn.authorized.at(-1)?.get('client_id') ?? 'edge-upload',
        ...(nonce && { nonce }),
      }),
      refresh_token: 'r1',
      token_type: 'Bearer',
      expires_in: 3600,
    };
  };
  const standIn: StandIn = {
    issuer,
    requests: [],
    authorized: [],
    codes: [],
    bodies: [],
    metadata: {},
    discovery: undefined,
    claims: {},
    redirectWith: undefined,
    tokenAnswer: undefined,
    deviceAnswer: undefined,
  };
  return standIn;
}

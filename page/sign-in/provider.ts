import { type Fields, fieldsOf, numberIn, readFields, textIn } from '../../protocol/fields.ts';
import { isSecureOrigin } from '../../protocol/object-url.ts';
import type { SignInIssuer } from '../settings.ts';
import { callService, guarded } from './call-service.ts';
import { type RefreshRequests, type SignedIn, SignInError } from './signed-in.ts';

/** State that a sign-in needs after the redirect. Contains no token. */
interface Pending {
  readonly alias: string;
  readonly state: string;
  readonly verifier: string;
}

const PENDING = 'edge-upload sign-in';

interface Endpoints {
  readonly authorization: string;
  readonly token: string;
  readonly revocation?: string;
}

function base64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}

const randomText = () => base64Url(crypto.getRandomValues(new Uint8Array(32)));

async function getJson(url: string, init?: RequestInit): Promise<Fields> {
  const { ok, document } = await callService(url, init);
  if (!ok) throw new SignInError('signInBroken');
  return document;
}

/** Returns the endpoints of a provider: https://openid.net/specs/openid-connect-discovery-1_0.html */
async function endpointsOf({ issuer }: SignInIssuer): Promise<Endpoints> {
  const document = await getJson(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
  const { issuer: named, authorization_endpoint: authorization, token_endpoint: token } = document;
  const { revocation_endpoint: revocation } = document;
  // A document of another issuer could send the sign-in or the code elsewhere.
  const own = named === issuer && typeof authorization === 'string' && typeof token === 'string';
  if (!own || ![authorization, token].every(isSecure)) throw new SignInError('signInBroken');
  const mayRevoke = typeof revocation === 'string' && isSecure(revocation);
  return { authorization, token, ...(mayRevoke && { revocation }) };
}

const isSecure = (url: string) => URL.canParse(url) && isSecureOrigin(new URL(url));

const redirectUri = () => `${location.origin}/`;

function audience({ preset }: SignInIssuer): Record<string, string> {
  if (preset === 'auth0') return { audience: location.origin };
  return preset === 'oidc' ? { resource: location.origin } : {};
}

/**
 * Redirects the browser to a provider, for an authorization code with PKCE.
 * @throws {SignInError}
 */
export async function startSignIn(issuer: SignInIssuer): Promise<void> {
  const { authorization } = await endpointsOf(issuer);
  const [state, verifier] = [randomText(), randomText()];
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier));
  try {
    sessionStorage.setItem(
      PENDING,
      JSON.stringify({ alias: issuer.alias, state, verifier } satisfies Pending),
    );
  } catch {
    throw new SignInError('storageBlocked');
  }
  const url = new URL(authorization);
  const parameters = {
    response_type: 'code',
    client_id: issuer.clientId,
    redirect_uri: redirectUri(),
    scope: [...new Set(['openid', ...issuer.scopes])].join(' '),
    state,
    code_challenge: base64Url(new Uint8Array(digest)),
    code_challenge_method: 'S256',
    ...(issuer.token === 'access' && audience(issuer)),
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  location.assign(url);
}

function takePending(): Pending | undefined {
  let text: string | null;
  try {
    text = sessionStorage.getItem(PENDING);
    sessionStorage.removeItem(PENDING);
  } catch {
    throw new SignInError('storageBlocked');
  }
  const { alias, state, verifier } = fieldsOf(readFields(text ?? ''));
  const [name, expected, secret] = [alias, state, verifier].map(textIn);
  return name === undefined || expected === undefined || secret === undefined
    ? undefined
    : { alias: name, state: expected, verifier: secret };
}

/** A completed sign-in. */
export interface Finished {
  readonly issuer: SignInIssuer;
  readonly tokens: SignedIn;
}

/**
 * Completes the sign-in that the browser returns from; `undefined` if there is none. Removes the code from the address
 * at once.
 * @throws {SignInError}
 */
export async function finishSignIn(issuers: readonly SignInIssuer[]): Promise<Finished | undefined> {
  const response = new URLSearchParams(location.search);
  if (!response.has('code') && !response.has('error')) return undefined;
  history.replaceState(null, '', '/');
  const pending = takePending();
  const issuer = issuers.find(({ alias }) => alias === pending?.alias);
  const code = response.get('code');
  const by = response.get('iss');
  const own = pending !== undefined && response.get('state') === pending.state && issuer !== undefined;
  // https://www.rfc-editor.org/rfc/rfc9207
  if (own && response.get('error') === 'access_denied') throw new SignInError('declined');
  if (!own || code === null || (by !== null && by !== issuer.issuer)) throw new SignInError('signInBroken');
  const tokens = await askTokens(issuer, {
    grant_type: 'authorization_code',
    code,
    redirect_uri: redirectUri(),
    code_verifier: pending.verifier,
  });
  return { issuer, tokens };
}

/** Returns the requests that refresh and end a sign-in at a provider. They throw {@link SignInError}. */
export function providerRefresh(issuer: SignInIssuer): RefreshRequests {
  return {
    renew: (token) => askTokens(issuer, { grant_type: 'refresh_token', refresh_token: token }),
    // https://www.rfc-editor.org/rfc/rfc7009
    async revoke(token) {
      const { revocation } = await endpointsOf(issuer);
      if (revocation === undefined) return;
      const body = new URLSearchParams({
        token,
        token_type_hint: 'refresh_token',
        client_id: issuer.clientId,
      });
      await fetch(revocation, { ...guarded(), method: 'POST', body });
    },
  };
}

async function askTokens(issuer: SignInIssuer, grant: Readonly<Record<string, string>>): Promise<SignedIn> {
  const { token: endpoint } = await endpointsOf(issuer);
  const more = issuer.token === 'access' && issuer.preset === 'oidc' ? audience(issuer) : {};
  const body = new URLSearchParams({ ...grant, client_id: issuer.clientId, ...more });
  const response = await getJson(endpoint, { method: 'POST', body });
  const { access_token, id_token, refresh_token, expires_in: expiresIn } = response;
  const [access, id, refreshToken] = [access_token, id_token, refresh_token].map(textIn);
  const token = issuer.token === 'id' ? id : access;
  if (token === undefined) throw new SignInError('signInBroken');
  return {
    token,
    expiresIn: numberIn(expiresIn) ?? 300,
    ...(refreshToken !== undefined && { refreshToken }),
  };
}

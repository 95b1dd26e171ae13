import {
  authorizationCodeGrant,
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
  type TokenEndpointResponse,
} from 'openid-client';
import { EXACT_PORTS, REDIRECT_PATH } from '../../../protocol/sign-in.ts';
import type { Context } from '../../context.ts';
import { UserError } from '../../errors.ts';
import { openDeadline, orInterrupted } from '../../network/cancellation.ts';
import { sameCommand } from '../../same-command.ts';
import { asTask } from '../../ui/create.ts';
import {
  audienceParameters,
  offlineParameters,
  type RequestedIssuer,
  redirectOf,
  scopeOf,
} from './authorization-request.ts';
import { mismatchOf, openCallbackServer } from './callback-server.ts';
import { openBrowser } from './open-browser.ts';
import type { Provider } from './provider.ts';
import { withProviderErrors } from './provider-failures.ts';

/** Milliseconds for everything that the user does in the browser. */
const BROWSER_MS = 10 * 60_000;

/** One sign-in at a provider. */
export interface ProviderSignIn {
  readonly provider: Provider;
  readonly issuer: RequestedIssuer;
  /** Audience that an access token is requested for. */
  readonly audience: string;
  /** User name that the page of the provider fills in. */
  readonly hint?: string;
  /** Port of the redirect address, in place of those of the preset. */
  readonly callbackPort?: number;
}

/** Authorization request, and the secrets for checking its response. */
interface CodeRequest {
  /** Address that the browser opens. */
  readonly url: string;
  readonly redirect: string;
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

/** Creates an authorization request with PKCE: https://www.rfc-editor.org/rfc/rfc7636 */
async function requestCode(
  { provider, issuer, audience, hint }: ProviderSignIn,
  redirect: string,
  state: string,
): Promise<CodeRequest> {
  const { config, host } = provider;
  const verifier = randomPKCECodeVerifier();
  const nonce = randomNonce();
  const challenge = await calculatePKCECodeChallenge(verifier);
  const { href } = await withProviderErrors(provider, `Signing in at ${host}`, async () =>
    buildAuthorizationUrl(config, {
      redirect_uri: redirect,
      scope: scopeOf(issuer),
      state,
      nonce,
      code_challenge: challenge,
      code_challenge_method: 'S256',
      ...audienceParameters(issuer, audience),
      ...offlineParameters(issuer),
      ...(hint !== undefined && { login_hint: hint }),
    }),
  );
  if (!provider.isSecure(href)) throw insecurePage(host, href);
  return { url: href, redirect, state, nonce, verifier };
}

/** Returns the error for a sign-in page that is not https. */
export function insecurePage(host: string, address: string): UserError {
  const { origin = 'null' } = URL.canParse(address) ? new URL(address) : {};
  // Addresses such as javascript:… have no origin.
  const page = origin === 'null' ? `“${address.slice(0, 200)}”` : origin;
  return new UserError(
    'sign_in_refused',
    `${host} has its sign-in page at ${page}, which is not a plain https address.`,
    {
      hint: 'Do not sign in there. Ask the administrator of the provider.',
    },
  );
}

/** Exchanges the code in a response for tokens. The library checks state, issuer (RFC 9207) and nonce. */
function exchangeCode(
  provider: Provider,
  request: CodeRequest,
  query: string,
): Promise<TokenEndpointResponse> {
  const { config, host } = provider;
  const { redirect, state, nonce, verifier } = request;
  const checks = { expectedState: state, expectedNonce: nonce, pkceCodeVerifier: verifier };
  return withProviderErrors(provider, `Signing in at ${host}`, () =>
    authorizationCodeGrant(config, new URL(`${redirect}${query}`), checks),
  );
}

/** Waits for the browser, for a bounded time. Ctrl-C ends the wait at once. */
async function inTime<T>(answered: Promise<T>, signal: AbortSignal): Promise<T> {
  const deadline = openDeadline(signal);
  deadline.set(BROWSER_MS);
  try {
    return await orInterrupted(answered, deadline.signal);
  } catch (error) {
    if (signal.aborted || !deadline.signal.aborted) throw error;
    throw new UserError('gave_up', 'The browser did not respond within 10 minutes.', {
      hint: [
        'Sign in again. If the browser cannot reach this computer, sign in with a code or a pasted address:',
        sameCommand`--device`,
        sameCommand`--no-browser`,
      ],
    });
  } finally {
    deadline.end();
  }
}

/**
 * Signs in with the browser of this computer. The provider redirects it to a port that is open for this response only.
 */
export async function signInByBrowser(
  context: Context,
  signIn: ProviderSignIn,
): Promise<TokenEndpointResponse> {
  const { ui, signal } = context;
  const { provider, issuer, callbackPort } = signIn;
  const state = randomState();
  const server = await openCallbackServer(redirectOf(issuer, callbackPort), state);
  try {
    const request = await requestCode(signIn, server.address, state);
    ui.event({
      type: 'instruction',
      text: ['The browser opens this address. If it does not, open it yourself:', `  ${request.url}`],
    });
    openBrowser(context, server.leadTo(request.url));
    return await asTask(ui, 'Waiting for the browser', provider.host, async () => {
      const { search } = await inTime(server.answered, signal);
      return exchangeCode(provider, request, search);
    });
  } finally {
    await server.close();
  }
}

/** Returns the query of a pasted address; `undefined` if it is not the response to this sign-in. */
function pastedQuery(text: string, { redirect, state }: CodeRequest): string | undefined {
  const typed = text.replaceAll(/\s+/g, '');
  const query = typed.includes('?') ? typed.slice(typed.indexOf('?')) : `?${typed}`;
  const url = new URL(REDIRECT_PATH + query.replace(/#.*$/, ''), redirect);
  return mismatchOf(url, state) === undefined ? url.search : undefined;
}

/** Signs in with a browser anywhere: the user pastes the last address that it shows. There is no page at that address. */
export async function signInByPaste(
  context: Context,
  signIn: ProviderSignIn,
): Promise<TokenEndpointResponse> {
  const { ui } = context;
  const { provider, issuer, callbackPort } = signIn;
  const { host, ports } = redirectOf(issuer, callbackPort);
  const [port] = ports === 'any' ? EXACT_PORTS : ports;
  const redirect = `http://${host}:${port}${REDIRECT_PATH}`;
  const request = await requestCode(signIn, redirect, randomState());
  ui.event({
    type: 'instruction',
    text: [
      'Open this address in a browser and sign in:',
      `  ${request.url}`,
      `The browser then shows an error at ${redirect}. Copy the whole address from its address bar.`,
    ],
  });
  const answer = await ui.ask({
    prompt: 'Address that the browser ended on',
    flag: '--device, or sign in at a terminal',
    reject: (text) =>
      pastedQuery(text, request) === undefined
        ? 'This is not the address that ends this sign-in.'
        : undefined,
  });
  return exchangeCode(provider, request, pastedQuery(answer, request) ?? '');
}

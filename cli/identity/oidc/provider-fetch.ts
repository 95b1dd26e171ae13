import type { CustomFetch } from 'openid-client';
import type { Dispatcher } from 'undici';
import { requestOnce, requestText } from '../../network/bounded-requests.ts';
import { networkFailure } from '../../network/network-failure.ts';
import type { SentCredentials } from '../../sent-credentials.ts';

/** Limits for each response: discovery, a token, an error. */
const BOUNDS = { deadlineMs: 20_000, maxBytes: 256 * 1024 };

/** Statuses whose responses have no body: https://fetch.spec.whatwg.org/#null-body-status */
const WITHOUT_BODY: ReadonlySet<number> = new Set([204, 205, 304]);

/** Parameters of requests that are credentials. */
const SECRETS = ['client_secret', 'code', 'code_verifier', 'device_code', 'refresh_token', 'token'];

/**
 * Returns the `fetch` of the protocol library over our own dispatcher: with the proxies and authorities of all other
 * requests, bounded in time and bytes. Redirects are not followed.
 * @param signal aborts requests; the library's own signals only limit the time
 */
export function providerFetch(
  dispatcher: Dispatcher,
  signal: AbortSignal,
  sent: SentCredentials,
): CustomFetch {
  return async (url, { method, headers, body }) => {
    if (body instanceof URLSearchParams) sent.note(...SECRETS.map((name) => body.get(name) ?? undefined));
    // A code or a refresh token can be used only once.
    const send = method === 'GET' ? requestText : requestOnce;
    const answer = await send(url, {
      dispatcher,
      signal,
      method: method as Dispatcher.HttpMethod,
      headers,
      body: body === undefined || body === null ? null : String(body),
      ...BOUNDS,
    }).catch((error: unknown) => {
      // An endpoint can be on another host than the issuer.
      throw networkFailure(error, new URL(url).host) ?? error;
    });
    const text = WITHOUT_BODY.has(answer.status) ? null : answer.text;
    return new Response(text, { status: answer.status, headers: { ...answer.headers } });
  };
}
